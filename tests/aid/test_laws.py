"""What holds of money whatever is done with it, in whatever order, by whom."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from app.aid.errors import (
    AidMoveNotPermitted,
    AidMoveRefused,
    AidNotFound,
    NotYetDue,
    RequestHeld,
    SamePerson,
)
from app.aid.models import SEPARATED_DUTIES, AidAct, AidStatus, AidStep
from app.aid.service import AidRequest, Repeat
from app.ledger import service as ledger
from app.ledger.errors import EntryUnbalanced, FundOverdrawn
from app.ledger.models import (
    AccountKind,
    DepositSource,
    EntryKind,
    JournalEntry,
    LedgerAccount,
    Posting,
)
from app.ledger.reconcile import verify_ledger
from tests.support.aid_steps import KYAT, a_draft, moves_of, open_fund, set_scene

REFUSALS = (
    AidMoveNotPermitted, AidMoveRefused, AidNotFound, FundOverdrawn, NotYetDue, RequestHeld,
    SamePerson,
)  # fmt: skip
PENDING = frozenset({AidStatus.APPROVED})
SPENT = frozenset({AidStatus.PAID, AidStatus.CONFIRMED, AidStatus.DISPUTED})

AMOUNTS = st.integers(-(10**12), 10**12)
LINES = st.dictionaries(st.sampled_from(AccountKind), AMOUNTS, min_size=1).map(
    lambda lines: {AccountKind.CASH: 0} | lines
)


@given(lines=LINES)
def test_lines_are_booked_if_and_only_if_they_sum_to_zero_and_overdraw_nothing(scene, lines):
    balanced = sum(lines.values()) == 0 and 0 not in lines.values()
    with scene.world.work_as(scene.pays) as work:
        fund = ledger.lock_fund(work, scene.fund_id, {scene.pays.team_id})
        before = fund.balance
        try:
            ledger._post(work, fund, JournalEntry(kind=EntryKind.DEPOSIT), lines)
        except EntryUnbalanced:
            assert not balanced
            assert fund.balance == before
        except FundOverdrawn:
            assert balanced
            assert before + lines[AccountKind.CASH] < fund.reserved
        else:
            assert balanced
            assert fund.balance == before + lines[AccountKind.CASH] >= fund.reserved
        assert verify_ledger(work) == []


@given(amounts=st.lists(st.integers(1, 10**12), min_size=1, max_size=5), source=...)
def test_balanced_pairs_always_book(scene, amounts: list[int], source: DepositSource):
    with scene.world.work_as(scene.pays) as work:
        before = ledger.get_fund(work, scene.fund_id).balance
        for amount in amounts:
            ledger.deposit(work, scene.fund_id, amount, source)
        assert ledger.get_fund(work, scene.fund_id).balance == before + sum(amounts)
        assert verify_ledger(work) == []


class Aid(RuleBasedStateMachine):
    """A team that asks, approves, pays and reverses in any order, with little money.

    The model knows only what each act that went through must have done to the fund.
    """

    requests = Bundle("requests")
    deposits = Bundle("deposits")

    def __init__(self, scene):
        super().__init__()
        self.world = scene.world
        self.scene = set_scene(scene.world, kyat=0)
        scene = self.scene
        self.people = [
            scene.asks, scene.asks_too, scene.approves, scene.approves_too, scene.pays,
            scene.pays_too,
        ]  # fmt: skip
        self.totals: dict[object, int] = {}
        self.statuses: dict[object, AidStatus] = {}
        self.given: dict[object, int] = {}
        self.did: dict[object, set[tuple[object, AidAct]]] = defaultdict(set)

    @rule(target=deposits, kyat=st.integers(1, 120_000))
    def deposit(self, kyat):
        with self.world.work_as(self.scene.pays) as work:
            entry = ledger.deposit(work, self.scene.fund_id, kyat * KYAT, DepositSource.MEMBERS)
            self.given[entry.id] = kyat
            return entry.id

    @rule(entry=deposits)
    def take_a_deposit_back(self, entry):
        kyat = self.given.get(entry)
        free = self.balance - self.reserved
        try:
            with self.world.work_as(self.scene.pays_too) as work:
                ledger.reverse_deposit(work, self.scene.fund_id, entry)
        except ledger.EntryReversed:
            assert kyat is None
        except FundOverdrawn:
            assert kyat > free
        else:
            assert kyat <= free
            del self.given[entry]

    @rule(
        target=requests,
        who=st.sampled_from([0, 1, 2, 3]),
        kyat=st.integers(1, 90_000),
        times=st.integers(1, 2),
    )
    def ask(self, who, kyat, times):
        repeat = Repeat(30, times) if times > 1 else None
        doer = self.people[who]
        made = self.scene.ask_all(a_draft(kyat, repeat=repeat), by=doer)
        for request_id in made:
            self.totals[request_id] = kyat
            self.statuses[request_id] = AidStatus.REQUESTED
            self.did[request_id].add((doer.id, AidAct.REQUEST))
        return multiple(*made)

    @precondition(lambda self: self.totals)
    @rule(
        request_id=requests,
        who=st.sampled_from(range(6)),
        act=st.sampled_from([act for act in AidAct if act is not AidAct.REQUEST]),
    )
    def act(self, request_id, who, act):
        doer, was = self.people[who], self.statuses[request_id]
        try:
            now = self.scene.do(act, request_id, doer)
        except REFUSALS:
            return
        move = moves_of(act)[was]
        assert doer.principal.may(move.needs)
        assert not {(doer.id, barred) for barred in move.barred} & self.did[request_id]
        if act is AidAct.APPROVE and self.scene.row(request_id).held:
            return
        assert now in {move.target, was}
        self.statuses[request_id] = now
        self.did[request_id].add((doer.id, act))

    @rule(days=st.integers(1, 20))
    def wait(self, days):
        self.world.clock.advance(days=days)

    def sum_of(self, statuses):
        return sum(self.totals[one] for one, now in self.statuses.items() if now in statuses)

    @property
    def balance(self):
        return sum(self.given.values()) - self.sum_of(SPENT)

    @property
    def reserved(self):
        return self.sum_of(PENDING)

    @invariant()
    def the_fund_holds_what_the_model_says_and_is_never_overdrawn(self):
        assert self.scene.money() == (self.balance, self.reserved)
        assert 0 <= self.reserved <= self.balance

    @invariant()
    def every_entry_balances_and_the_whole_ledger_verifies(self):
        with self.world.work_as(self.scene.pays) as work:
            assert verify_ledger(work) == []
            sums = defaultdict(int)
            for entry, currency, amount in work.session.execute(
                select(Posting.entry_id, LedgerAccount.currency, Posting.amount).join(
                    LedgerAccount, LedgerAccount.id == Posting.account_id
                )
            ):
                sums[entry, currency] += amount
            assert set(sums.values()) <= {0}

    @invariant()
    def nobody_has_two_separated_duties_in_one_request(self):
        with self.world.deployment.sessions() as session:
            steps = session.execute(
                select(AidStep.request_id, AidStep.member_id, AidStep.act)
            ).all()
        for pair in SEPARATED_DUTIES:
            done = [(step.request_id, step.member_id) for step in steps if step.act in pair]
            assert len(done) == len(set(done))

    @invariant()
    def rows_have_the_statuses_of_the_model(self):
        with self.world.deployment.sessions() as session:
            rows = session.execute(
                select(AidRequest.id, AidRequest.status).where(AidRequest.id.in_(self.statuses))
            ).all()
        assert {row.id: row.status for row in rows} == self.statuses


@pytest.mark.parametrize("examples", [8])
def test_in_any_order_of_acts_money_is_neither_made_nor_lost(scene, examples):
    run_state_machine_as_test(
        lambda: Aid(scene), settings=settings(max_examples=examples, stateful_step_count=20)
    )


def test_two_currencies_are_never_added_up(scene):
    baht = open_fund(scene.world, scene.pays, 700, "THB")
    with scene.world.work_as(scene.pays) as work:
        assert verify_ledger(work) == []
        assert ledger.get_fund(work, baht).balance == 70_000
    assert scene.money() == (500_000, 0)
