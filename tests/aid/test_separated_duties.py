"""Requester, approvers, payer and confirmer are different people, whatever their roles allow."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from app.aid.errors import AidMoveNotPermitted, OtherFund, SamePerson
from app.aid.models import AidAct, AidStatus, AidStep
from app.aid.moves import MOVES, act_of, barred_by
from app.ledger.currencies import MINOR_DIGITS
from app.ledger.errors import OtherCurrency
from app.presets import MIDDLE_IN_SMALL, PRESETS, Preset, SumClass, class_of
from app.store.base import new_id
from tests.support.aid_steps import KYAT, a_draft, open_fund

OWN_DUTIES = [
    (("request",), "approve"),
    (("request",), "release"),
    (("request",), "refuse"),
    (("request", "pay"), "confirm"),
    (("approve",), "approve"),
    (("approve",), "release"),
    (("pay",), "reverse"),
    (("approve",), "pay"),
    (("approve", "pay"), "confirm"),
    (("pay",), "confirm"),
]


@pytest.mark.parametrize(("before", "act"), OWN_DUTIES)
def test_who_had_one_duty_is_refused_the_other(scene, before, act):
    """``before``: whose duty it was, and what then has to happen before ``act`` is due."""
    first = before[0]
    needs_two = act in {"approve", "release"} and first == "approve"
    draft = a_draft(60_000 if needs_two else 15_000)
    doer = {"request": scene.approves, "approve": scene.pays, "pay": scene.pays}[first]
    request_id = scene.ask(draft, by=doer if first == "request" else None)
    if first != "request" or "pay" in before:
        scene.do("approve", request_id, doer if first == "approve" else scene.approves_too)
    if first == "pay" or "pay" in before:
        scene.do("pay", request_id, doer if first == "pay" else scene.pays_too)
    status = scene.row(request_id).status
    with pytest.raises(SamePerson):
        scene.do(act, request_id, doer)
    assert scene.row(request_id).status is status


def test_the_same_acts_by_different_people_go_through(scene):
    request_id = scene.ask()
    assert scene.do("approve", request_id, scene.approves) is AidStatus.APPROVED
    assert scene.do("pay", request_id, scene.pays) is AidStatus.PAID
    assert scene.do("confirm", request_id, scene.approves_too) is AidStatus.CONFIRMED


@pytest.mark.usefixtures("world_on_both")
def test_the_database_refuses_a_second_duty_even_where_the_service_is_passed_by(scene):
    """On both databases: race."""
    request_id = scene.ask()
    engine = scene.world.deployment.engine
    row = {
        "case_id": scene.case_id,
        "request_id": request_id,
        "member_id": scene.asks.id,
        "taken_on": scene.world.clock.at.date(),
        "row_mac": bytes(16),
        "signature": bytes(64),
        "version": 1,
    }
    with engine.begin() as connection:
        connection.execute(insert(AidStep).values(id=new_id(), act=AidAct.CANCEL, **row))
    for duty in (AidAct.REQUEST, AidAct.APPROVE, AidAct.PAY):
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(insert(AidStep).values(id=new_id(), act=duty, **row))


@pytest.mark.parametrize("preset", Preset)
@pytest.mark.parametrize("amount", SumClass)
def test_in_no_group_one_person_asks_and_pays_or_pays_and_confirms(preset, amount):
    quorum = PRESETS[preset].money[amount]
    barred = {act_of(move): barred_by(quorum, move) for move in MOVES}
    assert barred[AidAct.PAY] >= {AidAct.REQUEST, AidAct.PAY, AidAct.CONFIRM}
    assert barred[AidAct.APPROVE] >= {AidAct.REQUEST, AidAct.APPROVE, AidAct.PAY, AidAct.RELEASE}
    assert barred[AidAct.CONFIRM] >= {AidAct.PAY}
    assert barred[AidAct.RELEASE] >= {AidAct.APPROVE}
    assert (AidAct.APPROVE in barred[AidAct.PAY]) is not quorum.paid_by_approver
    apart = {AidAct.REQUEST, AidAct.APPROVE} <= barred[AidAct.CONFIRM]
    assert apart is quorum.confirmed_apart


def test_up_to_50_000_kyat_one_approves_and_above_two_must(scene):
    small = scene.ask(a_draft(50_000))
    assert scene.do("approve", small, scene.approves) is AidStatus.APPROVED
    large = scene.another_case()
    request_id = large.ask(a_draft(50_001))
    assert large.do("approve", request_id, scene.approves) is AidStatus.REQUESTED
    assert scene.money() == (500_000, 50_000)
    assert large.do("approve", request_id, scene.pays) is AidStatus.APPROVED
    assert scene.money() == (500_000, 100_001)
    assert large.do("pay", request_id, scene.pays_too) is AidStatus.PAID


@pytest.mark.parametrize("preset", Preset)
def test_in_every_preset_more_money_takes_no_fewer_people(preset):
    people = [PRESETS[preset].money[amount].people for amount in SumClass]
    assert people == sorted(people)
    assert people == {"small": [2, 3, 4], "dozen": [3, 4, 5], "large": [3, 4, 5]}[preset]


@given(st.integers(1, 10**12), st.integers(1, 10**13))
def test_the_classes_of_sums_meet_without_a_gap(small_sum, total):
    found = class_of(total, small_sum)
    assert (found is SumClass.SMALL) is (total <= small_sum)
    assert (found is SumClass.LARGE) is (total > MIDDLE_IN_SMALL * small_sum)


def set_preset(scene, preset):
    chosen = replace(scene.world.deployment.organisation_settings, preset=preset)
    scene.world.deployment.__dict__["_chosen"] = chosen


def test_in_a_small_group_two_people_are_enough_for_a_small_sum(scene):
    set_preset(scene, Preset.SMALL)
    request_id = scene.ask(a_draft(10_000))
    scene.do("approve", request_id, scene.pays)
    assert scene.do("pay", request_id, scene.pays) is AidStatus.PAID
    assert scene.do("confirm", request_id, scene.asks) is AidStatus.CONFIRMED
    middle = scene.another_case().ask(a_draft(10_001))
    scene.do("approve", middle, scene.pays)
    with pytest.raises(SamePerson):
        scene.do("pay", middle, scene.pays)
    assert scene.do("pay", middle, scene.pays_too) is AidStatus.PAID


@pytest.mark.parametrize("preset", [Preset.SMALL, Preset.LARGE])
def test_a_large_sum_needs_a_lead_among_its_approvers(scene, preset):
    set_preset(scene, preset)
    request_id = scene.ask(a_draft(50_001))
    scene.do("approve", request_id, scene.approves)
    assert scene.do("approve", request_id, scene.approves_too) is AidStatus.REQUESTED
    lead = scene.world.member("lead")
    assert scene.do("approve", request_id, lead) is AidStatus.APPROVED


def test_the_second_approver_cannot_turn_to_another_fund(scene):
    request_id = scene.ask(a_draft(60_000))
    scene.approve(request_id)
    other = open_fund(scene.world, scene.pays, 100_000)
    with pytest.raises(OtherFund):
        scene.do("approve", request_id, scene.approves_too, fund_id=other)


def test_a_request_is_not_approved_out_of_a_fund_in_another_currency(scene):
    baht = open_fund(scene.world, scene.pays, 100_000, "THB")
    with pytest.raises(OtherCurrency):
        scene.do("approve", scene.ask(), scene.approves, fund_id=baht)


def test_roles_keep_to_their_moves(scene):
    request_id = scene.ask()
    with pytest.raises(AidMoveNotPermitted):
        scene.do("approve", request_id, scene.asks)
    scene.approve(request_id)
    with pytest.raises(AidMoveNotPermitted):
        scene.do("pay", request_id, scene.approves_too)
    with pytest.raises(AidMoveNotPermitted):
        scene.do("cancel", request_id, scene.pays)


def test_each_act_is_kept_with_its_doer_and_its_words_sealed(scene):
    request_id = scene.paid()
    scene.do("confirm", request_id, scene.approves_too)
    with scene.world.work_as(scene.asks) as work:
        steps = work.session.scalars(select(AidStep).where(AidStep.request_id == request_id)).all()
        said = {step.act: (step.member_id, work.vault.find(step.note)) for step in steps}
    assert {act: who for act, (who, _) in said.items()} == {
        AidAct.REQUEST: scene.asks.id,
        AidAct.APPROVE: scene.approves.id,
        AidAct.PAY: scene.pays.id,
        AidAct.CONFIRM: scene.approves_too.id,
    }
    assert said[AidAct.PAY][1].text == "receipt book 4, leaf 17"
    assert said[AidAct.CONFIRM][1].text.startswith("counted together")
    assert 10 ** MINOR_DIGITS["MMK"] == KYAT
