"""The inputs of HTTP and of what is sent again, on the whole program."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from app.http.idempotency import forget_old
from tests.inputs.road import Road
from tests.inputs.texts import Texts, nobody
from tests.support.served import Served, serve
from tests.support.world import World


@pytest.fixture
def served(world: World) -> Iterator[Served]:
    with serve(world) as served:
        yield served


def an_intake(**changes: Any) -> dict[str, Any]:
    return {
        "standing": "left",
        "identity": {"name": nobody()},
        "contact": {"channel": "phone"},
        "account": {"says": "thank you"},
        **changes,
    }


def send(served: Served, content: bytes, content_type: str = "application/json") -> Any:
    """Send an intake as its bytes."""
    token = served.sign_in(served.world.member("volunteer"))
    headers = {
        "authorization": f"Bearer {token}",
        "content-type": content_type,
        "idempotency-key": f"bytes-{abs(hash((content, content_type))):020}",
    }
    return served.client.post("/api/cases", content=content, headers=headers)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json;charset=utf8",
        "application/json; charset=UTF-8",
        'application/json; charset="utf-8"',
        "Application/JSON ; Charset=utf_8",
        "application/json; charset=us-ascii; v=2",
    ],
)
def test_an_intake_is_taken_however_its_media_type_is_spelled(served: Served, content_type: str):
    assert send(served, json.dumps(an_intake()).encode(), content_type).status_code == 201


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\xef\xbb\xbf\xef\xbb\xbf", b" \r\n"])
def test_an_intake_is_taken_behind_a_byte_order_mark(served: Served, before: bytes):
    assert send(served, before + json.dumps(an_intake()).encode()).status_code == 201


@pytest.mark.parametrize("half", ["\\ud83d", "\\uDE4F", "\\ud83d\\ud83d", "\\ude4f\\ud83d"])
def test_half_of_an_emoji_is_kept_as_the_replacement_character(served: Served, half: str):
    body = json.dumps(an_intake()).replace("thank you", f"thank you {half}")
    made = send(served, body.encode())
    assert made.status_code == 201, made.text
    shown = served.get(served.world.member("volunteer"), f"/cases/{made.json()['id']}")
    assert shown["account"]["says"] == "thank you " + "\ufffd" * len(half.split("\\")[1:])


@pytest.mark.parametrize(
    ("twice", "field"),
    [
        ('{"standing": "left", "standing": "left"', "standing"),
        ('{"identity": {"name": "A", "name": "B"}', "identity.name"),
        ('{"urgent": true, "\\u0075rgent": false', "urgent"),
    ],
)
def test_a_name_given_twice_is_named(served: Served, twice: str, field: str):
    refused = send(served, (twice + "}").encode())
    assert refused.status_code == 422
    errors = [(one["field"], one["code"]) for one in refused.json()["errors"]]
    assert (field, "given_twice") in errors


@pytest.mark.parametrize("written", ['W/"{}"', '"{}-gzip"', '"99", W/"{}"', ' "{}" ', '"{}-br"'])
def test_a_weak_entity_tag_is_the_version(served: Served, written: str):
    volunteer = served.world.member("volunteer")
    made = Texts(served).open().json()
    token = served.sign_in(volunteer)
    headers = {"authorization": f"Bearer {token}", "if-match": written.format(made["version"])}
    path = f"/api/cases/{made['id']}"
    changed = served.client.patch(path, json={"urgent": True}, headers=headers)
    assert changed.status_code == 200
    again = served.client.patch(path, json={"urgent": False}, headers=headers)
    assert (again.status_code, again.json()["code"]) == (412, "version.stale")


def test_head_is_there_where_get_is_and_says_the_same_without_a_body(served: Served):
    token = served.sign_in(served.world.member("coordinator"))
    headers = {"authorization": f"Bearer {token}"}
    for path in ("/cases", "/cases?limit=1", "/me", "/legs/watch", "/openapi.json", "/health"):
        read = served.client.get(f"/api{path}", headers=headers)
        head = served.client.head(f"/api{path}", headers=headers)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(read.content))


def test_a_cursor_is_bound_to_its_list_its_filter_and_its_member(served: Served):
    coordinator = served.world.member("coordinator")
    for _ in range(2):
        Texts(served).open()
    cursor = served.get(coordinator, "/cases?limit=1")["next"]
    assert served.ask(coordinator, "GET", f"/cases?limit=5&cursor={cursor}").status_code == 200
    for path in ("/cases?status=submitted&", "/legs?", "/alerts?", "/members?"):
        refused = served.ask(coordinator, "GET", f"{path}cursor={cursor}")
        assert refused.json()["code"] in {"cursor.invalid", "request.not_allowed"}
    other = served.world.member("coordinator", 2)
    assert served.ask(other, "GET", f"/cases?cursor={cursor}").status_code == 422


@pytest.mark.parametrize(
    ("due_at", "kept"),
    [
        ("2026-03-02T20:00:00+06:30", "2026-03-02T13:30:00Z"),
        ("2026-03-02 20:00:00Z", "2026-03-02T20:00:00Z"),
        ("2026-03-02t20:00:00.5z", "2026-03-02T20:00:00Z"),
        ("2026-03-02T20:00:00", "zone_missing"),
        ("2026-03-02T20:00", "zone_missing"),
        ("1772481600", "not_a_moment"),
    ],
)
def test_a_moment_is_kept_in_utc_and_asked_for_its_zone(served: Served, due_at: str, kept: str):
    road = Road(served)
    road.plan()
    answer = road.change(road.legs[0], "due", {"due_at": due_at})
    if answer.status_code == 200:
        assert answer.json()["due_at"] == kept
    else:
        assert [one["code"] for one in answer.json()["errors"]] == [kept]


def test_what_is_sent_again_after_days_without_a_line_is_done_once(served: Served):
    world = served.world
    coordinator, treasurer = world.member("coordinator"), world.member("treasurer")
    road = Road(served)
    road.plan()
    fund = served.post(treasurer, "/funds", {"name": "Lotus", "currency": "MMK"})
    aid = {
        "currency": "MMK",
        "items": [{"category": "food", "amount": 9_000}],
        "payee": {"name": nobody()},
    }
    acts = [
        (coordinator, f"/cases/{road.case_id}/notes", {"text": "Called back."}),
        (coordinator, f"/legs/{road.legs[0]}/check-ins", {"word": "mango tree"}),
        (coordinator, f"/legs/{road.legs[0]}/check-ins", {"word": "river stone"}),
        (treasurer, f"/funds/{fund['id']}/deposits", {"amount": 9_000, "source": "events"}),
        (coordinator, f"/cases/{road.case_id}/aid-requests", aid),
        (world.member("volunteer"), "/cases", an_intake()),
    ]
    first = [
        served.ask(who, "POST", path, body, key=f"the-act-{number}")
        for number, (who, path, body) in enumerate(acts)
    ]
    assert {answer.status_code for answer in first} == {201}
    alerts = road.alerts()
    for days in (7, 7):
        world.clock.advance(days=days)
        with world.work_as(None) as work:
            forget_old(work.session, work.today())
        for who in {who.id: who for who, *_ in acts}.values():
            served.sign_in(who)
        for number, (who, path, body) in enumerate(acts):
            turned = dict(reversed(body.items()))
            again = served.ask(who, "POST", path, turned, key=f"the-act-{number}")
            assert (again.status_code, again.content) == (201, first[number].content)
    served.sign_in(road.lead)
    assert road.alerts() == alerts
    assert len(served.get_all(coordinator, f"/cases/{road.case_id}/notes")) == 1
