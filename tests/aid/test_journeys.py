"""The steps of the three scenarios that concern aid, at their hours.

On both databases: journey.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from app import demo
from app.aid import payments, service
from app.aid.errors import NotYetDue, RequestHeld
from app.aid.models import AidCategory, AidDetail, AidItem, AidNote, AidStatus, Payee, PaymentMeans
from app.cases.models import Case, CaseStatus
from app.ledger.reconcile import verify_ledger
from tests.support.aid_steps import KYAT, a_draft, grant_emergency

pytestmark = pytest.mark.usefixtures("world_on_both")

HOURS = {"h": 1.0, "d": 24.0}
SCENARIOS = Path(demo.__file__).parent / "scenarios"
OURS = {"emergency", "aid_request", "aid_approve", "aid_pay", "aid_confirm"}


def events_of(name: str) -> list[dict[str, Any]]:
    """The events of a scenario that concern aid, in order."""
    events = yaml.safe_load((SCENARIOS / f"{name}.yaml").read_text(encoding="utf-8"))["events"]
    return [event for event in events if event["do"] in OURS]


def move_clock(scene, beginning: datetime, at: str) -> None:
    hours = float(at[:-1]) * HOURS[at[-1]]
    scene.world.clock.at = beginning
    scene.world.clock.advance(hours=hours)


def draft_of(event: dict[str, Any]) -> service.AidDraft:
    items = tuple(
        AidItem(AidCategory(item["category"]), item["amount"] * KYAT) for item in event["items"]
    )
    urgent = event.get("urgent", False)
    return service.AidDraft("MMK", AidDetail(items, Payee("the person"), urgent=urgent))


def approve_fully(scene, request_id):
    for approver in (scene.approves, scene.approves_too):
        if scene.row(request_id).status is AidStatus.REQUESTED:
            scene.do("approve", request_id, approver)
    return scene.row(request_id).status


def pay_by(scene, request_id, means: str) -> AidStatus:
    with scene.world.work_as(scene.pays) as work:
        request = service.take_request(work, request_id)
        return payments.pay(work, request, AidNote("leaf 17", PaymentMeans(means))).status


def play(scene, events: list[dict[str, Any]], *, made: list[Any]) -> None:
    """Tell the events in order; ``made`` collects the requests, first come, first served."""
    beginning = scene.world.clock.at
    for event in events:
        move_clock(scene, beginning, event["at"])
        match event["do"]:
            case "emergency":
                grant_emergency(scene.world, scene.case_id, hours=72)
            case "aid_request":
                by = scene.asks_too if event.get("by") == "another volunteer" else scene.asks
                made.append(scene.ask(draft_of(event), by=by))
                assert scene.row(made[-1]).held is ("held" in event.get("expect", ""))
            case "aid_approve":
                assert approve_fully(scene, made[0]) is AidStatus.APPROVED
            case "aid_pay":
                approve_fully(scene, made[0])
                assert pay_by(scene, made[0], event["means"]) is AidStatus.PAID
            case "aid_confirm":
                # The courier was a treasurer who had done nothing with it.
                assert scene.do("confirm", made[0], scene.pays_too) is AidStatus.CONFIRMED
            case other:
                pytest.fail(f"no step for {other}")
    with scene.world.work_as(scene.pays) as work:
        assert verify_ledger(work) == []


def test_the_man_who_walked_is_fed_before_he_is_vetted(scene):
    walker = scene.another_case(CaseStatus.SUBMITTED)
    made: list[Any] = []
    play(walker, events_of("walker"), made=made)
    assert walker.row(made[0]).status is AidStatus.CONFIRMED
    assert walker.money() == (480_000, 0)


def test_the_second_volunteers_request_waits_while_the_first_is_paid(scene):
    made: list[Any] = []
    play(scene, events_of("watermelon"), made=made)
    first, second = made
    assert scene.row(first).status is AidStatus.PAID
    assert scene.row(second).status is AidStatus.REQUESTED
    with pytest.raises(RequestHeld):
        scene.approve(second)
    assert scene.do("refuse", second, scene.approves, reason="the same bus") is AidStatus.REFUSED
    assert scene.money() == (400_000, 0)


def test_the_family_is_paid_in_the_emergency_and_then_every_thirty_days(scene):
    family = scene.another_case(CaseStatus.SUBMITTED)
    beginning = scene.world.clock.at
    play(family, events_of("family"), made=[])
    assert family.money() == (410_000, 0)
    with scene.world.work_as(None) as work:
        work.session.get_one(Case, family.case_id).status = CaseStatus.ACTIVE
        work.trail.record("case:moved", family.case_id)

    move_clock(family, beginning, "15d")
    stipend = family.ask_all(a_draft(200_000, repeat=service.Repeat(30, 3)))
    assert approve_fully(family, stipend[0]) is AidStatus.APPROVED
    assert family.pay(stipend[0]) is AidStatus.PAID
    assert approve_fully(family, stipend[1]) is AidStatus.APPROVED
    with pytest.raises(NotYetDue):
        family.pay(stipend[1])
    move_clock(family, beginning, "45d")
    assert family.pay(stipend[1]) is AidStatus.PAID
    assert family.money() == (10_000, 0)
