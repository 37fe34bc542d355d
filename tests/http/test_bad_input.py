"""Whatever is sent: a clear problem with a stable code, never a trace of the value, no row."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.permissions import Role
from tests.http import toys
from tests.http.conftest import Served
from tests.http.toys import LEAK

PATH = "/api/toys/everything"
JSON = {"content-type": "application/json"}

FIELDS: list[tuple[str, Any, str, str]] = [
    ("a field that is needed", {}, "line", "missing"),
    ("a number for a text", {"line": 7}, "line", "not_a_text"),
    ("an empty text", {"line": ""}, "line", "too_short"),
    ("only blanks", {"line": " \t \u2003"}, "line", "too_short"),
    ("a text too long", {"line": LEAK * 20}, "line", "too_long"),
    ("a line break in a line", {"line": f"{LEAK}\nx"}, "line", "control_character"),
    ("a bell", {"line": f"{LEAK}\x07"}, "line", "control_character"),
    ("a C1 control", {"line": f"{LEAK}\x85x"}, "line", "control_character"),
    ("nothing but marks", {"line": "\u200b\u2060\u3164"}, "line", "too_short"),
    ("nothing but isolates", {"text": "\u2066\u2069"}, "text", "too_short"),
    ("a line separator", {"line": f"{LEAK}\u2028x"}, "line", "control_character"),
    ("a vertical tab in a text", {"text": f"{LEAK}\x0bx"}, "text", "control_character"),
    ("an amount in quotes", {"amount": "50000"}, "amount", "not_a_number"),
    ("an amount in half", {"amount": 0.5}, "amount", "not_a_number"),
    ("an amount that is true", {"amount": True}, "amount", "not_a_number"),
    ("nothing to pay", {"amount": 0}, "amount", "too_small"),
    ("an amount below nothing", {"amount": -7}, "amount", "too_small"),
    ("more than there is", {"amount": 10**12 + 1}, "amount", "too_large"),
    ("an amount past 64 bits", {"amount": 2**70}, "amount", "too_large"),
    ("a currency in small letters", {"currency": "mmk"}, "currency", "wrong_form"),
    ("a choice that there is not", {"colour": LEAK}, "colour", "not_a_choice"),
    ("an id that is none", {"id": LEAK}, "id", "not_an_id"),
    ("an id as a number", {"id": 7}, "id", "not_an_id"),
    ("yes as a word", {"sure": "yes"}, "sure", "not_yes_or_no"),
    ("a group for a list", {"contacts": {"number": LEAK}}, "contacts", "not_a_list"),
    ("a text for a group", {"contacts": [LEAK]}, "contacts.0", "not_a_group"),
    ("a hole in a list", {"contacts": [{}]}, "contacts.0.number", "missing"),
    ("a list too long", {"contacts": [{"number": "1"}] * 3}, "contacts", "too_many"),
    ("a field unknown", {"surname": LEAK}, "*", "unknown_field"),
    ("a field unknown, deep", {"contacts": [{"number": "1", LEAK: 1}]}, "contacts.0.*",
     "unknown_field"),
    ("a value under a name of theirs", {"counts": {LEAK: "x"}}, "counts.*", "not_a_number"),
    ("a NUL in a text", {"text": f"{LEAK}\x00"}, "", "control_character"),
    ("a NUL in a name", {"counts": {f"{LEAK}\x00": 1}}, "", "control_character"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "field", "code"), [row[1:] for row in FIELDS], ids=[row[0] for row in FIELDS]
)
def test_a_field_that_cannot_be_right_is_named_with_its_code(
    judge: Served, body: dict[str, Any], field: str, code: str
):
    if field != "line" and not field.startswith("line"):
        body = {"line": "fine", **body}
    teams = judge.count()
    response = judge.ask(Role.AUDITOR, "POST", PATH, content=json.dumps(body), headers=JSON)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (422, "request.invalid")
    assert [(error["field"], error["code"]) for error in problem["errors"]] == [(field, code)]
    assert all(error["message"] for error in problem["errors"])
    assert "{" not in "".join(error["message"] for error in problem["errors"])
    assert LEAK not in response.text
    assert toys.handled == []
    assert judge.count() == teams


def test_a_body_of_nothing_but_faults_gets_a_brief_response(judge: Served):
    body = {"line": "fine"} | {f"x{number}": number for number in range(15_000)}
    response = judge.ask(Role.AUDITOR, "POST", PATH, json=body)
    assert (response.status_code, len(response.json()["errors"])) == (422, 50)
    assert len(response.content) < 10_000


def test_every_fault_is_told_at_once(judge: Served):
    response = judge.ask(Role.AUDITOR, "POST", PATH, json={"line": "", "amount": 0, "sure": 1})
    assert [error["field"] for error in response.json()["errors"]] == ["line", "amount", "sure"]


MALFORMED: list[tuple[str, bytes]] = [
    ("nothing", b""),
    ("a beginning", b'{"line": "x"'),
    ("an end too many", b'{"line": "x"}}'),
    ("a raw control character", b'{"line": "x\x07"}'),
    ("broken UTF-8", b'{"line": "\xc3\x28"}'),
    ("UTF-16", '{"line": "x"}'.encode("utf-16")),
    ("lists a hundred thousand deep", b"[" * 100_000),
    ("groups ten thousand deep", b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
    ("a number of five thousand digits", b'{"amount": ' + b"9" * 5000 + b"}"),
    ("single quotes", b"{'line': 'x'}"),
]


@pytest.mark.parametrize("body", [row[1] for row in MALFORMED], ids=[row[0] for row in MALFORMED])
def test_what_is_no_json_is_malformed(judge: Served, body: bytes):
    response = judge.ask(Role.AUDITOR, "POST", PATH, content=body, headers=JSON)
    assert (response.status_code, response.json()["code"]) == (400, "request.malformed")
    assert toys.handled == []


@pytest.mark.parametrize("body", [b"null", b"7", b'"x"', b"[]", b"true", b"NaN", b"[NaN]"])
def test_json_of_another_shape_is_refused(judge: Served, body: bytes):
    response = judge.ask(Role.AUDITOR, "POST", PATH, content=body, headers=JSON)
    assert response.status_code in {400, 422}
    assert toys.handled == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/xml"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/jsonx"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
def test_a_body_in_another_wrapping_is_not_taken(judge: Served, headers: dict[str, str]):
    response = judge.ask(Role.AUDITOR, "POST", PATH, content=b'{"line":"x"}', headers=headers)
    assert (response.status_code, response.json()["code"]) == (415, "request.media_type")


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON", 'application/json; charset="UTF-8"']
)
def test_json_may_say_that_it_is_utf_8(judge: Served, kind: str):
    response = judge.ask(
        Role.AUDITOR, "POST", PATH, content=b'{"line":"x"}', headers={"content-type": kind}
    )
    assert response.status_code == 200


def test_text_in_zawgyi_and_unicode_arrives_as_it_was_typed(judge: Served):
    zawgyi, decomposed = "ေက်ာ္ဝင္း", "e\u0301"
    sent = {"line": f" {zawgyi} ", "text": f"{decomposed}\r\n\tpath\u200b"}
    response = judge.ask(Role.AUDITOR, "POST", PATH, json=sent)
    assert response.json()["line"] == zawgyi
    assert response.json()["text"] == f"{decomposed}\r\n\tpath\u200b"


# ---------------------------------------------------------------------- path and query


@pytest.mark.parametrize(
    "told", [LEAK, "7", "00000000-0000-4000-8000-00000000000g", "%00", "a%0Ab"]
)
def test_an_id_in_a_path_that_is_none_is_named(judge: Served, told: str):
    response = judge.ask(Role.AUDITOR, "GET", f"/api/toys/{told}")
    errors = response.json()["errors"]
    assert (response.status_code, errors[0]["field"]) == (422, "team_id")
    assert errors[0]["code"] in {"not_an_id", "control_character"}
    assert LEAK not in response.text


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("limit=0", "limit", "too_small"),
        ("limit=101", "limit", "too_large"),
        ("limit=ten", "limit", "not_a_number"),
        ("limit=1e2", "limit", "not_a_number"),
        ("limit=", "limit", "not_a_number"),
        (f"colour={LEAK}", "colour", "not_a_choice"),
        (f"kind=red&kind={LEAK}", "kind.1", "not_a_choice"),
        ("cursor=" + "A" * 401, "cursor", "too_long"),
        (f"cursor={LEAK}", "cursor", "cursor.invalid"),
        ("cursor=%00", "cursor", "control_character"),
        ("colour=red%00", "colour", "control_character"),
        (f"color={LEAK}", "*", "unknown_field"),
        (f"{LEAK}=red", "*", "unknown_field"),
    ],
)
def test_a_parameter_that_cannot_be_right_is_named(
    judge: Served, query: str, field: str, code: str
):
    response = judge.ask(Role.AUDITOR, "GET", f"/api/toys?{query}")
    assert response.status_code == 422
    error = response.json()["errors"][0]
    assert (error["field"], error["code"]) == (field, code)
    assert LEAK not in response.text


def test_parameters_arrive_as_what_they_are(judge: Served):
    response = judge.ask(Role.AUDITOR, "GET", "/api/toys?colour=red&kind=red&kind=green&limit=1")
    assert response.status_code == 200
    assert toys.handled == ["list_toys red [<Colour.RED: 'red'>, <Colour.GREEN: 'green'>]"]


def test_parameters_without_end_are_not_read(judge: Served):
    response = judge.ask(Role.AUDITOR, "GET", "/api/toys?" + "limit=1&" * 60)
    assert (response.status_code, response.json()["code"]) == (413, "request.too_large")


# ---------------------------------------------------------------------- anything at all


@settings(max_examples=80, suppress_health_check=[*HealthCheck], deadline=None, derandomize=True)
@given(
    body=st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(
                    st.sampled_from(["line", "text", "amount", "id", "contacts", "x"]), inner
                )
            ),
            max_leaves=12,
        ).map(lambda value: json.dumps(value).encode()),
        st.text(st.sampled_from('{}[]:," \\u1d83eat\ufeff\ud83d'), max_size=60).map(
            lambda text: ('{"line":"' + text).encode(errors="surrogatepass")
        ),
    )
)
def test_no_body_makes_it_fall_over(judge: Served, body: bytes):
    response = judge.ask(Role.AUDITOR, "POST", PATH, content=body, headers=JSON)
    assert response.status_code in {200, 400, 422}
    assert response.headers["content-type"] in {"application/json", "application/problem+json"}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("\u2068+95 9 772 345 678\u2069", "+95 9 772 345 678"),
        ("\u202d09772345678\u202c", "09772345678"),
        ("\u200e\u200bTeak\ufeff", "Teak"),
        ("\ufeffမသန္တာ\u2060", "မသန္တာ"),
        ("Te\u2067ak\u2069 \U0001f33f", "Teak \U0001f33f"),
    ],
)
def test_what_a_messenger_wraps_text_in_is_taken_off_and_never_refused(judge: Served, sent, kept):
    response = judge.ask(Role.AUDITOR, "POST", PATH, json={"line": sent})
    assert response.status_code == 200
    assert response.json()["line"] == kept
