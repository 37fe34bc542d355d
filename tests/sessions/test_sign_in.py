"""Sign-in and its refusals, which must look and cost alike."""

from __future__ import annotations

from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.accounts.errors import CredentialTampered
from app.accounts.models import Credential, Member
from app.accounts.service import remove_member
from app.crypto.passwords import stretch
from app.permissions import Role, roles_in
from app.sessions import throttle
from app.sessions.errors import SignInBudgetSpent, SignInRefused
from app.sessions.models import MemberSession
from app.sessions.service import principal_of
from app.sessions.sign_in import sign_in, start_sign_in
from app.store.counters import forget_counts
from app.store.models import Counter
from app.worker import Worker
from tests.sessions.steps import WRONG, fail
from tests.support.accounts_client import Served
from tests.support.people import change_role, roles_body
from tests.support.statements import recorded, writes
from tests.support.world import Person, World


class Counted:
    """Counts what the stretcher is given."""

    def __init__(self, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[dict[str, Any]] = []
        stretcher = served.world.deployment.stretchers.strangers
        real = stretcher.stretch

        async def counted(passphrase: str, **how: Any) -> Any:
            self.calls.append(how)
            return await real(passphrase, **how)

        monkeypatch.setattr(stretcher, "stretch", counted)


@pytest.fixture
def stretches(served: Served, monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(served, monkeypatch)


@pytest.fixture
def person(world: World) -> Person:
    return world.member("volunteer")


def removed(world: World, role: str) -> Person:
    person = world.member(role)
    with world.work_as(world.member("lead")) as work:
        remove_member(work, person.id)
    return person


def all_but_time(answer: Response) -> tuple[int, bytes, dict[str, str]]:
    return answer.status_code, answer.content, dict(answer.headers)


def test_the_right_passphrase_opens_a_session_of_the_member(served, person):
    answer = served.sign_in(person.login, person.passphrase)

    assert answer.status_code == 201
    told = answer.json()
    assert told["member_id"] == str(person.id)
    assert told["roles"] == roles_body(person.team_id, "volunteer")
    assert told["idle_minutes"] == 15
    assert told["ends_at"] == "2026-03-02T21:00:00Z"
    me = served.ask(told["token"], "GET", "/me").json()
    assert (me["id"], me["team"], me["stepped_up"]) == (str(person.id), "Teak", False)
    opened = served.events("session:opened")
    assert [event.facts for event in opened] == [{"member": str(person.id)}]


def test_case_and_margins_of_a_sign_in_name_do_not_count(served, person):
    assert served.sign_in(f"  {person.login.upper()} ", person.passphrase).status_code == 201


def test_the_keys_in_a_session_are_the_members_own(served, person):
    deployment = served.world.deployment
    with deployment.sessions() as session:
        principal, keys = principal_of(session, deployment, served.token_of(person))
    assert principal.id == person.id
    assert keys.work.seed == person.secrets.work.seed
    assert keys.sign.seed == person.secrets.sign.seed
    assert keys.lead is None


def test_a_leads_second_key_is_not_in_an_ordinary_session(served, world):
    lead = world.member("lead")
    deployment = world.deployment
    with deployment.sessions() as session:
        principal, keys = principal_of(session, deployment, served.token_of(lead))
    assert keys.lead is None
    assert not principal.stepped_up


def test_unknown_name_wrong_passphrase_and_removed_member_look_the_same(
    served, world, person, stretches
):
    gone = removed(world, "vetter")
    engine = world.deployment.engine
    seen = []
    for login, passphrase in (
        (person.login, WRONG),
        ("nobody-by-this-name", WRONG),
        ("nobody-by-this-name", person.passphrase),
        (gone.login, gone.passphrase),
        (gone.login, WRONG),
    ):
        served.count(Counter)
        with recorded(engine) as statements:
            answer = served.sign_in(login, passphrase)
        cost = [(call["cost"], call["floor"], len(call["salt"])) for call in stretches.calls]
        stretches.calls.clear()
        seen.append((all_but_time(answer), statements, cost))

    assert seen[0][0][0] == 401
    assert b"session.refused" in seen[0][0][1]
    assert len(seen[0][2]) == 2
    assert len(writes(seen[0][1])) == 3
    assert all(one == seen[0] for one in seen[1:])


def test_an_unknown_name_is_stretched_with_the_same_salt_each_time(served, stretches):
    for login in ("nobody-here", "nobody-here", "somebody-else"):
        served.sign_in(login, WRONG)
    salts = [call["salt"] for call in stretches.calls]
    first, again, other = salts[:2], salts[2:4], salts[4:]
    assert first == again
    assert len({*first, *other}) == 4


def test_refused_sign_ins_are_one_event_a_minute_with_their_count_and_no_name(served, person):
    for login in (person.login, "nobody-by-this-name", person.login):
        served.sign_in(login, WRONG)
    assert not served.events("session:sign_ins_refused"), "the minute is not over"
    served.world.clock.advance(minutes=1)
    served.sign_in(person.login, WRONG)
    with served.world.work_as(None) as work:
        assert throttle.record_refusals(work) == 3
    served.world.clock.advance(hours=2)
    with served.world.work_as(None) as work:
        assert throttle.record_refusals(work) == 1
    with served.world.work_as(None) as work:
        assert throttle.record_refusals(work) == 0
    events = served.events("session:sign_ins_refused")
    assert [event.facts for event in events] == [{"count": 3}, {"count": 1}]
    assert not served.events("session:opened")
    assert served.count(MemberSession) == 0


def test_whatever_strangers_send_the_log_grows_by_one_event_a_minute(served):
    for number in range(30):
        served.sign_in(f"nobody-{number}", WRONG)
    served.world.clock.advance(minutes=1)
    done = Worker(served.world.deployment).run_due()
    assert done["refused sign-ins"] == 30
    assert len(served.events("session:sign_ins_refused")) == 1


def test_a_removed_member_put_back_in_the_database_cannot_sign_in(served, world):
    gone = removed(world, "vetter")
    with world.deployment.sessions() as session, session.begin():
        session.execute(update(Member).where(Member.id == gone.id).values(status="active"))
    assert served.sign_in(gone.login, gone.passphrase).status_code == 401


def test_a_member_promoted_in_the_database_cannot_sign_in(served, world, person):
    with world.deployment.sessions() as session, session.begin():
        session.execute(
            update(Member)
            .where(Member.id == person.id)
            .values(roles=roles_in(person.team_id, Role.ADMINISTRATOR))
        )
    assert served.sign_in(person.login, person.passphrase).status_code == 401


def test_an_over_long_passphrase_is_refused_before_it_is_stretched(served, person, stretches):
    answer = served.sign_in(person.login, "က" * 600)
    assert answer.status_code == 422
    assert "က" not in answer.text
    long = served.sign_in(person.login, "x" * 1025)
    assert long.status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"login": "a"},
        {"login": "a", "passphrase": ""},
        {"login": 7, "passphrase": "x"},
        {"login": "a\x00b", "passphrase": "x"},
        {"login": "a" * 65, "passphrase": "x"},
        {"login": "a", "passphrase": "x", "role": "lead"},
    ],
)
def test_a_malformed_sign_in_is_refused_and_stretches_nothing(served, stretches, body):
    answer = served.ask(None, "POST", "/sessions", json=body)
    assert answer.status_code == 422
    assert not stretches.calls
    assert served.count(Counter) == 0


