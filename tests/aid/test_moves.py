"""Where a request goes from where it stands, and what each move does to money and grants."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.aid import service
from app.aid.errors import (
    AidNotFound,
    MoveOutOfTurn,
    NotYetDue,
    ReasonMissing,
    RequestHeld,
    SamePerson,
)
from app.aid.models import Act, AidStatus
from app.aid.moves import MOVES, PlainMove
from app.cases.models import Case, CaseStatus
from app.casework.errors import CaseNotReady
from app.errors import PreconditionMissing, Stale
from app.ledger.errors import FundNotFound, FundOverdrawn
from app.ledger.reconcile import verify_ledger
from app.permissions import ROLE_PERMISSIONS
from app.store.base import new_id
from tests.support.aid_steps import a_draft, grant_emergency, open_fund

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
    """Somebody who had no part so far and whose role makes the move."""
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
    for act, move in MOVES.items():
        here = scene.another_case()
        request_id = brought_to(here, status)
        doer = doer_of(here, act.value)
        if status in move.sources:
            assert here.do(act, request_id, doer) is (move.to or status)
        else:
            # A treasurer from whom the request was taken back does not even find it.
            with pytest.raises((MoveOutOfTurn, AidNotFound)):
                here.do(act, request_id, doer)
            assert here.row(request_id).status is status
    with scene.world.work_as(scene.pays) as work:
        assert verify_ledger(work) == []


def test_every_move_can_be_made_by_some_role_and_every_status_is_reached():
    for move in MOVES.values():
        assert any(move.needs in permissions for permissions in ROLE_PERMISSIONS.values())
    reached = {move.to for move in MOVES.values()} | {AidStatus.REQUESTED, None}
    assert reached == {*AidStatus, None}
    assert {Act(plain) for plain in PlainMove} == set(MOVES) - {
        Act.APPROVE,
        Act.PAY,
        Act.CONFIRM,
    }


@pytest.mark.parametrize("act", [act for act, move in MOVES.items() if move.needs_reason])
def test_what_needs_a_reason_is_not_done_without_one(scene, act):
    status = min(MOVES[act].sources)
    request_id = brought_to(scene, status)
    with pytest.raises(ReasonMissing) as refusal:
        scene.do(act, request_id, doer_of(scene, act.value), reason=None)
    assert refusal.value.field == "reason"
    assert scene.row(request_id).status is status


def test_a_request_is_cancelled_without_a_reason_and_its_reservation_given_back(scene):
    request_id = brought_to(scene, AidStatus.APPROVED)
    assert scene.money() == (500_000, 15_000)
    scene.do("cancel", request_id, scene.asks, reason=None)
    assert scene.money() == (500_000, 0)


def test_a_reversal_brings_the_money_back(scene):
    request_id = brought_to(scene, AidStatus.PAID)
    assert scene.money() == (485_000, 0)
    scene.do("reverse", request_id, scene.pays)
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
                    service.approve(work, request, scene.fund_id)
                case "pay":
                    service.pay(work, request, service.AidNote("leaf 17"))
                case plain:
                    service.make_move(work, request, PlainMove(plain), "looked into it")
            seen.append(request.version)
        assert scene.row(request_id).version == seen[-1]
    assert seen == sorted(set(seen))


def test_every_act_stands_in_the_trail_of_the_case(scene):
    request_id = scene.ask()
    for act in ("approve", "pay", "confirm", "dispute", "reverse"):
        with scene.world.work_as(doer_of(scene, act)) as work:
            request = service.get_request(work, request_id)
            if act == "approve":
                service.approve(work, request, scene.fund_id)
            elif act == "pay":
                service.pay(work, request, service.AidNote("leaf 17"))
            elif act == "confirm":
                service.confirm(work, request, service.AidNote("seen"))
            else:
                service.make_move(work, request, PlainMove(act), "looked into it")
            assert MOVES[Act(act)].event in work.trail.actions


def test_what_is_held_is_neither_approved_nor_paid_until_another_person_releases_it(scene):
    scene.ask()
    second = scene.ask(by=scene.approves)
    with pytest.raises(RequestHeld):
        scene.do("approve", second, scene.approves_too)
    with pytest.raises(SamePerson):
        scene.do("release", second, scene.approves)
    scene.do("release", second, scene.approves_too)
    assert scene.do("approve", second, scene.approves_too) is AidStatus.APPROVED
