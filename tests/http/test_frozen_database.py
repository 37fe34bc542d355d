"""A database that does not come back: what callers learn, and what stays taken meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from time import monotonic

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from app.errors import OutcomeUnknown
from app.http.request_pool import RequestPool
from app.http.routing import Router
from app.main import assemble
from app.permissions import Permission, Role
from app.sessions.service import principal_of
from app.work import Work
from tests.http.conftest import Served
from tests.http.toys import TeamReceipt, new_team

LIMIT = 0.3

router = Router(prefix="/frozen", tags=["frozen"])
frozen = threading.Event()
"""Cleared while the database hangs, as PostgreSQL does when its process is stopped."""


@router.get("/records", needs=Permission.SELF_READ)
def read_record(work: Work) -> None:
    frozen.wait()


@router.post("/records", needs=Permission.SELF_READ, creates=True)
def create_record(work: Work) -> TeamReceipt:
    frozen.wait()
    team = new_team(work, "Teak")
    work.trail.record("team:founded")
    return TeamReceipt(id=team.id, name="Teak")


@router.put("/records", needs=Permission.SELF_READ)
def replace_record(work: Work) -> None:
    frozen.wait()


@pytest.fixture
def client(served: Served) -> Iterator[TestClient]:
    frozen.clear()
    app = assemble(served.world.deployment, [router], principal_of)
    pool = RequestPool(1, waiting=2, seconds=LIMIT)
    app.state.context = replace(app.state.context, pool=pool)
    token = served.world.token(served.world.member(Role.AUDITOR))
    with TestClient(app, headers={"authorization": f"Bearer {token}"}) as client:
        yield client
        frozen.set()
        pool.close()


def ask(client: TestClient, method: str, **headers: str) -> Response:
    return client.request(method, "/api/frozen/records", headers=headers)


def test_a_read_is_given_up_in_time_and_its_thread_stays_taken(client: TestClient):
    began = monotonic()
    response = ask(client, "GET")
    assert (response.status_code, response.json()["code"]) == (503, "database.unavailable")
    assert response.headers["retry-after"] == "5"
    assert LIMIT <= monotonic() - began < LIMIT + 10
    waited = ask(client, "GET")
    assert (waited.status_code, waited.json()["code"]) == (503, "service.busy")
    assert client.app.state.context.pool.in_hand == 1  # type: ignore[attr-defined]
    frozen.set()
    while ask(client, "GET").status_code != 204:
        pass
    assert client.app.state.context.pool.in_hand == 0  # type: ignore[attr-defined]


def test_a_read_whose_commit_breaks_changed_nothing(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
):
    frozen.set()

    def break_at_commit(*_: object) -> None:
        raise OutcomeUnknown

    monkeypatch.setattr("app.work._commit", break_at_commit)
    read, changed = ask(client, "GET"), ask(client, "PUT")
    assert (read.status_code, read.json()["code"]) == (503, "database.unavailable")
    assert (changed.status_code, changed.json()["code"]) == (503, "outcome.unknown")


def test_a_change_is_given_up_as_unknown(client: TestClient):
    response = ask(client, "PUT")
    assert (response.status_code, response.json()["code"]) == (503, "outcome.unknown")
    assert "look before you send it again" in response.json()["title"]


def test_a_creation_that_was_given_up_is_done_once_when_it_is_sent_again(
    client: TestClient, served: Served
):
    before = served.count()
    given_up = ask(client, "POST", **{"idempotency-key": "a-random-key-1"})
    assert (given_up.status_code, given_up.json()["code"]) == (503, "outcome.unknown")
    assert "same Idempotency-Key" in given_up.json()["title"]
    frozen.set()
    again = ask(client, "POST", **{"idempotency-key": "a-random-key-1"})
    assert again.status_code == 200
    assert again.headers["idempotency-replayed"] == "true"
    assert served.count() == before + 1
