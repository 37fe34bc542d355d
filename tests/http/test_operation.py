"""One request, one thread, one unit of work."""

from __future__ import annotations

import json
import logging

import pytest
from sqlalchemy.orm import Session

from app.audit.models import AuditEvent
from app.crypto.errors import QueueFull, StretcherClosed, StretcherLost
from app.crypto.stretching import Stretcher
from app.permissions import Role
from app.telemetry.logs import JsonFormatter
from tests.http import toys
from tests.http.conftest import Served

CREATED = {"idempotency-key": "a-random-key-1"}


def test_a_request_takes_one_thread(served: Served):
    team = served.world.founded.teams[0]
    response = served.ask(Role.VOLUNTEER, "GET", f"/api/toys/{team}")
    assert (response.status_code, response.json()) == (200, {"id": str(team), "name": "Teak"})
    assert served.pool.taken == 1


def test_a_refused_body_takes_one_thread_too(served: Served):
    response = served.ask(Role.VOLUNTEER, "POST", "/api/toys/everything", json={"line": 7})
    assert response.status_code == 422
    assert served.pool.taken == 1


def test_a_page_that_needs_neither_database_nor_key_takes_no_thread(served: Served):
    assert served.ask(None, "GET", "/").status_code == 200
    assert served.pool.taken == 0


def test_a_public_route_is_served_on_behalf_of_nobody(served: Served):
    response = served.ask(Role.LEAD, "GET", "/api/toys/public/open")
    assert response.json() == {"name": "role None"}


def test_a_passphrase_is_stretched_between_two_threads(served: Served):
    asked = {"passphrase": "correct horse"}
    response = served.ask(None, "POST", "/api/toys/sign-in", json=asked)
    other = served.ask(None, "POST", "/api/toys/sign-in", json={"passphrase": "wrong horse"})
    assert response.status_code == other.status_code == 200
    assert len(response.json()["verifier"]) == 64
    assert response.json() != other.json()
    assert served.pool.taken == 4
    assert toys.handled == ["ask_stretching"] * 2


def test_a_delay_is_waited_for_without_holding_a_thread(
    served: Served, monkeypatch: pytest.MonkeyPatch
):
    waited = []

    async def wait(seconds: float) -> None:
        waited.append((seconds, served.pool.taken))

    monkeypatch.setattr("app.http.stretching.asyncio.sleep", wait)
    asked = {"passphrase": "correct horse", "delay": 2.5}
    assert served.ask(None, "POST", "/api/toys/sign-in", json=asked).status_code == 200
    assert waited == [(2.5, 1)]


def test_a_passphrase_that_cannot_be_stretched_is_too_long(served: Served):
    asked = {"passphrase": "\u1000" * 1000}
    response = served.ask(None, "POST", "/api/toys/sign-in", json=asked)
    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "too_long")


@pytest.mark.parametrize("failure", [QueueFull, StretcherLost, StretcherClosed])
def test_when_too_many_sign_in_the_next_is_told_to_wait(
    served: Served, monkeypatch: pytest.MonkeyPatch, failure: type[Exception]
):
    async def refuse(self: Stretcher, *_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(Stretcher, "stretch", refuse)
    response = served.ask(None, "POST", "/api/toys/sign-in", json={"passphrase": "x"})
    assert (response.status_code, response.json()["code"]) == (503, "service.busy")
    assert response.headers["retry-after"] == "5"


def test_several_passphrases_are_stretched_once_and_replayed_without_stretching(served: Served):
    asked = {"json": {"passphrase": "correct horse"}, "headers": CREATED}
    first = served.ask(Role.ADMINISTRATOR, "POST", "/api/toys/changes", **asked)
    assert len(first.json()["verifier"]) == 128
    assert served.pool.taken == 2
    again = served.ask(Role.ADMINISTRATOR, "POST", "/api/toys/changes", **asked)
    assert again.content == first.content
    assert served.pool.taken == 3
    assert toys.handled == ["change_toy"]


@pytest.mark.usefixtures("world_on_both")
def test_a_commit_that_fails_is_not_reported_as_success(
    served: Served, monkeypatch: pytest.MonkeyPatch
):
    """On both databases: transaction."""
    person = served.world.member(Role.ADMINISTRATOR)
    served.world.token(person)
    before = served.count()

    def refuse(self: Session) -> None:
        raise RuntimeError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(Session, "commit", refuse)
        response = served.ask(person, "POST", "/api/toys", json={"name": "Ebony"}, headers=CREATED)
    assert (response.status_code, response.json()["code"]) == (500, "internal.error")
    assert served.count() == before


@pytest.mark.usefixtures("world_on_both")
def test_a_write_without_a_trail_leaves_nothing(served: Served):
    """On both databases: transaction."""
    before = served.count()
    response = served.ask(Role.ADMINISTRATOR, "POST", "/api/toys/silent", json={"name": "Ebony"})
    assert (response.status_code, response.json()["code"]) == (500, "internal.error")
    assert served.count() == before


@pytest.mark.parametrize(("name", "status", "made"), [("Asked", 204, 1), ("Forgot", 500, 0)])
def test_a_handler_that_forgets_the_readiness_it_declares_leaves_nothing(
    served: Served, name: str, status: int, made: int
):
    before = served.count()
    response = served.ask(Role.AUDITOR, "POST", "/api/toys/ready", json={"name": name})
    assert response.status_code == status
    assert served.count() == before + made


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [("Refused", 403, "toy.refused"), ("Busy", 409, "toy.busy"), ("Broken", 500, "internal.error")],
)
def test_what_a_handler_raises_leaves_nothing_of_its_work(
    served: Served, name: str, status: int, code: str
):
    """On both databases: transaction."""
    teams, events = served.count(), served.events("team:founded")
    response = served.ask(
        Role.ADMINISTRATOR, "POST", "/api/toys", json={"name": name}, headers=CREATED
    )
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert toys.handled == ["open_toy"]
    assert (served.count(), served.events("team:founded")) == (teams, events)


