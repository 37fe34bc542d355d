"""Several people at the same moment, on both databases.

On both databases: race.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from app.aid import service
from app.aid.errors import AidMoveRefused, AidNotFound
from app.aid.models import AidStatus
from app.errors import Stale
from app.ledger import service as ledger
from app.ledger.errors import FundOverdrawn
from app.ledger.models import DepositSource, JournalEntry
from app.ledger.reconcile import verify_ledger
from app.store.failures import run_again
from app.work import ANY_VERSION
from tests.support.aid_steps import COURIER, KYAT, a_draft, open_fund

pytestmark = pytest.mark.usefixtures("world_on_both")


def at_once(acts: Iterable[Callable[[], object]]) -> Counter[object]:
    """Run every act in a thread of its own, from one moment; count results and refusals."""
    acts = list(acts)
    together = Barrier(len(acts))

    def run(act):
        together.wait(timeout=30)
        try:
            return run_again(act)
        except Exception as refusal:  # noqa: BLE001 - what was raised is what is counted
            return type(refusal)

    with ThreadPoolExecutor(len(acts)) as threads:
        return Counter(threads.map(run, acts))


def assert_sound(scene):
    with scene.world.work_as(scene.pays) as work:
        assert verify_ledger(work) == []


def test_approvals_at_once_never_promise_more_than_the_fund_holds(scene):
    purse = open_fund(scene.world, scene.pays, 25_000)
    stipend = scene.ask_all(a_draft(8_000, repeat=service.Repeat(30, 6)))
    approvers = [scene.approves, scene.approves_too, scene.pays, scene.pays_too] * 2
    outcome = at_once(
        lambda one=one, who=who: scene.do("approve", one, who, fund_id=purse)
        for one, who in zip(stipend, approvers, strict=False)
    )
    assert outcome == {AidStatus.APPROVED: 3, FundOverdrawn: 3}
    with scene.world.work_as(scene.pays) as work:
        fund = ledger.get_fund(work, purse)
        assert (fund.balance, fund.reserved) == (25_000 * KYAT, 24_000 * KYAT)
    assert_sound(scene)


def test_two_treasurers_at_once_pay_once(scene):
    request_id = scene.ask()
    scene.approve(request_id)
    version = scene.row(request_id).version
    outcome = at_once(
        lambda who=who: scene.do("pay", request_id, who, based_on=version)
        for who in (scene.pays, scene.pays_too)
    )
    assert outcome == {AidStatus.PAID: 1, Stale: 1}
    assert scene.money() == (485_000, 0)
    assert_sound(scene)


def test_a_double_click_that_names_no_version_pays_once(scene):
    request_id = scene.ask()
    scene.approve(request_id)
    outcome = at_once(
        lambda: scene.do("pay", request_id, scene.pays, based_on=ANY_VERSION) for _ in range(4)
    )
    assert outcome == {AidStatus.PAID: 1, AidMoveRefused: 3}
    with scene.world.deployment.sessions() as session:
        paid = select(func.count()).where(JournalEntry.pays == request_id)
        assert session.scalars(paid).one() == 1
    assert_sound(scene)


def test_a_payment_and_a_cancellation_at_once_do_one_of_the_two(scene):
    request_id = scene.ask()
    scene.approve(request_id)
    outcome = at_once(
        [
            lambda: scene.do("pay", request_id, scene.pays),
            lambda: scene.do("cancel", request_id, scene.asks),
        ]
    )
    # Once it is cancelled, the treasurer does not even find it.
    assert outcome[AidMoveRefused] + outcome[AidNotFound] == 1
    paid = scene.row(request_id).status is AidStatus.PAID
    assert scene.money() == ((485_000, 0) if paid else (500_000, 0))
    assert_sound(scene)


def test_two_halves_of_an_approval_at_once_make_one_whole(scene):
    request_id = scene.ask(a_draft(60_000))
    outcome = at_once(
        lambda who=who: scene.do("approve", request_id, who)
        for who in (scene.approves, scene.approves_too)
    )
    assert outcome == {AidStatus.REQUESTED: 1, AidStatus.APPROVED: 1}
    assert scene.money() == (500_000, 60_000)
    assert_sound(scene)


def test_the_same_payee_approved_twice_at_once_is_held_once(scene):
    other = scene.another_case()
    requests = [
        (scene, scene.ask(a_draft(payee=COURIER))),
        (other, other.ask(a_draft(payee=COURIER))),
    ]
    outcome = at_once(lambda where=where, one=one: where.approve(one) for where, one in requests)
    assert outcome == {AidStatus.APPROVED: 1, AidStatus.REQUESTED: 1}
    assert sum(scene.row(one).held for _, one in requests) == 1


def test_deposits_at_once_all_count(scene):
    def give():
        with scene.world.work_as(scene.pays) as work:
            return ledger.deposit(work, scene.fund_id, 1_000 * KYAT, DepositSource.PUBLIC).kind

    outcome = at_once([give] * 6)
    assert sum(outcome.values()) == 6
    assert scene.money() == (506_000, 0)
    assert_sound(scene)


def test_a_deposit_is_not_reversed_twice_at_once(scene):
    with scene.world.work_as(scene.pays) as work:
        entry_id = ledger.deposit(work, scene.fund_id, 1_000 * KYAT, DepositSource.PUBLIC).id

    def undo():
        with scene.world.work_as(scene.pays_too) as work:
            return ledger.reverse_deposit(work, scene.fund_id, entry_id).kind

    outcome = at_once([undo] * 3)
    assert sorted(outcome.values()) == [1, 2]
    assert scene.money() == (500_000, 0)
    assert_sound(scene)
