"""Reauthentication: the step-up of leads, and replacing one's passphrase."""

from __future__ import annotations

import pytest

from app.accounts.admission import Passphrase
from app.crypto.passwords import stretch
from app.permissions import Role
from app.sessions.errors import SessionEnded
from app.sessions.models import MemberSession
from app.sessions.passphrases import change_passphrase, start_passphrase_change
from app.sessions.service import principal_of
from tests.support.world import Person, World

STEP_UP = "/sessions/current/step-up"


@pytest.fixture
def lead(world: World) -> Person:
    return world.member("lead")


@pytest.fixture
def person(world: World) -> Person:
    return world.member("coordinator")


def identify(world: World, token: str):
    with world.deployment.sessions() as session:
        found = principal_of(session, world.deployment, token)
        session.commit()
        return found


def again(person: Person) -> dict[str, str]:
    return {"passphrase": person.passphrase}


# ---------------------------------------------------------------------- step-up


def test_a_step_up_opens_the_second_key_under_a_new_token(served, world, lead):
    before = served.token_of(lead)
    answer = served.ask(before, "POST", STEP_UP, json=again(lead))
    assert answer.status_code == 201
    told = answer.json()
    assert told["lead_until"] == "2026-03-02T09:10:00Z"

    principal, keys = identify(world, told["token"])
    assert principal.stepped_up
    assert keys.lead.seed == lead.secrets.lead.seed
    with pytest.raises(SessionEnded):
        identify(world, before)
    assert served.ask(told["token"], "GET", "/me").json()["stepped_up"] is True
    assert len(served.events("session:stepped_up")) == 1


def test_a_step_up_lapses_after_ten_minutes_and_the_session_goes_on(served, world, lead):
    token = served.stepped_up(lead)
    world.clock.advance(minutes=9, seconds=59)
    assert identify(world, token)[0].stepped_up
    world.clock.advance(seconds=1)
    principal, keys = identify(world, token)
    assert not principal.stepped_up
    assert keys.lead is None


def test_a_step_up_does_not_put_off_the_end_of_the_session(served, world, lead):
    token = served.token_of(lead)
    for _ in range(47):
        world.clock.advance(minutes=15)
        identify(world, token)
    answer = served.ask(token, "POST", STEP_UP, json=again(lead))
    assert answer.json()["ends_at"] == "2026-03-02T21:00:00Z"
    world.clock.advance(minutes=15)
    with pytest.raises(SessionEnded):
        identify(world, answer.json()["token"])


def test_a_wrong_passphrase_unlocks_nothing_and_leaves_the_session(served, world, lead, person):
    token = served.token_of(lead)
    for wrong in ("wrong words", person.passphrase):
        answer = served.ask(token, "POST", STEP_UP, json={"passphrase": wrong})
        assert (answer.status_code, answer.json()["code"]) == (403, "passphrase.wrong")
    assert not identify(world, token)[0].stepped_up
    denied = served.events("request:denied")
    assert {event.facts["code"] for event in denied} == {"passphrase.wrong"}


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.LEAD])
def test_only_leads_may_step_up(served, world, role):
    person = world.member(role)
    answer = served.ask(person, "POST", STEP_UP, json=again(person))
    assert (answer.status_code, answer.json()["code"]) == (403, "permission.denied")


def test_wrong_passphrases_of_a_session_make_its_next_attempt_wait(served, lead, monkeypatch):
    waited = []

    async def noted(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("app.http.stretching.asyncio.sleep", noted)
    token = served.token_of(lead)
    for _ in range(4):
        served.ask(token, "POST", STEP_UP, json={"passphrase": "wrong words"})
    assert served.ask(token, "POST", STEP_UP, json=again(lead)).status_code == 201
    assert waited == [1.0, 2.0]


# ---------------------------------------------------------------------- replacing


def change(served, token: str, passphrase: str, **request):
    body = {"passphrase": passphrase}
    return served.ask(token, "POST", "/me/passphrase", json=body, **request)


def test_a_changed_passphrase_opens_the_same_keys_and_the_old_one_nothing(served, world, person):
    answer = change(served, served.token_of(person), person.passphrase)
    assert answer.status_code == 201
    fresh = answer.json()["passphrase"]
    assert len(fresh.split()) == 8
    assert fresh != person.passphrase

    _, keys = identify(world, answer.json()["token"])
    assert keys.work.seed == person.secrets.work.seed
    assert served.sign_in(person.login, person.passphrase).status_code == 401
    signed_in = served.sign_in(person.login, fresh)
    assert identify(world, signed_in.json()["token"])[1].sign.seed == person.secrets.sign.seed
    assert len(served.events("passphrase:changed")) == 1


def test_a_lead_who_changed_passphrase_still_steps_up(served, world, lead):
    answer = change(served, served.token_of(lead), lead.passphrase).json()
    fresh = {"passphrase": answer["passphrase"]}
    unlocked = served.ask(answer["token"], "POST", STEP_UP, json=fresh)
    assert unlocked.status_code == 201
    _, keys = identify(world, unlocked.json()["token"])
    assert keys.lead.seed == lead.secrets.lead.seed


def test_a_changed_passphrase_ends_every_other_session(served, world, person):
    elsewhere, here = served.token_of(person), served.token_of(person)
    stranger = served.token_of(world.member("volunteer"))
    assert change(served, here, person.passphrase).status_code == 201
    with pytest.raises(SessionEnded):
        identify(world, elsewhere)
    identify(world, stranger)


def test_a_lost_response_can_be_requested_again_for_minutes(served, world, person):
    token = served.token_of(person)
    key = {"idempotency-key": "the-same-request"}
    first = change(served, token, person.passphrase, headers=key)
    second = change(served, token, person.passphrase, headers=key)
    assert second.json() == first.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert len(served.events("passphrase:changed")) == 1
    world.clock.advance(minutes=3)
    with pytest.raises(SessionEnded):
        identify(world, token)
    identify(world, first.json()["token"])


def test_a_change_asked_for_with_a_wrong_passphrase_changes_nothing(served, world, person):
    token = served.token_of(person)
    other = served.token_of(person)
    answer = change(served, token, "wrong words")
    assert (answer.status_code, answer.json()["code"]) == (403, "passphrase.wrong")
    identify(world, token)
    identify(world, other)
    assert served.sign_in(person.login, person.passphrase).status_code == 201
    assert not served.events("passphrase:changed")


def test_a_stolen_token_alone_changes_no_passphrase(served, world, person):
    token = world.token(person)
    assert change(served, token, world.member("vetter").passphrase).status_code == 403
    assert served.count(MemberSession) == 1


def test_where_no_session_asks_a_changed_passphrase_ends_them_all(served, world, person):
    """As a command does it: with keys and without a token."""
    token = served.token_of(person)
    with world.work_as(person) as work:
        tasks = start_passphrase_change(work, person.passphrase)
        results = [stretch(t.passphrase, salt=t.salt, cost=t.cost, floor=t.floor) for t in tasks]
        made = Passphrase(tasks[0].words, tasks[0].salt, tasks[0].cost, results[0])
        opened = change_passphrase(work, results[1:], made)
    with pytest.raises(SessionEnded):
        identify(world, token)
    identify(world, opened.token)