def test_a_slot_changed_in_the_row_is_refused_before_anything_is_stretched(
    served, world, person, stretches
):
    with world.deployment.sessions() as session, session.begin():
        row = session.get_one(Credential, person.id)
        cheap = row.slot_0[:-1] + bytes([row.slot_0[-1] ^ 1])
        session.execute(update(Credential).where(Credential.id == person.id).values(slot_0=cheap))
    answer = served.sign_in(person.login, person.passphrase)
    assert answer.status_code == 500
    assert answer.json()["code"] == "credential.tampered"
    assert not stretches.calls


# ---------------------------------------------------------------------- waiting


def try_once(world: World, login: str, passphrase: str) -> float:
    """Try to sign in as the routes do; returns the delay that was set."""
    with world.work_as(None) as work:
        tasks = start_sign_in(work, login, passphrase)
    stretched = [
        stretch(task.passphrase, salt=task.salt, cost=task.cost, floor=task.floor) for task in tasks
    ]
    with world.work_as(None) as work:
        sign_in(work, login, stretched)
    return sum(task.delay for task in tasks)


@pytest.mark.usefixtures("world_on_both")
@pytest.mark.parametrize("known", [True, False])
def test_each_failure_makes_the_next_attempt_wait_longer_whether_the_name_exists_or_not(
    world, person, known
):
    """On both databases: upsert."""
    login = person.login if known else "nobody-by-this-name"
    assert fail(world, login, 10) == [0, 0, 0, 1, 2, 4, 8, 16, 30, 30]


