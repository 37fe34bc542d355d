"""Requester, approvers, payer and confirmer are different people, whatever their roles allow."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from app.aid.errors import AidMoveNotPermitted, OtherFund, SamePerson
from app.aid.models import SEPARATED_DUTIES, AidAct, AidStatus, AidStep
from app.aid.moves import MOVES, SMALL_SUMS, act_of, approvers_needed, tiers_of
from app.ledger.currencies import MINOR_DIGITS
from app.ledger.errors import OtherCurrency
from app.store.base import new_id
from app.store.organisation_settings import Preset
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
    for duty in sorted(SEPARATED_DUTIES):
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(insert(AidStep).values(id=new_id(), act=duty, **row))


def test_every_separated_duty_is_barred_to_members_who_had_one_of_them():
    duties = [move for move in MOVES if act_of(move) in SEPARATED_DUTIES]
    assert {act_of(move) for move in duties} == SEPARATED_DUTIES - {AidAct.REQUEST}
    assert all(move.barred >= SEPARATED_DUTIES for move in duties)


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


@pytest.mark.parametrize("currency", SMALL_SUMS)
@pytest.mark.parametrize("preset", Preset)
def test_in_every_currency_and_preset_the_tiers_begin_at_nothing_and_more_takes_more(
    preset, currency
):
    tiers = tiers_of(preset, currency)
    assert tiers[0].above == 0
    assert [t.above for t in tiers] == sorted({t.above for t in tiers})
    assert [t.approvers for t in tiers] == sorted({t.approvers for t in tiers})
    for tier in tiers[1:]:
        assert approvers_needed(preset, currency, tier.above) == tier.approvers - 1
        assert approvers_needed(preset, currency, tier.above + 1) == tier.approvers


def test_in_a_small_group_one_approves_up_to_five_small_sums(scene):
    chosen = replace(scene.world.deployment.organisation_settings, preset=Preset.SMALL)
    scene.world.deployment.__dict__["_chosen"] = chosen
    request_id = scene.ask(a_draft(250_000))
    assert scene.do("approve", request_id, scene.approves) is AidStatus.APPROVED
    large = scene.another_case().ask(a_draft(250_001))
    assert scene.row(large).approvers_needed == 2


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
