"""Aid and funds as a client meets them."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.aid.models import AidRequest, AidStatus
from app.aid.moves import MOVES
from app.ledger.models import JournalEntry
from app.store.base import new_id
from tests.support.aid_client import serve
from tests.support.aid_steps import open_fund

FOOD = {"category": "food", "amount": 15_000_00}
ASKED = {
    "currency": "MMK",
    "items": [FOOD, {"category": "phone", "amount": 5_000_00, "note": "credit"}],
    "payee": {"name": "Daw Khin Mar Oo", "phone": "09 771 234 567"},
    "means": "mobile_wallet",
    "urgent": True,
}


@pytest.fixture
def asked(scene):
    with serve(scene.world) as serving:
        yield serving


def ask(asked, scene, who=None, **changes):
    answer = asked.post(who or scene.asks, f"/cases/{scene.case_id}/aid-requests", ASKED | changes)
    assert answer.status_code == HTTPStatus.CREATED, answer.text
    return answer.json()["items"][0]


def test_a_request_goes_from_asking_to_a_receipt(scene, asked):
    made = ask(asked, scene)
    assert (made["status"], made["total"], made["version"]) == ("requested", 2_000_000, 1)
    where = f"/aid-requests/{made['id']}"

    fund = {"fund_id": str(scene.fund_id)}
    approved = asked.post(scene.approves, f"{where}/approvals", fund, based_on=1)
    assert (approved.status_code, approved.json()["status"]) == (200, "approved")

    paid = asked.post(
        scene.pays,
        f"{where}/payments",
        {"means": "mobile_wallet", "reference": "leaf 17"},
        based_on=approved.json()["version"],
    )
    assert (paid.status_code, paid.json()["status"]) == (200, "paid")
    assert paid.headers["etag"] == f'"{paid.json()["version"]}"'

    confirmed = asked.post(
        scene.approves_too,
        f"{where}/confirmations",
        {"receipt": "counted together"},
        based_on=paid.json()["version"],
    )
    assert confirmed.json()["status"] == "confirmed"
    steps = asked.get(scene.asks, where).json()["steps"]
    assert {(step["act"], step["text"]) for step in steps} == {
        ("request", None),
        ("approve", None),
        ("pay", "leaf 17"),
        ("confirm", "counted together"),
    }
    funds = asked.get(scene.pays, "/funds").json()["items"]
    assert [(fund["balance"], fund["reserved"]) for fund in funds] == [(48_000_000, 0)]


def test_a_list_shows_how_urgent_and_what_for_and_only_the_full_request_shows_who(scene, asked):
    made = ask(asked, scene)
    listed = asked.get(scene.approves, "/aid-requests", status="requested").json()["items"]
    assert [(one["id"], one["urgent"], one["categories"]) for one in listed] == [
        (made["id"], True, ["food", "phone"])
    ]
    assert "payee" not in listed[0]
    read = asked.get(scene.approves, f"/aid-requests/{made['id']}")
    assert read.json()["payee"]["name"] == "Daw Khin Mar Oo"
    assert read.headers["etag"] == '"1"'


def test_a_payment_sent_twice_under_one_key_is_answered_twice_and_made_once(scene, asked):
    made = ask(asked, scene)
    where = f"/aid-requests/{made['id']}"
    fund = {"fund_id": str(scene.fund_id)}
    version = asked.post(scene.approves, f"{where}/approvals", fund, based_on=1).json()["version"]
    body = {"means": "bank", "reference": "leaf 17"}
    answers = [
        asked.post(scene.pays, f"{where}/payments", body, based_on=version, key="once-only-1")
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    stale = asked.post(scene.pays_too, f"{where}/payments", body, based_on=version)
    assert (stale.status_code, stale.json()["code"]) == (412, "version.stale")
    with scene.world.deployment.sessions() as session:
        payments = select(func.count()).where(JournalEntry.pays.is_not(None))
        assert session.scalars(payments).one() == 1


def test_a_payment_needs_both_the_version_and_a_key(scene, asked):
    made = ask(asked, scene)
    where, body = f"/aid-requests/{made['id']}/payments", {"means": "bank", "reference": "x"}
    no_version = asked.post(scene.pays, where, body)
    assert (no_version.status_code, no_version.json()["code"]) == (428, "precondition.missing")
    no_key = asked.post(scene.pays, where, body, based_on=1, key=None)
    assert (no_key.status_code, no_key.json()["code"]) == (422, "idempotency.key_missing")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"items": []}, "items"),
        ({"items": [FOOD] * 21}, "items"),
        ({"items": [FOOD | {"amount": 0}]}, "items.0.amount"),
        ({"items": [FOOD | {"amount": -1}]}, "items.0.amount"),
        ({"items": [FOOD | {"amount": 15000.5}]}, "items.0.amount"),
        ({"items": [FOOD | {"amount": "15000"}]}, "items.0.amount"),
        ({"items": [FOOD | {"amount": 10**12 + 1}]}, "items.0.amount"),
        ({"items": [FOOD | {"category": "luxuries"}]}, "items.0.category"),
        ({"items": [FOOD | {"price": 1}]}, "items.0.*"),
        ({"currency": "kyat"}, "currency"),
        ({"currency": "XAU"}, "currency"),
        ({"means": "carrier pigeon"}, "means"),
        ({"payee": {"name": "bell \u0007"}}, "payee.name"),
        ({"payee": {"name": ""}}, "payee.name"),
        ({"note": "n" * 10_001}, "note"),
        ({"not_before": "soon"}, "not_before"),
        ({"not_before": "9999-12-31"}, "not_before"),
        ({"repeat": {"every_days": 1, "times": 3}}, "repeat.every_days"),
        ({"repeat": {"every_days": 30, "times": 13}}, "repeat.times"),
        ({"id": "seventeen"}, "id"),
        ({"surprise": "mine"}, "*"),
    ],
)
def test_bad_input_is_named_by_field_and_writes_nothing(scene, asked, changes, field):
    answer = asked.post(scene.asks, f"/cases/{scene.case_id}/aid-requests", ASKED | changes)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    problem = answer.json()
    assert field in {problem.get("field"), *(fault["field"] for fault in problem.get("errors", []))}
    for secret in ("carrier pigeon", "luxuries", "seventeen", "XAU"):
        assert secret not in answer.text
    with scene.world.deployment.sessions() as session:
        assert session.scalars(select(func.count()).select_from(AidRequest)).one() == 0


def test_a_stipend_is_requested_at_once(scene, asked):
    answer = asked.post(
        scene.asks,
        f"/cases/{scene.case_id}/aid-requests",
        {
            "currency": "MMK",
            "items": [{"category": "stipend", "amount": 200_000_00}],
            "payee": {"name": "Daw Khin Mar Oo"},
            "not_before": "2026-03-17",
            "repeat": {"every_days": 30, "times": 3},
        },
    )
    items = answer.json()["items"]
    assert [one["due_on"] for one in items] == ["2026-03-17", "2026-04-16", "2026-05-16"]
    assert {one["sum_class"] for one in items} == {"large"}


def test_a_refusal_has_a_stable_code_and_says_what_to_do(scene, asked):
    made = ask(asked, scene, who=scene.approves)
    fund = {"fund_id": str(scene.fund_id)}
    where = f"/aid-requests/{made['id']}/approvals"
    own = asked.post(scene.approves, where, fund, based_on=1)
    assert (own.status_code, own.json()["code"]) == (403, "aid.same_person")
    poor = {"fund_id": str(open_fund(scene.world, scene.pays, 1))}
    overdrawn = asked.post(scene.approves_too, where, poor, based_on=1)
    assert (overdrawn.status_code, overdrawn.json()["code"]) == (409, "fund.overdrawn")
    unknown = asked.post(scene.approves_too, where, {"fund_id": str(new_id())}, based_on=1)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "fund.not_found")


def test_moves_are_requested_by_status_and_need_their_reason(scene, asked):
    made = ask(asked, scene)
    where = f"/aid-requests/{made['id']}/moves"
    silent = asked.post(scene.approves, where, {"to": "refused"}, based_on=1)
    assert (silent.status_code, silent.json()["code"]) == (422, "aid.reason_missing")
    not_plain = asked.post(scene.approves, where, {"to": "approved"}, based_on=1)
    assert not_plain.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    not_hers = asked.post(scene.asks, where, {"to": "refused", "reason": "no"}, based_on=1)
    assert (not_hers.status_code, not_hers.json()["code"]) == (403, "aid.move_not_allowed")
    refused = asked.post(
        scene.approves, where, {"to": "refused", "reason": "asked twice"}, based_on=1
    )
    assert (refused.json()["status"], refused.json()["version"]) == ("refused", 2)


def test_a_second_request_is_shown_held_until_it_is_released(scene, asked):
    ask(asked, scene)
    second = ask(asked, scene, who=scene.asks_too)
    assert second["held"]
    where = f"/aid-requests/{second['id']}"
    fund = {"fund_id": str(scene.fund_id)}
    held = asked.post(scene.approves, f"{where}/approvals", fund, based_on=1)
    assert (held.status_code, held.json()["code"]) == (409, "aid.held")
    reason = {"reason": "the first was for food, this is for the bus"}
    assert asked.post(scene.approves, f"{where}/release", {}, based_on=1).status_code == 422
    released = asked.post(scene.approves, f"{where}/release", reason, based_on=1).json()
    assert not released["held"]
    own = asked.post(scene.approves, f"{where}/approvals", fund, based_on=released["version"])
    assert (own.status_code, own.json()["code"]) == (403, "aid.same_person")
    approved = asked.post(
        scene.approves_too, f"{where}/approvals", fund, based_on=released["version"]
    )
    assert approved.json()["status"] == "approved"


def test_a_request_is_handed_to_the_one_who_brings_the_money(scene, asked):
    made = ask(asked, scene)
    where = f"/aid-requests/{made['id']}"
    assert asked.get(scene.asks_too, where).status_code == HTTPStatus.NOT_FOUND
    given = asked.post(scene.approves, f"{where}/hand-overs", {"to": str(scene.asks_too.id)})
    assert given.status_code == HTTPStatus.OK
    assert asked.get(scene.asks_too, where).json()["note"] is None
    outsider = {"to": str(scene.world.member("volunteer", team=2).id)}
    refused = asked.post(scene.approves, f"{where}/hand-overs", outsider)
    assert refused.json()["code"] == "aid.member_not_eligible"


def test_the_rules_are_served_as_they_are_applied(scene, asked):
    rules = asked.get(scene.asks, "/aid/moves").json()
    assert len(rules["moves"]) == len(list(MOVES))
    approve = next(row for row in rules["moves"] if row["trigger"] == "approval")
    assert approve == {
        "source": "requested",
        "target": "approved",
        "needs": "aid:approve",
        "trigger": "approval",
        "barred": ["approve", "confirm", "pay", "release", "request"],
        "needs_reason": False,
    }
    kyat = next(one for one in rules["currencies"] if one["currency"] == "MMK")
    assert kyat["minor_digits"] == 2
    assert [(one["above"], one["people"]) for one in kyat["tiers"]] == [
        (0, 3), (1_000_000, 4), (5_000_000, 5),
    ]  # fmt: skip
    assert rules["window_days"] == 7


@pytest.mark.usefixtures("world_on_both")
def test_a_treasurer_opens_a_fund_takes_money_in_and_reverses_a_mistake(scene, asked):
    """On both databases: journey."""
    proposed = str(new_id())
    opened = asked.post(
        scene.pays, "/funds", {"id": proposed, "name": "Jasmine", "currency": "THB"}
    )
    assert opened.status_code == HTTPStatus.CREATED
    assert opened.json()["id"] == proposed
    deposit = {"amount": 70_000, "source": "events"}
    booked = asked.post(scene.pays, f"/funds/{proposed}/deposits", deposit).json()
    assert {(line["account"], line["amount"]) for line in booked["lines"]} == {
        ("cash", 70_000),
        ("events", -70_000),
    }
    undo = f"/funds/{proposed}/entries/{booked['id']}/reversals"
    assert asked.post(scene.pays, undo, None).json()["reverses"] == booked["id"]
    again = asked.post(scene.pays, undo, None)
    assert (again.status_code, again.json()["code"]) == (409, "fund.entry_reversed")
    entries = asked.get(scene.pays, f"/funds/{proposed}/entries", limit=1).json()
    rest = asked.get(scene.pays, f"/funds/{proposed}/entries", cursor=entries["next"]).json()
    assert len(entries["items"] + rest["items"]) == 2
    assert rest["next"] is None


def test_an_auditor_reads_balances_and_proofs_and_no_name(scene, asked):
    made = ask(asked, scene)
    scene.approve(UUID(made["id"]))
    scene.pay(UUID(made["id"]))
    auditor = scene.world.member("auditor")
    funds = asked.get(auditor, "/funds").json()["items"]
    assert [(fund["name"], fund["balance"]) for fund in funds] == [(None, 48_000_000)]
    entries = asked.get(auditor, f"/funds/{scene.fund_id}/entries").json()["items"]
    assert [entry["request_id"] for entry in entries] == [None, None]
    assert asked.get(auditor, "/ledger/findings").json() == {"findings": []}
    for path in ("/aid-requests", f"/aid-requests/{made['id']}", "/aid/moves"):
        assert asked.get(auditor, path).json()["code"] == "permission.denied"


def test_a_broken_ledger_is_reported_by_law_and_row(scene, asked):
    request_id = scene.ask()
    with scene.world.work_as(None) as work:
        work.session.get_one(AidRequest, request_id).status = AidStatus.PAID
        work.trail.record("test:tampered", scene.case_id)
    found = asked.get(scene.world.member("auditor"), "/ledger/findings").json()["findings"]
    assert found == [{"code": "request.payment", "about": str(request_id)}]


@pytest.mark.parametrize("role", ["vetter", "registrar", "administrator"])
def test_who_has_no_part_in_aid_is_stopped_at_the_gate(scene, asked, role):
    person = scene.world.member(role)
    for path in ("/aid-requests", "/funds", "/aid/moves"):
        assert asked.get(person, path).json()["code"] == "permission.denied"


def test_another_teams_people_find_neither_the_request_nor_the_fund(scene, asked):
    made = ask(asked, scene)
    stranger = scene.world.member("treasurer", team=2)
    assert asked.get(stranger, f"/aid-requests/{made['id']}").json()["code"] == "aid.not_found"
    assert asked.get(stranger, "/aid-requests").json()["items"] == []
    assert asked.get(stranger, "/funds").json()["items"] == []
    entries = asked.get(stranger, f"/funds/{scene.fund_id}/entries")
    assert entries.json()["code"] == "fund.not_found"


@pytest.mark.usefixtures("world_on_both")
def test_requests_are_paged_by_cursor(scene, asked):
    """On both databases: paging."""
    for _ in range(3):
        ask(asked, scene)
    first = asked.get(scene.asks, "/aid-requests", limit=2).json()
    second = asked.get(scene.asks, "/aid-requests", limit=2, cursor=first["next"]).json()
    seen = [one["id"] for one in first["items"] + second["items"]]
    assert len(set(seen)) == 3
    assert second["next"] is None
    assert asked.get(scene.asks, "/aid-requests", status="lost").status_code == 422