def test_an_incident_says_its_number_and_nothing_else(
    served: Served, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.ERROR):
        response = served.ask(
            Role.ADMINISTRATOR, "POST", "/api/toys", json={"name": "Broken"}, headers=CREATED
        )
    line = json.loads(JsonFormatter().format(caplog.records[-1]))
    assert len(line["incident"]) == 16
    assert line["incident"] == response.json()["incident"]
    assert (line["error"], line["operation"]) == ("RuntimeError", "open_toy")
    assert line["route"] == "/api/toys"
    assert "app/http/operation.py" in line["at"]
    assert toys.LEAK not in str(line) + caplog.text + response.text
    assert set(response.json()) == {"type", "title", "status", "code", "incident"}


# ---------------------------------------------------------------------- who may


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x", "Basic x", "bearer " + "A" * 43])
def test_without_a_living_session_nothing_is_judged(served: Served, token: str):
    response = served.client.post(
        "/api/toys/everything", content=b"{", headers={"authorization": token} if token else {}
    )
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json()["code"] in {"session.required", "session.ended"}


def test_a_role_without_the_permission_is_refused_before_its_body_is_judged(served: Served):
    response = served.ask(Role.AUDITOR, "POST", "/api/toys", content=b"{")
    assert (response.status_code, response.json()["code"]) == (403, "permission.denied")


def test_the_scheme_of_a_token_may_be_written_in_any_case(served: Served):
    token = served.world.token(served.world.member(Role.AUDITOR))
    response = served.client.get("/api/toys", headers={"authorization": f"bEARER {token}"})
    assert response.status_code == 200


def test_a_lead_waits_for_the_second_unlock(served: Served):
    world = served.world
    lead, path = world.member(Role.LEAD), f"/api/toys/{world.founded.teams[0]}/secret"
    response = served.ask(lead, "GET", path)
    assert (response.status_code, response.json()["code"]) == (403, "session.step_up_required")
    token = world.token(lead, stepped_up=True)
    response = served.client.get(path, headers={"authorization": f"Bearer {token}"})
    assert response.status_code == 200


@pytest.mark.usefixtures("world_on_both")
def test_a_denial_is_on_record_although_its_work_was_rolled_back(served: Served):
    """On both databases: transaction."""
    asked = {"json": {"name": "Refused"}, "headers": CREATED}
    served.ask(Role.ADMINISTRATOR, "POST", "/api/toys", **asked)
    assert served.events("request:denied") == 1
    served.ask(Role.AUDITOR, "POST", "/api/toys", **asked)
    assert served.events("request:denied") == 2


def test_nobody_fills_the_record_with_denials(served: Served):
    events = served.count(AuditEvent)
    served.ask(None, "POST", "/api/toys", json={"name": "Refused"}, headers=CREATED)
    assert served.count(AuditEvent) == events


# ---------------------------------------------------------------------- responses


def test_a_table_is_sent_as_what_it_is(served: Served):
    response = served.ask(Role.AUDITOR, "GET", f"/api/toys/{served.world.founded.teams[0]}/sheet")
    assert response.content == b"a,b\r\n"
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="sheet.csv"'


def test_a_body_that_may_be_left_out_may_be_left_out(served: Served):
    assert served.ask(Role.AUDITOR, "POST", "/api/toys/optional").json() == {
        "name": "none was sent"
    }
    sent = served.ask(Role.AUDITOR, "POST", "/api/toys/optional", json={"name": "Oak"})
    assert sent.json() == {"name": "Oak"}
