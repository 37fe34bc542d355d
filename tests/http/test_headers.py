"""What every response carries, and what comes in before anything is judged."""

from __future__ import annotations

import asyncio
import logging

import pytest

from app.http import requests
from app.permissions import Role
from tests.http.asgi import Message, chunks, speak
from tests.http.conftest import Served
from tests.http.toys import LEAK

JSON = {"content-type": "application/json"}
PATH = "/api/toys/everything"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/api/health", 200),
        ("GET", "/api/openapi.json", 200),
        ("GET", "/api/toys", 401),
        ("GET", "/nowhere", 404),
        ("PUT", "/", 405),
        ("POST", "/api/toys/sign-in", 415),
    ],
)
def test_every_response_carries_the_headers(judge: Served, method: str, path: str, status: int):
    response = judge.ask(None, method, path)
    headers = response.headers
    assert response.status_code == status
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "camera=()" in headers["permissions-policy"]
    assert "server" not in headers
    assert "set-cookie" not in headers


def test_the_front_page_loads_nothing(judge: Served):
    page = judge.ask(None, "GET", "/").text
    for loading in ("<script", "<style", "<img", "<link", "<iframe", "http:", "https:"):
        assert loading not in page


def test_what_nobody_caught_is_a_problem_with_the_headers(
    judge: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    async def fall_over(*_: object) -> None:
        raise ZeroDivisionError(LEAK)

    monkeypatch.setattr(judge.app.router, "middleware_stack", fall_over)
    with caplog.at_level(logging.DEBUG):
        heard = speak(judge.app, "GET", "/")
    assert heard.status == 500
    assert heard.headers["cache-control"] == "no-store"
    assert b"internal.error" in heard.body
    assert LEAK not in caplog.text + heard.body.decode()


def test_a_failure_after_the_first_byte_is_logged_and_ends_the_response(
    judge: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    async def break_off(scope: Message, receive: object, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ZeroDivisionError(LEAK)

    monkeypatch.setattr(judge.app.router, "middleware_stack", break_off)
    with caplog.at_level(logging.ERROR):
        heard = speak(judge.app, "GET", "/")
    assert [message["type"] for message in heard.messages] == ["http.response.start"]
    assert [vars(record).get("error") for record in caplog.records] == ["ZeroDivisionError"]
    assert LEAK not in repr([vars(record) for record in caplog.records])


# ---------------------------------------------------------------------- the size of bodies


def most(judge: Served) -> int:
    return judge.world.deployment.settings.max_body_bytes


def test_a_body_announced_too_large_is_refused_unread(judge: Served):
    async def never() -> Message:
        raise AssertionError("the body was read")

    headers = {**JSON, "content-length": str(most(judge) + 1)}
    heard = speak(judge.app, "POST", PATH, headers, never)
    assert heard.status == 413
    assert heard.headers["connection"] == "close"
    assert b"request.too_large" in heard.body


@pytest.mark.parametrize("announced", ["-1", "x", "1e3", ""])
def test_a_length_that_is_no_number_is_refused(judge: Served, announced: str):
    heard = speak(judge.app, "POST", PATH, {**JSON, "content-length": announced})
    assert heard.status == 413


def test_a_body_that_grows_too_large_is_refused_as_soon_as_it_has(judge: Served):
    sent = []

    async def endless() -> Message:
        sent.append(1)
        return {"type": "http.request", "body": b" " * 65536, "more_body": True}

    heard = speak(judge.app, "POST", PATH, JSON, endless)
    assert heard.status == 413
    assert len(sent) == most(judge) // 65536 + 1


def test_a_body_of_exactly_the_size_is_read(judge: Served):
    person = judge.world.member(Role.AUDITOR)
    headers = {**JSON, "authorization": f"Bearer {judge.world.token(person)}"}
    body = b'{"line": "x"}'.ljust(most(judge))
    half = len(body) // 2
    heard = speak(judge.app, "POST", PATH, headers, chunks(body[:half], b"", body[half:]))
    assert heard.status == 200
    assert speak(judge.app, "POST", PATH, headers, chunks(body + b" ")).status == 413


def test_a_body_that_never_ends_is_given_up(judge: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(requests, "BODY_SECONDS", 0.02)
    begun = []

    async def stall() -> Message:
        if begun:
            await asyncio.sleep(60)
        begun.append(1)
        return {"type": "http.request", "body": b"{", "more_body": True}

    heard = speak(judge.app, "POST", PATH, JSON, stall)
    assert heard.status == 408
    assert b"request.too_slow" in heard.body


@pytest.mark.parametrize("parts", [[], [b'{"line":']])
def test_a_client_that_hangs_up_gets_no_response(judge: Served, parts: list[bytes]):
    waiting = [{"type": "http.request", "body": part, "more_body": True} for part in parts]

    async def hang_up() -> Message:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    taken = judge.pool.taken
    assert speak(judge.app, "POST", PATH, JSON, hang_up).messages == []
    assert judge.pool.taken == taken


def test_a_web_socket_is_turned_away(judge: Served):
    heard = speak(judge.app, "GET", "/api/toys", type="websocket", subprotocols=[])
    assert [message["type"] for message in heard.messages] == ["websocket.close"]
