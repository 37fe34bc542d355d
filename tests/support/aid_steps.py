"""What tests of aid begin from: an active case with its people, and a fund with money in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from app.aid import approvals, payments, service
from app.aid.models import (
    AidAct,
    AidCategory,
    AidDetail,
    AidItem,
    AidNote,
    AidRequest,
    AidStatus,
    Payee,
    PaymentMeans,
)
from app.aid.moves import ACTS, MOVES, act_of
from app.audit.events import EventKind
from app.cases.models import Case, CaseStatus, Channel, Contact, Identity, Papers
from app.cases.service import get_case
from app.casework.moves import Move
from app.ledger import service as ledger
from app.ledger.models import DepositSource
from tests.support.cases import open_bare_case
from tests.support.world import Person, World

KYAT = 100
"""Minor units in one kyat."""

COURIER = Payee("Daw Khin Mar Oo", "09 771 234 567")
PAYMENT = AidNote("receipt book 4, leaf 17", PaymentMeans.CASH_COURIER)
RECEIPT = AidNote("counted together, thumb print on the leaf")


_STRANGERS = count(100_000)


def a_draft(
    *amounts: int, payee: Payee | None = None, currency: str = "MMK", **more: Any
) -> service.AidDraft:
    """A request for some kyat of food; 15,000 to somebody whom no other request names."""
    payee = payee or Payee(f"S{next(_STRANGERS)}")
    items = tuple(AidItem(AidCategory.FOOD, kyat * KYAT) for kyat in amounts or (15_000,))
    return service.AidDraft(currency, AidDetail(items, payee, note="nothing since noon"), **more)


def target_of(act: AidAct) -> AidStatus:
    """The status that an act other than a release brings a request to."""
    return next(status for status, made_by in ACTS.items() if made_by is act)


def moves_of(act: AidAct) -> dict[AidStatus, Move[AidStatus]]:
    """The moves that an act makes, by the status they start from."""
    return {move.source: move for move in MOVES if act_of(move) is act}


@dataclass(frozen=True)
class Scene:
    """The first team at work: who does what, a case that is ready, and a fund."""

    world: World
    asks: Person
    asks_too: Person
    approves: Person
    approves_too: Person
    pays: Person
    pays_too: Person
    case_id: UUID
    fund_id: UUID

    def another_case(self, status: CaseStatus = CaseStatus.ACTIVE) -> Scene:
        """The same people with another case."""
        return replace(self, case_id=open_case(self.world, self.on_the_case, status))

    @property
    def on_the_case(self) -> list[Person]:
        return [self.asks, self.asks_too, self.approves, self.approves_too]

    def ask(self, draft: service.AidDraft | None = None, by: Person | None = None) -> UUID:
        return self.ask_all(draft, by)[0]

    def ask_all(
        self, draft: service.AidDraft | None = None, by: Person | None = None
    ) -> list[UUID]:
        with self.world.work_as(by or self.asks) as work:
            case = get_case(work, self.case_id)
            return [made.id for made in service.request_aid(work, case, draft or a_draft())]

    def do(self, act: AidAct | str, request_id: UUID, by: Person, **more: Any) -> AidStatus:
        """One act on a request by one member, in a unit of work of its own."""
        with self.world.work_as(by, more.pop("based_on", -1)) as work:
            request = service.take_request(work, request_id)
            match AidAct(act):
                case AidAct.APPROVE:
                    fund_id = more.get("fund_id", self.fund_id)
                    return approvals.approve(work, request, fund_id).status
                case AidAct.PAY:
                    return payments.pay(work, request, PAYMENT).status
                case AidAct.CONFIRM:
                    return payments.confirm(work, request, RECEIPT).status
                case AidAct.RELEASE:
                    return service.release_request(work, request, "looked into it").status
                case manual:
                    reason = more.get("reason", "looked into it")
                    return service.move_request(work, request, target_of(manual), reason).status

    def approve(self, request_id: UUID) -> AidStatus:
        return self.do("approve", request_id, self.approves)

    def pay(self, request_id: UUID) -> AidStatus:
        return self.do("pay", request_id, self.pays)

    def paid(self, draft: service.AidDraft | None = None) -> UUID:
        """A request that has come as far as being paid."""
        request_id = self.ask(draft)
        self.approve(request_id)
        assert self.pay(request_id) is AidStatus.PAID
        return request_id

    def row(self, request_id: UUID) -> AidRequest:
        with self.world.deployment.sessions() as session:
            return session.get_one(AidRequest, request_id)

    def money(self) -> tuple[int, int]:
        """The fund's balance and reservations, in kyat."""
        with self.world.work_as(self.pays) as work:
            fund = ledger.get_fund(work, self.fund_id)
            return fund.balance // KYAT, fund.reserved // KYAT


def open_case(world: World, holders: list[Person], status: CaseStatus) -> UUID:
    """A case of the first team with a status, in the hands of some members."""
    with world.work_as(holders[-1]) as work:
        number = next(_STRANGERS)
        case_id = open_bare_case(
            work, holders, identity=Identity(f"Q{number}"),
            papers=Papers(nrc=f"9/MaHaMa(N){number}"),
            contact=Contact(Channel.MESSENGER, handles=(f"@stranger{number}",)),
        )  # fmt: skip
        work.session.flush()
        case = work.session.get_one(Case, case_id)
        case.status = status
        case.compared = True
        work.trail.record(EventKind.CASE_MOVED, case_id)
    return case_id


def grant_emergency(world: World, case_id: UUID, *, hours: float) -> None:
    """Let work begin on a case before vetting ends."""
    with world.work_as(None) as work:
        case = work.session.get_one(Case, case_id)
        case.emergency_until = work.now() + timedelta(hours=hours)
        work.trail.record(EventKind.CASE_EMERGENCY, case_id)


def open_fund(world: World, by: Person, kyat: int, currency: str = "MMK") -> UUID:
    """A fund of the member's team, with something in it."""
    with world.work_as(by) as work:
        fund_id = ledger.open_fund(work, "Lotus", currency).id
        if kyat:
            ledger.deposit(work, fund_id, kyat * KYAT, DepositSource.MEMBERS)
    return fund_id


def set_scene(world: World, kyat: int = 500_000) -> Scene:
    """The first team's people, an active case and a fund of so many kyat."""
    asks, asks_too = world.member("volunteer"), world.member("volunteer", 2)
    approves, approves_too = world.member("coordinator"), world.member("coordinator", 2)
    pays, pays_too = world.member("treasurer"), world.member("treasurer", 2)
    people = [asks, asks_too, approves, approves_too]
    return Scene(
        world, asks, asks_too, approves, approves_too, pays, pays_too,
        case_id=open_case(world, people, CaseStatus.ACTIVE),
        fund_id=open_fund(world, pays, kyat),
    )  # fmt: skip


@pytest.fixture
def scene(world: World) -> Scene:
    """The first team with an active case and 500,000 kyat, on each database in turn."""
    return set_scene(world)
