"""Carried out once, however often it is sent."""

from __future__ import annotations

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from httpx2 import Response as Answer
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts.models import Team
from app.http.bodies import content_of
from app.http.idempotency import Claim, forget_old
from app.http.requests import Incoming
from app.permissions import Role
from app.principal import Principal
from app.store.models import Replay
from app.vault.keyring import MemberSecrets
from app.work import Work
from tests.http import toys
from tests.http.conftest import Served, serve

KEY = "a-random-key-1"
WHO = Role.ADMINISTRATOR


def open_team(served: Served, name: str, key: str = KEY, who: Role = WHO) -> Answer:
    return served.ask(
        who, "POST", "/api/toys", json={"name": name}, headers={"idempotency-key": key}
    )


@pytest.mark.usefixtures("world_on_both")
def test_the_same_request_sent_again_gets_its_response_and_is_not_repeated(served: Served):
    """On both databases: transaction."""
    before = served.count()
    first, again = open_team(served, "Ebony"), open_team(served, "Ebony")
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert toys.handled == ["open_toy"]
    assert served.count() == before + 1


def test_another_request_under_the_same_key_is_refused(served: Served):
    open_team(served, "Ebony")
    before = served.count()
    answer = open_team(served, "Ironwood")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency.key_reused")
    assert served.count() == before


def test_a_body_that_was_written_anew_is_the_same_request(served: Served):
    first = open_team(served, "Ebony")
    for body in (
        b'{ "name" : "Ebony" }',
        b'{"name":"\\u0045bony"}',
        b'\xef\xbb\xbf{"name":"Ebony"}\n',
    ):
        again = served.ask(
            WHO, "POST", "/api/toys", content=body,
            headers={"idempotency-key": KEY, "content-type": "application/json"},
        )  # fmt: skip
        assert (again.status_code, again.content) == (201, first.content)
    assert toys.handled == ["open_toy"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(VALUES, VALUES)
def test_content_is_what_a_body_says_and_not_how_it_is_written(one, other):
    written = json.dumps(one, ensure_ascii=False).encode(errors="surrogatepass")
    assert content_of(written) == content_of(json.dumps(one, indent=3).encode())
    assert (content_of(written) == content_of(json.dumps(other).encode())) == (
        json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    )
    if isinstance(one, dict):
        turned = dict(reversed(one.items()))
        assert content_of(json.dumps(turned).encode()) == content_of(written)


@pytest.mark.parametrize("body", [b"no JSON", b'{"a": 1, "a": 2}', b"[" * 100_000, b"\xff", b""])
def test_what_is_no_json_is_content_as_it_came(body):
    assert content_of(body) == body


def test_two_members_may_hit_on_the_same_key(served: Served):
    before = served.count()
    assert open_team(served, "Ebony").status_code == 201
    assert open_team(served, "Ironwood", who=Role.LEAD).status_code == 201
    assert served.count() == before + 2


@pytest.mark.usefixtures("world_on_both")
def test_what_failed_may_be_tried_again_under_its_key(served: Served):
    """On both databases: transaction."""
    assert open_team(served, "Busy").status_code == 409
    assert open_team(served, "Ebony").status_code == 201


def test_a_creation_without_a_key_is_refused(served: Served):
    answer = served.ask(WHO, "POST", "/api/toys", json={"name": "Ebony"})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency.key_missing")
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
    assert toys.handled == []


@pytest.mark.parametrize("key", ["short", "x" * 129, "with a blank", "caf\xe9-caf\xe9-caf\xe9"])
def test_a_key_is_eight_to_128_visible_characters(served: Served, key: str):
    answer = served.ask(
        WHO,
        "POST",
        "/api/toys",
        json={"name": "Ebony"},
        headers={"idempotency-key": key.encode("latin-1")},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency.key_invalid")


@pytest.mark.usefixtures("world_on_both")
def test_of_two_at_once_one_is_carried_out_and_both_get_the_response(
    served: Served, backend: str, monkeypatch: pytest.MonkeyPatch
):
    """On both databases: race."""
    before = served.count()
    served.world.token(served.world.member(WHO))
    other = serve(served.world)
    if backend == "postgresql":
        # Both handlers run before either commits; SQLite lets only one begin.
        meeting, new_team = Barrier(2, timeout=20), toys.new_team

        def meet_and_make(work: Work, name: str) -> Team:
            meeting.wait()
            return new_team(work, name)

        monkeypatch.setattr(toys, "new_team", meet_and_make)
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda one: open_team(one, "Ebony"), (served, other)))
    other.client.close()
    other.pool.close()
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 1
    assert served.count() == before + 1


