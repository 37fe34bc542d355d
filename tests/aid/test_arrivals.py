"""Money that did not arrive is booked as what became of it, and the fund shows what it has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.aid import payments, service
from app.aid.errors import AmountTooLarge
from app.aid.models import AidStatus
from app.aid.payments import Arrival
from app.ledger.models import AccountKind, LedgerAccount, Posting
from app.ledger.reconcile import verify_ledger
from tests.support.aid_client import serve
from tests.support.aid_steps import KYAT, RECEIPT, a_draft, set_scene


def confirm(scene, request_id, by=None, **kyat):
    with scene.world.work_as(by or scene.approves_too) as work:
        request = service.take_request(work, request_id)
        amounts = {name: amount * KYAT for name, amount in kyat.items()}
        return payments.confirm(work, request, RECEIPT, Arrival(**amounts)).status


def reverse(scene, request_id, lost):
    with scene.world.work_as(scene.pays_too) as work:
        request = service.take_request(work, request_id)
        to = AidStatus.REVERSED
        return service.move_request(work, request, to, "gone", lost=lost * KYAT).status


def booked(scene):
    """The sums of the fund's accounts in kyat, but for those of nothing; the ledger verifies."""
    with scene.world.work_as(scene.pays) as work:
        assert verify_ledger(work) == []
        sums = work.session.execute(
            select(LedgerAccount.kind, func.sum(Posting.amount))
            .join(Posting, Posting.account_id == LedgerAccount.id)
            .where(LedgerAccount.fund_id == scene.fund_id)
            .group_by(LedgerAccount.kind)
        ).all()
    return {kind: amount // KYAT for kind, amount in sums if amount and kind != "members"}


def test_what_the_courier_lost_is_booked_as_lost_and_is_not_in_the_fund(scene):
    request_id = scene.paid(a_draft(40_000))
    assert confirm(scene, request_id, arrived=25_000) is AidStatus.CONFIRMED
    assert booked(scene) == {
        AccountKind.CASH: 460_000, AccountKind.AID_PAID: 25_000, AccountKind.LOST: 15_000,
    }  # fmt: skip
    assert scene.money() == (460_000, 0)
    assert scene.row(request_id).arrived == 25_000 * KYAT


def test_a_fee_and_what_came_back_are_told_from_what_is_lost(scene):
    request_id = scene.paid(a_draft(40_000))
    confirm(scene, request_id, arrived=25_000, fee=2_000, returned=3_000)
    assert booked(scene) == {
        AccountKind.CASH: 463_000, AccountKind.AID_PAID: 25_000,
        AccountKind.LOST: 10_000, AccountKind.FEES: 2_000,
    }  # fmt: skip


def test_more_than_was_paid_does_not_arrive(scene):
    request_id = scene.paid(a_draft(40_000))
    for amounts in ({"arrived": 40_001}, {"arrived": 25_000, "fee": 15_001}, {"fee": 40_001}):
        with pytest.raises(AmountTooLarge) as refusal:
            confirm(scene, request_id, **amounts)
        assert refusal.value.field == "arrived"
    assert scene.row(request_id).status is AidStatus.PAID
    assert scene.money() == (460_000, 0)


def test_after_a_dispute_what_arrived_is_said_anew(scene):
    request_id = scene.paid(a_draft(40_000))
    confirm(scene, request_id, arrived=25_000)
    scene.do("dispute", request_id, scene.asks)
    confirm(scene, request_id, by=scene.pays_too, arrived=30_000, fee=10_000)
    assert booked(scene) == {
        AccountKind.CASH: 460_000, AccountKind.AID_PAID: 30_000, AccountKind.FEES: 10_000,
    }  # fmt: skip


def test_a_reversal_brings_back_only_what_is_not_lost(scene):
    request_id = scene.paid(a_draft(40_000))
    assert reverse(scene, request_id, lost=40_000) is AidStatus.REVERSED
    assert booked(scene) == {AccountKind.CASH: 460_000, AccountKind.LOST: 40_000}
    other = scene.paid(a_draft(10_000))
    with pytest.raises(AmountTooLarge):
        reverse(scene, other, lost=10_001)


def test_a_reversal_after_a_part_arrived_undoes_what_was_booked_of_it(scene):
    request_id = scene.paid(a_draft(40_000))
    confirm(scene, request_id, arrived=25_000, returned=15_000)
    scene.do("dispute", request_id, scene.asks)
    reverse(scene, request_id, lost=5_000)
    assert booked(scene) == {AccountKind.CASH: 495_000, AccountKind.LOST: 5_000}


@given(parts=st.lists(st.integers(0, 400), min_size=4, max_size=4).filter(any))
def test_whatever_became_of_a_payment_the_books_balance(world, parts):
    scene = set_scene(world, kyat=2_000)
    arrived, fee, returned, lost = parts
    total = sum(parts)
    request_id = scene.paid(a_draft(total))
    confirm(scene, request_id, arrived=arrived, fee=fee, returned=returned)
    assert booked(scene) == {
        kind: amount
        for kind, amount in {
            AccountKind.CASH: 2_000 - total + returned,
            AccountKind.AID_PAID: arrived,
            AccountKind.FEES: fee,
            AccountKind.LOST: lost,
        }.items()
        if amount
    }


def test_a_part_is_said_over_http_and_shown(scene):
    request_id = scene.paid(a_draft(40_000))
    body = {"receipt": "counted together", "arrived": 2_500_000}
    with serve(scene.world) as served:
        answer = served.post(
            scene.approves_too, f"/aid-requests/{request_id}/confirmations", body,
            based_on=scene.row(request_id).version,
        )  # fmt: skip
        assert (answer.status_code, answer.json()["arrived"]) == (200, 2_500_000)
        entries = served.get(scene.pays, f"/funds/{scene.fund_id}/entries").json()["items"]
    assert {entry["kind"] for entry in entries} == {"deposit", "payment", "shortfall"}
