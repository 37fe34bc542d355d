"""Approvals count people who stand now, and sums that belong together."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import update

from app.accounts.models import Member
from app.accounts.service import remove_member
from app.aid.errors import AidMoveRefused, ApprovalMissing, SamePerson
from app.aid.models import AidStatus
from app.aid.service import Repeat
from app.ledger.reconcile import verify_ledger
from app.presets import SumClass
from tests.support.aid_steps import a_draft


def remove(scene, person):
    with scene.world.work_as(scene.world.member("lead")) as work:
        remove_member(work, person.id)


def test_where_the_first_of_two_approvers_is_removed_one_more_must_approve(scene):
    request_id = scene.ask(a_draft(60_000))
    scene.approve(request_id)
    remove(scene, scene.approves)
    assert scene.do("approve", request_id, scene.approves_too) is AidStatus.REQUESTED
    assert scene.money() == (500_000, 0)
    assert scene.do("approve", request_id, scene.pays) is AidStatus.APPROVED
    assert scene.money() == (500_000, 60_000)


def test_where_an_approver_is_removed_before_payment_one_more_must_approve(scene):
    request_id = scene.ask()
    scene.approve(request_id)
    remove(scene, scene.approves)
    with pytest.raises(ApprovalMissing):
        scene.pay(request_id)
    assert scene.do("approve", request_id, scene.approves_too) is AidStatus.APPROVED
    assert scene.money() == (500_000, 15_000)
    assert scene.pay(request_id) is AidStatus.PAID
    with scene.world.work_as(scene.pays) as work:
        assert verify_ledger(work) == []


def test_an_approval_by_a_member_whose_row_was_changed_by_hand_does_not_count(scene):
    request_id = scene.ask()
    scene.approve(request_id)
    with scene.world.deployment.engine.begin() as connection:
        connection.execute(
            update(Member).where(Member.id == scene.approves.id).values(joined_on=date(2020, 1, 1))
        )
    with pytest.raises(ApprovalMissing):
        scene.pay(request_id)


def test_what_is_approved_by_enough_people_is_not_approved_again(scene):
    request_id = scene.ask()
    scene.approve(request_id)
    with pytest.raises(AidMoveRefused):
        scene.do("approve", request_id, scene.approves_too)


@pytest.mark.parametrize(
    ("kyat", "times", "needed"),
    [(50_000, 12, 2), (25_001, 2, 2), (25_000, 2, 1), (4_166, 12, 1), (4_167, 12, 2)],
)
def test_the_sum_of_a_series_counts(scene, kyat, times, needed):
    made = scene.ask_all(a_draft(kyat, repeat=Repeat(30, times)))
    large = {scene.row(one).sum_class is SumClass.LARGE for one in made}
    assert large == {needed == 2}
    status = AidStatus.APPROVED if needed == 1 else AidStatus.REQUESTED
    assert scene.approve(made[0]) is status


def released(scene, request_id):
    if scene.row(request_id).held:
        scene.do("release", request_id, scene.pays_too)
    return request_id


def test_the_sum_of_a_cases_week_counts(scene):
    scene.paid(a_draft(30_000))
    scene.world.clock.advance(days=5)
    second = released(scene, scene.ask(a_draft(30_000)))
    assert scene.approve(second) is AidStatus.REQUESTED
    assert scene.do("approve", second, scene.approves_too) is AidStatus.APPROVED


def test_what_a_case_got_longer_ago_than_a_week_does_not_count(scene):
    scene.paid(a_draft(30_000))
    scene.world.clock.advance(days=8)
    assert scene.approve(scene.ask(a_draft(30_000))) is AidStatus.APPROVED


def test_what_was_reversed_does_not_count_to_the_week(scene):
    scene.do("reverse", scene.paid(a_draft(30_000)), scene.pays_too)
    assert scene.approve(scene.ask(a_draft(30_000))) is AidStatus.APPROVED


def test_three_small_requests_of_a_week_are_one_large_sum(scene):
    for _ in range(2):
        scene.approve(released(scene, scene.ask(a_draft(20_000))))
    third = released(scene, scene.ask(a_draft(20_000)))
    assert scene.approve(third) is AidStatus.REQUESTED


def test_who_released_a_hold_does_not_approve(scene):
    scene.ask()
    second = scene.ask()
    scene.do("release", second, scene.approves)
    with pytest.raises(SamePerson):
        scene.approve(second)


def test_who_paid_reverses_only_what_another_disputed(scene):
    request_id = scene.paid()
    with pytest.raises(SamePerson):
        scene.do("reverse", request_id, scene.pays)
    scene.do("dispute", request_id, scene.pays)
    with pytest.raises(SamePerson):
        scene.do("reverse", request_id, scene.pays)
    assert scene.money() == (485_000, 0)


def test_who_paid_reverses_what_another_disputed(scene):
    request_id = scene.paid()
    scene.do("dispute", request_id, scene.asks)
    assert scene.do("reverse", request_id, scene.pays) is AidStatus.REVERSED
    assert scene.money() == (500_000, 0)