@pytest.mark.usefixtures("world_on_both")
def test_a_twin_that_commits_after_our_look_up_responses_for_us(
    served: Served, monkeypatch: pytest.MonkeyPatch
):
    """On both databases: race."""
    first, before = open_team(served, "Ebony"), served.count()
    find, looked = Claim.find_response, []

    def find_late(self: Claim, session: Session) -> Response | None:
        looked.append(self.id)
        return find(self, session) if len(looked) > 1 else None

    monkeypatch.setattr(Claim, "find_response", find_late)
    again = open_team(served, "Ebony")
    assert again.content == first.content
    assert len(looked) == 2
    assert served.count() == before


def test_a_kept_response_says_nothing_to_the_thief_of_a_database(served: Served):
    open_team(served, "Ebony")
    with served.world.deployment.sessions() as session:
        kept = session.scalars(select(Replay)).one()
    assert len(kept.id) == 32
    stored = kept.id + kept.response
    assert b"Ebony" not in stored
    assert KEY.encode() not in stored
    assert served.world.member(WHO).id.bytes not in stored


def test_an_response_that_no_longer_opens_is_not_carried_out_again(
    served: Served, monkeypatch: pytest.MonkeyPatch
):
    open_team(served, "Ebony")
    before = served.count()
    monkeypatch.setattr(MemberSecrets, "own_key", lambda self, label: secrets.token_bytes(32))
    answer = open_team(served, "Ebony")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency.response_lost")
    assert served.count() == before


def test_a_kept_response_moved_to_another_key_does_not_open(served: Served):
    open_team(served, "Ebony")
    open_team(served, "Ironwood", key="a-random-key-2")
    with served.world.deployment.sessions() as session:
        one, other = session.scalars(select(Replay)).all()
        one.response, other.response = other.response, one.response
        session.commit()
    assert open_team(served, "Ebony").json()["code"] == "idempotency.response_lost"


@pytest.mark.usefixtures("world_on_both")
def test_responses_outlive_two_weeks_without_a_line(served: Served):
    """On both databases: transaction."""
    open_team(served, "Ebony")
    world = served.world
    today = world.clock().date()
    for days, left in ((0, 1), (15, 1), (21, 1), (22, 0)):
        with world.work_as(None) as work:
            forget_old(work.session, today.fromordinal(today.toordinal() + days))
        assert served.count(Replay) == left


def test_a_key_reads_differently_for_every_route_and_member(served: Served):
    world = served.world
    person = world.member(WHO)
    incoming = Incoming(
        "POST", "/api/toys", b"", {}, None, b'{"name":"Ebony"}', idempotency_key=KEY
    )

    def claim(principal: Principal, incoming: Incoming) -> Claim:
        return Claim.of(world.deployment, principal, person.secrets, incoming)

    usual = claim(person.principal, incoming)
    assert usual.id == claim(person.principal, incoming).id
    assert usual.request == claim(person.principal, incoming).request
    elsewhere = [
        claim(world.member(Role.LEAD).principal, incoming),
        claim(person.principal, replace(incoming, method="PUT")),
        claim(person.principal, replace(incoming, path="/api/toy")),
    ]
    assert usual.id not in {other.id for other in elsewhere}
    for changed in (replace(incoming, body=b"{}"), replace(incoming, query=b"a=1")):
        assert claim(person.principal, changed).request != usual.request
