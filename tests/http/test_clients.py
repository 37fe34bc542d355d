"""Requests as clients, proxies and tired fingers send them: heard where the meaning is clear."""

from __future__ import annotations

import json
from typing import Any

import pytest
from httpx2 import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.audit.models import AuditEvent
from app.permissions import Role
from app.store.base import new_id
from tests.http import toys
from tests.http.asgi import speak
from tests.http.conftest import Served
from tests.http.toys import LEAK

PATH = "/api/toys/everything"


def send(judge: Served, body: bytes, content_type: str = "application/json") -> Response:
    return judge.ask(
        Role.AUDITOR, "POST", PATH, content=body, headers={"content-type": content_type}
    )


def errors_of(response: Response) -> list[tuple[str, str]]:
    assert response.status_code == 422, response.text
    return [(error["field"], error["code"]) for error in response.json()["errors"]]


# ---------------------------------------------------------------------- media types


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json;charset=utf8",
        "application/json; charset=UTF8",
        "application/json;charset=utf_8",
        'application/json ; charset="Utf-8"',
        "application/json; charset='utf-8'",
        "application/json; Charset = UTF-8",
        "APPLICATION/JSON;CHARSET=utf-8;",
        "application/json;",
        "application/json; charset=us-ascii",
        "application/json; charset=utf-8; profile=x",
        "application/json;odata=verbose;charset=utf-8",
    ],
)
def test_utf_8_is_taken_however_it_is_spelled(judge: Served, content_type: str):
    assert send(judge, b'{"line":"x"}', content_type).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-16",
        "application/json; charset=utf-7",
        "application/json; charset=utf-8; charset=latin-1",
        "application/json; charset=",
        "application/json, text/plain",
        "text/json",
        "application/problem+json",
        ";charset=utf-8",
    ],
)
def test_another_encoding_or_type_is_refused(judge: Served, content_type: str):
    response = send(judge, b'{"line":"x"}', content_type)
    assert (response.status_code, response.json()["code"]) == (415, "request.media_type")


# ---------------------------------------------------------------------- marks and halves

HALF = "\ufffd"


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b'\xef\xbb\xbf{"line": "x"}', "x"),
        (b'\xef\xbb\xbf\xef\xbb\xbf \r\n{"line": "x"}', "x"),
        (rb'{"line": "thank you \ud83d"}', f"thank you {HALF}"),
        (rb'{"line": "\ud83d thank you"}', f"{HALF} thank you"),
        (rb'{"line": "\uDE00x"}', f"{HALF}x"),
        (rb'{"line": "\ude00\ud83d"}', HALF * 2),
        (rb'{"line": "\ud83d\ud83d\ude00"}', f"{HALF}\U0001f600"),
        (rb'{"line": "\ud83d\ude00\ude00"}', f"\U0001f600{HALF}"),
        (rb'{"line": "\ud83d\u0041"}', f"{HALF}A"),
        (rb'{"line": "\\\ud83d"}', f"\\{HALF}"),
        (rb'{"line": "\\ud83d"}', r"\ud83d"),
        (rb'{"line": "\\ud83d\ude00"}', rf"\ud83d{HALF}"),
        (b'{"line": "x\xed\xa0\xbd"}', f"x{HALF}"),
        (b'{"line": "\xed\xb8\x80x"}', f"{HALF}x"),
        (b'{"line": "\xed\xa0\xbd\xed\xb8\x80"}', "\U0001f600"),
        (b'\xef\xbb\xbf{"line": "\xed\xa0\xbd \\ud83d"}', f"{HALF} {HALF}"),
        ('{"line": "\ud7ff\ue000"}'.encode(), "\ud7ff\ue000"),
    ],
)
def test_marks_are_taken_off_and_halves_of_emoji_replaced(judge: Served, body: bytes, line: str):
    response = send(judge, body)
    assert (response.status_code, response.json().get("line")) == (200, line)


def test_half_an_emoji_in_a_name_makes_it_an_unknown_name(judge: Served):
    assert errors_of(send(judge, rb'{"line": "x", "\ud83d": 1}')) == [("*", "unknown_field")]


