"""A name sent in body, path, query and headers is in no log line and in no figure."""

from __future__ import annotations

import io
import json
import logging
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from prometheus_client import generate_latest
from sqlalchemy import text
from starlette.testclient import TestClient

from app.main import SERVER_OPTIONS, create_app
from app.telemetry.logs import log_as_json
from app.work import Work
from app.worker import Worker
from tests.support.journey import Journey
from tests.support.served import serve

CANARY = "Thiha-Zin-09771234567"
HEADERS = {
    "idempotency-key": f"key-{CANARY}",
    "if-match": f'"{CANARY}"',
    "user-agent": CANARY,
    "x-forwarded-for": CANARY,
    "referer": f"https://example.invalid/{CANARY}",
}


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the root logger writes, as it is written by `padauk serve`, at every level."""
    sink, root = io.StringIO(), logging.getLogger()
    before = root.handlers[:], root.level, threading.excepthook
    log_as_json()
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(sink)
    root.setLevel(logging.DEBUG)
    yield sink
    root.handlers[:], level, threading.excepthook = before
    root.setLevel(level)


@pytest.fixture
def client(world) -> Iterator[TestClient]:
    app = create_app(world.deployment)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def figures_of(client: TestClient) -> str:
    (metrics,) = (
        layer.kwargs["metrics"] for layer in client.app.user_middleware if "metrics" in layer.kwargs
    )
    return generate_latest(metrics.registry).decode()


def lines_in(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def break_work(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Let every unit of work fail with a message that quotes a value, as libraries do."""

    def fail(work: Work) -> None:
        if how == "database":
            work.session.execute(text("SELECT :name FROM no_such_table"), {"name": CANARY})
        raise LookupError(CANARY)

    monkeypatch.setattr("app.work._write_trail", fail)


@pytest.mark.parametrize("how", ["refused", "program", "database"])
def test_a_name_in_a_failing_request_is_nowhere(world, client, written, monkeypatch, how):
    token = world.token(world.member("coordinator"))
    if how != "refused":
        break_work(monkeypatch, how)
    known = {"authorization": f"Bearer {token}"}
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", f"/api/{CANARY}", {}),
        ("GET", f"/api/cases/{CANARY}", {"headers": known | HEADERS}),
        ("GET", f"/api/cases?status={CANARY}&{CANARY}=1", {"headers": known | HEADERS}),
        ("GET", "/api/cases", {"headers": known}),
        ("POST", "/api/intakes", {"headers": known | HEADERS, "json": {"name": CANARY}}),
        ("POST", "/api/intakes", {"headers": known | HEADERS, "content": f'{{"{CANARY}'}),
        ("POST", "/api/sessions", {"json": {"login": CANARY, "passphrase": CANARY}}),
        (CANARY.upper(), "/api/cases", {"headers": {"authorization": f"Bearer {CANARY}"}}),
    ]
    statuses = [client.request(*asked[:2], **asked[2]).status_code for asked in requests]
    assert all(status >= 400 for status in statuses) or how == "refused"
    if how != "refused":
        assert 500 in statuses
        incidents = [line for line in lines_in(written) if line["message"] == "incident"]
        (line,) = [line for line in incidents if line.get("operation") == "list_cases"]
        assert {"time", "level", "route", "error", "incident", "at"} <= set(line)
        assert line["route"] == "/api/cases"
        assert ("sqlstate" in line) is (how == "database")
    said = written.getvalue() + figures_of(client)
    assert CANARY.lower() not in said.lower()
    assert token not in said
    assert "padauk_requests_total" in said


def test_no_figure_and_no_line_names_what_was_served_who_asked_or_which_case(world, written):
    """On a way that succeeds: an intake, its triage and vetting, with the jobs beside."""
    with serve(world) as served:
        journey = Journey(served)
        for step in (journey.log_intake, journey.triage_and_assign, journey.vet):
            step()
        Worker(world.deployment).run_due()
        figures = figures_of(served.client)
    said = (figures + written.getvalue()).lower()
    people = [word for person in world.founded.people for word in (person.login, str(person.id))]
    for word in [*journey.texts.values(), *people, journey.case_id]:
        assert word.lower() not in said, word
    assert "padauk_requests_total{operation=" in figures
    labels = {name for line in figures.splitlines() for name in re.findall(r'(\w+)="', line)}
    assert labels <= {"operation", "status", "job", "le"}


def test_of_a_storm_one_line_is_written_and_every_response_names_it(
    world, client, written, monkeypatch
):
    token = world.token(world.member("coordinator"))
    break_work(monkeypatch, "program")
    answers = [
        client.get("/api/cases", headers={"authorization": f"Bearer {token}"}) for _ in range(5)
    ]
    assert {answer.status_code for answer in answers} == {500}
    lines = [line for line in lines_in(written) if line["message"] == "incident"]
    assert len(lines) == 1
    assert {answer.json()["incident"] for answer in answers} == {lines[0]["incident"]}


def test_what_a_library_says_is_never_quoted(written):
    logging.getLogger("asyncio").error("Task exception: ValueError(%r)", CANARY)
    logging.getLogger("uvicorn.error").error("Traceback: %s", CANARY)
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 7)
    logging.getLogger("uvicorn.error").error(OSError(98, "address already in use"))
    lines = lines_in(written)
    assert CANARY not in written.getvalue()
    assert [line["logger"] for line in lines] == ["asyncio", *["uvicorn.error"] * 3]
    assert "test_no_personal_data" in lines[0]["at"]
    assert lines[2]["message"] == "Started server process [7]"
    assert lines[3]["message"] == "address already in use"


def test_a_thread_that_ends_with_an_exception_quotes_nothing(written):
    def fail() -> None:
        raise LookupError(CANARY)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    (line,) = lines_in(written)
    assert (line["message"], line["error"]) == ("a thread ended", "LookupError")


def test_the_server_has_no_log_of_requests_and_keeps_our_loggers(world):
    handlers = logging.getLogger("uvicorn").handlers[:]
    uvicorn.Config(create_app(world.deployment), **SERVER_OPTIONS)
    access = logging.getLogger("uvicorn.access")
    assert (access.handlers, access.propagate) == ([], False)
    assert logging.getLogger("uvicorn").handlers == handlers
