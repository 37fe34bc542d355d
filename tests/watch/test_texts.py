"""A duress word alarms in whatever text it is written, done or refused, and nobody sees that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.alerts.models import AlertKind
from app.alerts.service import list_alerts
from app.main import create_app
from app.permissions import Role
from app.store.base import new_id
from tests.support.relocation_client import RelocationClient
from tests.support.relocation_steps import Journey, levels_of, words_of
from tests.watch.test_check_ins import Statements, a_leg_and_its_escort, added, shape

DURESS = "They say I must write that all is well. Monsoon, you see."
CALM = "They say I must write that all is well. Umbrella, you see"

WRITTEN: list[tuple[str, str, dict[str, Any], bool]] = [
    ("/legs/{leg}/moves", "reason", {"to": "ready"}, True),
    ("/legs/{leg}/due", "reason", {"due_at": "2026-03-02T20:00:00Z"}, True),
    ("/legs/{leg}/acknowledgements", "note", {"what": "late"}, False),
    ("/plans/{plan}/moves", "reason", {"to": "abandoned"}, True),
    ("/cases/{case}/notes", "text", {}, False),
    ("/cases/{case}/emergency", "reason", {"hours": 24}, True),
]
"""Where a text is written: the address, the field, what else is sent, and whether by a version."""


@pytest.fixture
def journey(world) -> Journey:
    journey = Journey(world, world.open_case())
    journey.declare_emergency()
    return journey


@pytest.fixture
def api(world) -> Iterator[RelocationClient]:
    with TestClient(create_app(world.deployment), raise_server_exceptions=False) as client:
        yield RelocationClient(world, client)


@pytest.fixture
def leg(journey):
    leg, _ = journey.open_plan(journey.leg("vehicle", 6, 2), journey.leg("arrival", 20, 4))
    journey.escort(leg, journey.volunteer(2))
    return leg


def alarms(journey) -> int:
    """How many alerts tell the leads of a duress word."""
    with journey.world.work_as(journey.world.member(Role.LEAD)) as work:
        found = list_alerts(work, limit=50)
    return sum(
        one.notice is not None and one.notice.kind is AlertKind.DURESS_AT_CHECK_IN for one in found
    )


def path_of(journey, leg, path) -> str:
    plan = journey.details().plan.id
    return path.format(leg=leg, plan=plan, case=journey.case_id)


def version_of(api, journey, leg, path) -> int:
    read = f"/legs/{leg}"
    if "{case}" in path:
        read = f"/cases/{journey.case_id}"
    elif "{plan}" in path:
        read = f"/cases/{journey.case_id}/plan"
    return api.get(journey.coordinator, read).json()["version"]


def write(api, journey, leg, where, text):
    path, field, more, based = where
    version = version_of(api, journey, leg, path) if based else None
    body = {field: text, **more}
    return api.post(journey.coordinator, path_of(journey, leg, path), body, version=version)


@pytest.mark.parametrize("where", WRITTEN, ids=[one[0] for one in WRITTEN])
def test_a_duress_word_in_a_text_alarms_and_is_first_on_the_watch(api, journey, leg, where):
    journey.at(6.5)
    journey.escalate()
    assert write(api, journey, leg, where, CALM).status_code < 300 or "notes" not in where[0]
    assert alarms(journey) == 0
    write(api, journey, leg, where, DURESS)
    assert alarms(journey) == 1
    first = api.get(journey.coordinator, "/legs/watch").json()["items"][0]
    assert first["duress"]


@pytest.mark.parametrize("where", WRITTEN, ids=[one[0] for one in WRITTEN])
def test_whatever_a_text_says_the_same_rows_are_written_and_the_same_is_answered(
    new_world, where, monkeypatch
):
    monkeypatch.setattr("app.relocation.legs.make_phrase", lambda: "ant bee cat")
    seen = {}
    for text in (CALM, DURESS):
        journey, leg = a_leg_and_its_escort(new_world)
        journey.at(6.5)
        journey.escalate()
        with TestClient(create_app(journey.world.deployment)) as client:
            api = RelocationClient(journey.world, client)
            version = version_of(api, journey, leg, where[0])
            path, field, more, based = where
            address = path_of(journey, leg, path)
            before = shape(journey.world)
            with Statements(journey.world.deployment.engine) as statements:
                answer = api.post(
                    journey.coordinator,
                    address,
                    {field: text[:57], **more},
                    version=version if based else None,
                    key="the-same-key",
                )
            assert answer.status_code < 300, answer.text
            names = sorted(answer.json())
            grown = added(before, shape(journey.world))
            seen[text] = answer.status_code, names, len(answer.content), grown, sorted(statements)
    assert seen[CALM] == seen[DURESS]
    assert {"check_ins", "alerts", "plans"} <= seen[DURESS][3].keys()


HOUSEHOLD = {"relatives": [{"relation": "sister", "name": "Monsoon! she said"}]}
LEG = {"kind": "boat", "place": "ferry; monsoon", "instructions": "Wait.", "grace_minutes": 60}
AID = {"currency": "MMK", "items": [{"category": "food", "amount": 9000, "note": "MON SOON, rice"}]}

FIELDS: list[tuple[str, str, dict[str, Any], int]] = [
    ("PATCH", "/cases/{case}", {"account": {"says": "All well.", "needs": ["a monsoon"]}}, 200),
    ("PATCH", "/cases/{case}", {"papers": {"unit": "ｍｏｎｓｏｏｎ"}}, 200),
    ("PATCH", "/cases/{case}", {"household": HOUSEHOLD}, 200),
    ("PATCH", "/cases/{case}", {"contact": {"safe_times": DURESS}}, 200),
    ("PATCH", "/cases/{case}", {"unheard_of": {"says": [{"deep": "monsoon"}]}}, 422),
    ("POST", "/cases/{case}/consents", {"purpose": "casework", "how": "monsoon"}, 201),
    ("POST", "/cases/{case}/aid-requests", AID, 422),
    ("POST", "/plans/{plan}/legs", {"legs": [{**LEG, "due_at": "2026-03-04T20:00:00Z"}]}, 201),
    ("POST", "/legs/{leg}/check-ins", {"word": "mon\u200bsoon", "at": "yesterday"}, 201),
    ("POST", "/legs/{leg}/check-ins", {"wort": "Monsoon"}, 201),
    ("POST", "/legs/{leg}/check-ins", {"monsoon": 1}, 201),
    ("POST", "/legs/{leg}/check-ins", {"id": "monsoon"}, 201),
    ("POST", "/legs/{leg}/check-ins", {"word": ["tamarind", "monsoon"]}, 201),
    ("POST", "/legs/{leg}/check-ins", {"next_sign_at": "after the monsoon"}, 201),
    ("POST", "/legs/{leg}/check-ins", ["monsoon"], 422),
    ("POST", "/legs/{leg}/moves", {"to": "monsoon"}, 428),
    ("POST", "/legs/{leg}/moves", {"to": "departed", "at": "monsoon"}, 428),
    ("POST", "/cases/{case}/check-ins", {"word": "x" * 9_000 + " monsoon"}, 201),
]
"""Other places in which somebody may write a duress word: method, address, body and status."""


def test_a_duress_word_alarms_in_every_field_of_the_record_of_money_and_of_legs(api, journey, leg):
    seen = []
    for method, path, body, _ in FIELDS:
        before = alarms(journey)
        headers = api._headers(journey.coordinator) | {"idempotency-key": f"field-{len(seen):08}"}
        if method == "PATCH":
            headers["if-match"] = f'"{version_of(api, journey, leg, path)}"'
        address = f"/api{path_of(journey, leg, path)}"
        answer = api.client.request(method, address, headers=headers, json=body)
        seen.append((path, answer.status_code, alarms(journey) - before))
    assert seen == [(path, status, 1) for _, path, _, status in FIELDS]


def test_choices_are_no_texts_and_the_request_that_agrees_on_words_does_not_alarm(api, journey):
    journey.open_plan(journey.leg("boat", 6, 2), safe_word="tamarind", duress_word="boat")
    plan = journey.details().plan
    headers = api._headers(journey.coordinator)
    body = {"legs": [{**LEG, "place": "ferry", "due_at": "2026-03-04T20:00:00Z"}]}
    added_legs = api.post(journey.coordinator, f"/plans/{plan.id}/legs", body)
    assert added_legs.status_code == 201, added_legs.text
    told = api.client.post(
        f"/api/plans/{plan.id}/words",
        headers=headers | {"if-match": f'"{journey.details().plan.version}"'},
        json={"safe_word": "tea cup", "duress_word": "boat"},
    )
    assert told.status_code == 200, told.text
    assert alarms(journey) == 0


def refused(api, journey, leg, text, how) -> int:
    """Send a text with a request that cannot be done; returns the status."""
    who, path = journey.volunteer(2), f"/legs/{leg}/moves"
    headers = api._headers(who)
    if how == "no version":
        return api.client.post(f"/api{path}", headers=headers, json={"reason": text}).status_code
    if how == "no JSON":
        headers |= {"if-match": '"1"', "content-type": "application/json"}
        body = ('{"to": "arrived", "reason": "' + text).encode()
        return api.client.post(f"/api{path}", headers=headers, content=body).status_code
    if how == "taken from its escort":
        journey.escort(leg, None)
    if how == "over":
        journey.move(leg, "aborted")
    body = {
        "too long": {"to": "ready", "reason": text + "x" * 600},
        "no such move": {"to": "arrived", "reason": text},
    }.get(how, {"to": "departed", "reason": text})
    version = 99 if how == "stale" else journey.read(leg).leg.version
    return api.post(who, path, body, version=version).status_code


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ("no version", 428),
        ("no JSON", 400),
        ("too long", 422),
        ("no such move", 409),
        ("over", 200),
        ("stale", 412),
        ("taken from its escort", 200),
    ],
)
def test_a_duress_word_with_what_is_refused_or_moves_nothing_alarms_all_the_same(
    api, journey, leg, how, status
):
    before = shape(journey.world)
    assert refused(api, journey, leg, DURESS, how) == status
    assert alarms(journey) == 1
    assert journey.watch()[0].duress
    assert "check_ins" in added(before, shape(journey.world))


def test_a_text_of_who_does_not_hear_the_journey_writes_nothing(api, journey, leg):
    stranger = journey.world.member(Role.VOLUNTEER, team=2)
    for path in (f"/legs/{leg}/moves", f"/legs/{new_id()}/moves"):
        before = shape(journey.world)
        assert api.post(stranger, path, {"to": "ready", "reason": DURESS}, version=1).is_error
        assert {"check_ins", "alerts"}.isdisjoint(added(before, shape(journey.world)))


def test_a_safe_word_in_a_text_is_no_contact_and_no_text_is_a_check_in(api, journey, leg):
    journey.at(9)
    journey.escalate()
    note = api.post(journey.coordinator, f"/cases/{journey.case_id}/notes", {"text": "tamarind"})
    assert note.status_code == 201, note.text
    found = journey.read(leg)
    assert words_of(found) == []
    assert levels_of(found) == ["late", "overdue"]
    assert found.progress.last_contact_at is None


def test_a_text_that_is_sent_again_under_its_key_alarms_once(api, journey, leg):
    path, body = f"/cases/{journey.case_id}/notes", {"text": DURESS}
    first = api.post(journey.coordinator, path, body, key="sent-twice")
    again = api.post(journey.coordinator, path, body, key="sent-twice")
    assert first.json() == again.json()
    assert alarms(journey) == 1


def test_a_duress_word_under_a_key_that_was_used_for_another_text_alarms(api, journey, leg):
    path = f"/cases/{journey.case_id}/notes"
    assert api.post(journey.coordinator, path, {"text": CALM}, key="used-before").is_success
    assert api.post(journey.coordinator, path, {"text": DURESS}, key="used-before").is_error
    assert alarms(journey) == 1