@pytest.mark.usefixtures("world_on_both")
def test_failures_on_one_name_do_not_delay_other_names(world, person):
    """On both databases: upsert."""
    fail(world, person.login, 10)
    assert fail(world, world.member("volunteer", 2).login, 1) == [0]


def test_the_right_passphrase_still_works_after_any_number_of_failures(world, person):
    fail(world, person.login, 100)
    world.clock.advance(minutes=1)
    assert try_once(world, person.login, person.passphrase) == throttle.LONGEST_DELAY
    assert fail(world, person.login, 1) == [0]


@pytest.mark.usefixtures("world_on_both")
def test_failures_fade_within_an_hour(world, person):
    """On both databases: upsert."""
    fail(world, person.login, 10)
    world.clock.advance(hours=1, minutes=1)
    assert fail(world, person.login, 1) == [0]
    world.clock.advance(hours=1, minutes=2)
    with world.work_as(None) as work:
        assert forget_counts(work.session, work.now()) == 4, "of two minutes, and all together"


@pytest.mark.usefixtures("world_on_both")
def test_all_attempts_together_have_a_budget_a_minute(served, world):
    """On both databases: upsert."""
    world.clock.advance(seconds=15)
    for number in range(throttle.BUDGET_A_MINUTE):
        assert fail(world, f"name-{number}", 1) == [0]
    with pytest.raises(SignInBudgetSpent):
        fail(world, "one-more", 1)
    answer = served.sign_in("one-more", WRONG)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "45"
    world.clock.advance(seconds=45)
    assert fail(world, "one-more", 1) == [0]


def test_attempts_wait_outside_the_request_threads(served, world, person, monkeypatch):
    waited = []

    async def noted(seconds: float) -> None:
        waited.append(seconds)

    fail(world, person.login, 5)
    monkeypatch.setattr("app.http.stretching.asyncio.sleep", noted)
    assert served.sign_in(person.login, person.passphrase).status_code == 201
    assert waited == [4.0]


def test_counters_hold_no_name(served, world, person):
    served.sign_in(person.login, WRONG)
    with world.deployment.sessions() as session:
        kept = [(str(row.id), row.count, row.last_at) for row in all_counters(session)]
    assert len(kept) == 3
    assert all(at.second == 0 for _, _, at in kept)
    assert person.login not in str(kept)


def all_counters(session: Session) -> list[Counter]:
    return list(session.query(Counter))


def test_a_refusal_in_the_service_leaves_no_session_and_no_alert(world, person):
    with pytest.raises(SignInRefused):
        try_once(world, person.login, WRONG)
    with world.deployment.sessions() as session:
        assert session.query(MemberSession).count() == 0


def test_after_a_change_of_role_the_session_acts_in_the_new_one(served, world, person):
    with world.work_as(world.member("lead")) as work:
        change_role(work, person.id, Role.AUDITOR)
    assert served.sign_in(person.login, person.passphrase).json()["roles"] == roles_body(
        person.team_id, "auditor"
    )


def test_a_credential_of_another_member_opens_nothing(world, person):
    other = world.member("volunteer", 2)
    with world.deployment.sessions() as session, session.begin():
        theirs = session.get_one(Credential, other.id)
        stolen = {name: getattr(theirs, name) for name in ("pepper_id", "slot_0", "slot_1")}
        session.execute(update(Credential).where(Credential.id == person.id).values(**stolen))
    with pytest.raises(CredentialTampered):
        try_once(world, person.login, other.passphrase)