@settings(max_examples=60, suppress_health_check=[*HealthCheck], deadline=None, derandomize=True)
@given(text=st.text(st.characters(categories=["L", "Cs", "So"]), min_size=1, max_size=8))
def test_halves_as_escapes_and_as_bytes_are_read_alike(judge: Served, text: str):
    escaped = send(judge, json.dumps({"line": text}).encode())
    raw = send(judge, json.dumps({"line": text}, ensure_ascii=False).encode(errors="surrogatepass"))
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert escaped.json()["line"] == raw.json()["line"] == whole


# ---------------------------------------------------------------------- given twice


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ('{"line": "a", "line": "b"}', ["line"]),
        ('{"line": "a", "line": "a"}', ["line"]),
        ('{"line": "a", "l\\u0069ne": "b"}', ["line"]),
        ('{"line": "a", "contacts": [{"number": "1"}, {"number": "2", "number": "3"}]}',
         ["contacts.1.number"]),
        ('{"line": "a", "sure": true, "line": "b", "sure": null}', ["line", "sure"]),
        ('{"line": "a", "contacts": [], "contacts": [{"number": "1", "number": "2"}]}',
         ["contacts", "contacts.0.number"]),
        (f'{{"line": "a", "counts": {{"{LEAK}": 1, "{LEAK}": 2}}}}', ["counts.*"]),
    ],
)  # fmt: skip
def test_a_name_twice_in_an_object_is_refused_by_its_path(
    judge: Served, body: str, fields: list[str]
):
    response = send(judge, body.encode())
    assert errors_of(response) == [(field, "given_twice") for field in fields]
    assert LEAK not in response.text
    assert toys.handled == []


def test_a_name_given_twice_is_told_beside_what_else_is_wrong(judge: Served):
    assert errors_of(send(judge, b'{"line": "", "line": "", "amount": 0}')) == [
        ("line", "given_twice"),
        ("line", "too_short"),
        ("amount", "too_small"),
    ]


def test_a_name_in_two_objects_of_a_list_is_given_once_in_each(judge: Served):
    body = {"line": "line", "contacts": [{"number": "number"}, {"number": "number"}]}
    assert send(judge, json.dumps(body).encode()).status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=1&limit=2", "limit"),
        ("limit=1&limit=1", "limit"),
        ("colour=red&kind=red&colour=green", "colour"),
        ("l%69mit=1&limit=2", "limit"),
    ],
)
def test_a_parameter_given_twice_is_refused(judge: Served, query: str, field: str):
    response = judge.ask(Role.AUDITOR, "GET", f"/api/toys?{query}")
    assert errors_of(response) == [(field, "given_twice")]


# ---------------------------------------------------------------------- HEAD


def test_head_is_served_wherever_get_is_with_its_headers_and_no_body(judge: Served):
    team = judge.world.founded.teams[0]
    token = judge.world.token(judge.world.member(Role.AUDITOR))
    headers = {"authorization": f"Bearer {token}"}
    for path in ("/", "/api/health", "/api/toys", f"/api/toys/{team}", f"/api/toys/{team}/sheet",
                 f"/api/toys/{new_id()}", "/api/toys/x", "/api/nowhere"):  # fmt: skip
        got = speak(judge.app, "GET", path, headers)
        headed = speak(judge.app, "HEAD", path, headers)
        assert (headed.status, headed.headers) == (got.status, got.headers), path
        assert (headed.body, bool(got.body)) == (b"", True), path


def test_head_asks_the_gate_and_is_on_record_as_get_is(served: Served):
    team = served.world.founded.teams[0]
    assert served.ask(None, "HEAD", f"/api/toys/{team}").status_code == 401
    served.world.token(served.world.member(Role.VOLUNTEER))
    before = served.count(AuditEvent)
    refused = served.ask(Role.VOLUNTEER, "HEAD", f"/api/toys/{team}/secret")
    assert (refused.status_code, refused.content) == (403, b"")
    assert served.count(AuditEvent) == before + 1


