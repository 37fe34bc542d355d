"""From which status a request goes to which, and what each move does to money and grants."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import pytest

from app.aid import approvals, payments, service
from app.aid.errors import (
    AidMoveRefused,
    AidNotFound,
    NotYetDue,
    ReasonMissing,
    RequestHeld,
    SamePerson,
)
from app.aid.models import AidAct, AidStatus
from app.aid.moves import EVENTS, MOVES, ManualTarget, act_of
from app.cases.models import Case, CaseStatus
from app.casework.errors import CaseNotReady
from app.casework.moves import Trigger
from app.errors import PreconditionMissing, Stale
from app.ledger.errors import FundNotFound, FundOverdrawn
from app.ledger.reconcile import verify_ledger
from app.permissions import ROLE_PERMISSIONS
from app.store.base import new_id
from tests.support.aid_steps import a_draft, grant_emergency, moves_of, open_fund, target_of

WAY_TO = {
    AidStatus.REQUESTED: (),
    AidStatus.APPROVED: ("approve",),
    AidStatus.PAID: ("approve", "pay"),
    AidStatus.CONFIRMED: ("approve", "pay", "confirm"),
    AidStatus.DISPUTED: ("approve", "pay", "dispute"),
    AidStatus.REVERSED: ("approve", "pay", "reverse"),
    AidStatus.REFUSED: ("refuse",),
    AidStatus.CANCELLED: ("cancel",),
}
"""The acts that bring a fresh request to each status."""


def doer_of(scene, act):
    """A member who did nothing with it so far and whose role makes the move."""
    return {
        "approve": scene.approves,
        "pay": scene.pays,
        "confirm": scene.approves_too,
        "refuse": scene.approves_too,
        "cancel": scene.asks,
        "dispute": scene.approves_too,
        "reverse": scene.pays_too,
        "release": scene.approves_too,
    }[act]


def brought_to(scene, status):
    request_id = scene.ask()
    for act in WAY_TO[status]:
        scene.do(act, request_id, doer_of(scene, act))
    assert scene.row(request_id).status is status
    return request_id


@pytest.mark.parametrize("status", AidStatus)
def test_from_each_status_exactly_the_moves_of_the_table_are_made(scene, status):
    for act in set(AidAct) - {AidAct.REQUEST}:
        here = scene.another_case()
        request_id = brought_to(here, status)
        doer = doer_of(here, act.value)
        move = moves_of(act).get(status)
        needed_again = (act, status) == (AidAct.APPROVE, AidStatus.APPROVED)
        if move is not None and not needed_again:
            assert here.do(act, request_id, doer) is move.target
        else:
            # A treasurer whose grant on the request ended does not even find it.
            with pytest.raises((AidMoveRefused, AidNotFound, SamePerson)):
                here.do(act, request_id, doer)
            assert here.row(request_id).status is status
    with scene.world.work_as(scene.pays) as work:
        assert verify_ledger(work) == []


def test_every_move_can_be_made_by_some_role_and_every_status_is_reached():
    for move in MOVES:
        assert any(move.needs in permissions for permissions in ROLE_PERMISSIONS.values())
    assert {move.target for move in MOVES} == set(AidStatus)
    assert {act_of(move) for move in MOVES} == set(AidAct) - {AidAct.REQUEST}


def test_what_a_client_may_move_to_is_exactly_what_the_table_calls_manual():
    manual = {move.target for move in MOVES if move.trigger is Trigger.MANUAL}
    assert set(get_args(ManualTarget)) == manual


@pytest.mark.parametrize("act", ["refuse", "dispute", "reverse"])
def test_what_needs_a_reason_is_not_done_without_one(scene, act):
    status = min(moves_of(AidAct(act)))
    request_id = brought_to(scene, status)
    with pytest.raises(ReasonMissing) as refusal:
        scene.do(act, request_id, doer_of(scene, act), reason=None)
    assert refusal.value.field == "reason"
    assert scene.row(request_id).status is status


def test_only_cancelling_needs_no_reason_of_what_is_moved_by_hand():
    triggers = {Trigger.MANUAL, Trigger.RELEASE}
    free = {act_of(m) for m in MOVES if m.trigger in triggers and not m.needs_reason}
    assert free == {AidAct.CANCEL}


@pytest.mark.parametrize("to", [AidStatus.APPROVED, AidStatus.REQUESTED])
def test_a_status_that_belongs_to_another_act_is_not_moved_to_by_hand(scene, to):
    request_id = scene.ask()
    with scene.world.work_as(scene.approves) as work, pytest.raises(AidMoveRefused):
        service.move_request(work, service.take_request(work, request_id), to, "because")


def test_a_request_is_cancelled_without_a_reason_and_its_reservation_given_back(scene):
    request_id = brought_to(scene, AidStatus.APPROVED)
    assert scene.money() == (500_000, 15_000)
    scene.do("cancel", request_id, scene.asks, reason=None)
    assert scene.money() == (500_000, 0)


def test_a_reversal_brings_the_money_back(scene):
    request_id = brought_to(scene, AidStatus.PAID)
    assert scene.money() == (485_000, 0)
    scene.do("reverse", request_id, scene.pays_too)
    assert scene.money() == (500_000, 0)


def test_a_confirmed_payment_is_taken_back_from_treasurers_and_given_again_when_disputed(scene):
    request_id = brought_to(scene, AidStatus.CONFIRMED)
    for treasurer in (scene.pays, scene.pays_too):
        with scene.world.work_as(treasurer) as work, pytest.raises(AidNotFound):
            service.get_request(work, request_id)
    scene.do("dispute", request_id, scene.asks)
    with scene.world.work_as(scene.pays) as work:
        request = service.get_request(work, request_id)
        assert work.vault.open(request.detail).note == "nothing since noon"
    assert scene.do("reverse", request_id, scene.pays_too) is AidStatus.REVERSED
    assert scene.money() == (500_000, 0)


@pytest.mark.parametrize("status", [AidStatus.REFUSED, AidStatus.CANCELLED, AidStatus.REVERSED])
def test_where_nothing_is_to_be_paid_treasurers_hold_nothing(scene, status):
    request_id = brought_to(scene, status)
    with scene.world.work_as(scene.pays) as work, pytest.raises(AidNotFound):
        service.get_request(work, request_id)
    with scene.world.work_as(scene.asks) as work:
        assert service.get_request(work, request_id).status is status


def test_a_dispute_ends_by_another_confirmation_or_by_a_reversal(scene):
    request_id = brought_to(scene, AidStatus.DISPUTED)
    assert scene.do("confirm", request_id, scene.pays_too) is AidStatus.CONFIRMED


def test_what_is_more_than_the_fund_holds_is_not_approved(scene):
    purse = open_fund(scene.world, scene.pays, 14_999)
    request_id = scene.ask()
    with pytest.raises(FundOverdrawn):
        scene.do("approve", request_id, scene.approves, fund_id=purse)
    assert scene.row(request_id).status is AidStatus.REQUESTED


def test_what_is_reserved_is_not_promised_again(scene):
    purse = open_fund(scene.world, scene.pays, 20_000)
    scene.do("approve", scene.ask(), scene.approves, fund_id=purse)
    other = scene.another_case()
    with pytest.raises(FundOverdrawn):
        other.do("approve", other.ask(), scene.approves, fund_id=purse)


@pytest.mark.parametrize("team", [1, 2])
def test_only_a_fund_of_the_cases_team_pays(scene, team):
    theirs = open_fund(scene.world, scene.world.member("treasurer", team=2), 100_000)
    fund_id = new_id() if team == 1 else theirs
    with pytest.raises(FundNotFound):
        scene.do("approve", scene.ask(), scene.approves, fund_id=fund_id)


def test_a_later_day_is_waited_for(scene):
    due = scene.world.clock.at.date() + timedelta(days=3)
    request_id = scene.ask(a_draft(not_before=due))
    scene.approve(request_id)
    scene.world.clock.advance(days=2)
    with pytest.raises(NotYetDue):
        scene.pay(request_id)
    scene.world.clock.advance(days=1)
    assert scene.pay(request_id) is AidStatus.PAID


@pytest.mark.parametrize("act", ["approve", "pay"])
def test_a_case_that_was_declined_or_closed_meanwhile_gets_nothing_more(scene, act):
    request_id = scene.ask()
    if act == "pay":
        scene.approve(request_id)
    with scene.world.work_as(None) as work:
        work.session.get_one(Case, scene.case_id).status = CaseStatus.CLOSED
        work.trail.record("case:moved", scene.case_id)
    with pytest.raises(CaseNotReady):
        scene.do(act, request_id, doer_of(scene, act))
    assert scene.do("cancel", request_id, scene.asks) is AidStatus.CANCELLED
    assert scene.money() == (500_000, 0)


def test_when_the_emergency_has_lapsed_nothing_more_is_paid(scene):
    waiting = scene.another_case(CaseStatus.SUBMITTED)
    grant_emergency(scene.world, waiting.case_id, hours=2)
    request_id = waiting.ask()
    waiting.approve(request_id)
    scene.world.clock.advance(hours=3)
    with pytest.raises(CaseNotReady):
        waiting.pay(request_id)


def test_an_act_based_on_an_older_version_is_stale_and_one_based_on_none_is_refused(scene):
    request_id = scene.ask()
    version = scene.row(request_id).version
    scene.do("approve", request_id, scene.approves, based_on=version)
    with pytest.raises(Stale) as stale:
        scene.do("pay", request_id, scene.pays, based_on=version)
    assert stale.value.current == scene.row(request_id).version
    with pytest.raises(PreconditionMissing):
        scene.do("pay", request_id, scene.pays, based_on=None)


def test_each_act_gives_the_request_a_new_version_at_once(scene):
    request_id = scene.ask()
    seen = [scene.row(request_id).version]
    for act in ("release", "approve", "pay", "dispute", "reverse"):
        with scene.world.work_as(doer_of(scene, act)) as work:
            request = service.get_request(work, request_id)
            match act:
                case "approve":
                    approvals.approve(work, request, scene.fund_id)
                case "pay":
                    payments.pay(work, request, service.AidNote("leaf 17"))
                case "release":
                    service.release_request(work, request, "looked into it")
                case manual:
                    service.move_request(work, request, target_of(AidAct(manual)), "looked into it")
            seen.append(request.version)
        assert scene.row(request_id).version == seen[-1]
    assert seen == sorted(set(seen))


def test_every_act_is_in_the_trail_of_the_case(scene):
    request_id = scene.ask()
    for act in ("approve", "pay", "confirm", "dispute", "reverse"):
        with scene.world.work_as(doer_of(scene, act)) as work:
            request = service.get_request(work, request_id)
            if act == "approve":
                approvals.approve(work, request, scene.fund_id)
            elif act == "pay":
                payments.pay(work, request, service.AidNote("leaf 17"))
            elif act == "confirm":
                payments.confirm(work, request, service.AidNote("seen"))
            else:
                service.move_request(work, request, target_of(AidAct(act)), "looked into it")
            assert EVENTS[AidAct(act)] in work.trail.actions


def test_what_is_held_is_neither_approved_nor_paid_until_another_person_releases_it(scene):
    scene.ask()
    second = scene.ask(by=scene.approves)
    with pytest.raises(RequestHeld):
        scene.do("approve", second, scene.approves_too)
    with pytest.raises(SamePerson):
        scene.do("release", second, scene.approves)
    scene.do("release", second, scene.approves_too)
    with pytest.raises(SamePerson):
        scene.do("approve", second, scene.approves_too)
    assert scene.do("approve", second, scene.pays) is AidStatus.APPROVED