def test_head_where_there_is_no_get_is_given_the_methods(judge: Served):
    response = judge.ask(Role.AUDITOR, "HEAD", "/api/toys/silent")
    assert (response.status_code, response.content) == (405, b"")
    assert response.headers["allow"] == "POST"


# ---------------------------------------------------------------------- cursors


def page(judge: Served, path: str, **asked: Any) -> Response:
    return judge.ask(Role.AUDITOR, "GET", path, params={"limit": 1, **asked})


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/api/toys/list/others", {}),
        ("/api/toys/{team}/parts", {}),
        ("/api/toys", {"colour": "red"}),
        ("/api/toys", {"kind": ["red"]}),
        ("/api/toys", {"colour": "green", "kind": ["red", "green"]}),
    ],
)
def test_a_cursor_of_one_list_or_filter_is_refused_by_another(
    judge: Served, path: str, asked: dict[str, Any]
):
    cursor = page(judge, "/api/toys").json()["next"]
    path = path.format(team=judge.world.founded.teams[0])
    response = page(judge, path, cursor=cursor, **asked)
    assert errors_of(response) == [("cursor", "cursor.invalid")]
    assert response.json()["code"] == "cursor.invalid"


def test_a_cursor_of_one_record_s_list_is_refused_by_that_of_another(judge: Served):
    first, second = judge.world.founded.teams[:2]
    cursor = page(judge, f"/api/toys/{first}/parts").json()["next"]
    assert page(judge, f"/api/toys/{first}/parts", cursor=cursor).status_code == 200
    response = page(judge, f"/api/toys/{second}/parts", cursor=cursor)
    assert errors_of(response) == [("cursor", "cursor.invalid")]


def test_a_cursor_goes_on_with_the_same_filter_and_another_size(judge: Served):
    cursor = page(judge, "/api/toys", colour="red").json()["next"]
    for limit in (1, 2):
        response = page(judge, "/api/toys", colour="red", cursor=cursor, limit=limit)
        assert response.status_code == 200


# ---------------------------------------------------------------------- moments


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2026-01-31T18:30:00Z", "2026-01-31T18:30:00Z"),
        ("2026-01-31T18:30:00z", "2026-01-31T18:30:00Z"),
        ("2026-01-31t18:30Z", "2026-01-31T18:30:00Z"),
        ("2026-01-31T18:30:00+06:30", "2026-01-31T12:00:00Z"),
        ("2026-01-31 18:30+0630", "2026-01-31T12:00:00Z"),
        ("2026-01-31T18:30:00-00:00", "2026-01-31T18:30:00Z"),
        ("2026-01-01T00:15:00+06:30", "2025-12-31T17:45:00Z"),
        ("2026-01-31T23:30:00-05:00", "2026-02-01T04:30:00Z"),
        ("2026-01-31T18:30:00.5+01:00", "2026-01-31T17:30:00.500000Z"),
    ],
)
def test_a_moment_is_taken_from_every_zone_and_kept_in_utc(judge: Served, sent: str, kept: str):
    response = send(judge, json.dumps({"line": "x", "at": sent}).encode())
    assert (response.status_code, response.json().get("at")) == (200, kept)


@pytest.mark.parametrize(
    "sent", ["2026-01-31T18:30:00", "2026-01-31 18:30", "2026-01-31t18:30:00.0"]
)
def test_a_moment_without_a_zone_is_asked_for_it(judge: Served, sent: str):
    response = send(judge, json.dumps({"line": "x", "at": sent}).encode())
    assert errors_of(response) == [("at", "zone_missing")]
    assert "zone" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "sent",
    [
        "2026-01-31",
        "1769884200",
        0,
        1769884200.5,
        True,
        "2026-01-31T18:30:00 06:30",
        "2026-01-31T18:30:00+06:30[Asia/Yangon]",
        "2026-02-30T18:30:00Z",
        "2026-01-31T18:30:00+25:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "tomorrow",
    ],
)
def test_what_is_no_day_and_time_is_no_moment(judge: Served, sent: Any):
    response = send(judge, json.dumps({"line": "x", "at": sent}).encode())
    assert errors_of(response) == [("at", "not_a_moment")]
