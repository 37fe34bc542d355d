"""Paying an approved request out of its reservation, and confirming what of the money arrived.

- Money that was paid is gone from the fund. What did not arrive is booked as what became of it: a
  fee, a loss, or cash that came back; only that last is in the fund again.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.aid.duplicates import is_possible_duplicate
from app.aid.errors import AmountTooLarge, ApprovalMissing, NotYetDue, RequestHeld
from app.aid.models import AidAct, AidNote, AidRequest, AidStatus
from app.aid.quorums import is_approved
from app.aid.service import (
    begin_move,
    lock_reserved_fund,
    record_event,
    sync_treasurer_grants,
)
from app.aid.steps import add_step
from app.audit.events import EventKind
from app.cases.service import get_case
from app.casework.moves import Trigger
from app.casework.readiness import Task, require_ready
from app.ledger import service as ledger
from app.work import Work


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of a payment, in minor units: the rest of its total is lost.

    Without ``arrived`` everything arrived.
    """

    arrived: int | None = None
    fee: int = 0
    returned: int = 0


def pay(work: Work, request: AidRequest, payment: AidNote) -> AidRequest:
    """Book the payment of an approved request, once, with its sealed reference and means.

    Raises what ``begin_move`` raises, ``ApprovalMissing``, ``RequestHeld``, ``NotYetDue``,
    ``CaseNotReady``, ``NotCleared``, ``DuplicateOpen``.
    """
    begin_move(work, request, AidStatus.PAID, Trigger.PAYMENT)
    require_ready(work, get_case(work, request.case_id), Task.PAY_AID)
    if not is_approved(work, request):
        raise ApprovalMissing
    if request.due_on > work.today():
        raise NotYetDue
    fund = lock_reserved_fund(work, request)
    # Only under the fund's lock: a concurrent payment out of it is committed, and is seen here.
    if request.held or is_possible_duplicate(work, request, AidAct.PAY):
        raise RequestHeld
    ledger.release(work, fund, request.total)
    ledger.pay_out(work, fund, request.total, request.id)
    add_step(work, request, AidAct.PAY, payment)
    request.status = AidStatus.PAID
    request.paid_on = work.today()
    return record_event(work, request, EventKind.AID_PAID)


_WHOLE = Arrival()


def confirm(
    work: Work, request: AidRequest, receipt: AidNote, arrival: Arrival = _WHOLE
) -> AidRequest:
    """Record that the money arrived, or how much of it, with a receipt that names nobody.

    Raises what ``begin_move`` raises, ``AmountTooLarge``, ``FundOverdrawn``.
    """
    begin_move(work, request, AidStatus.CONFIRMED, Trigger.CONFIRMATION)
    _book_arrival(work, request, arrival)
    add_step(work, request, AidAct.CONFIRM, receipt)
    request.status = AidStatus.CONFIRMED
    sync_treasurer_grants(work, request)
    return record_event(work, request, EventKind.AID_CONFIRMED)


def _book_arrival(work: Work, request: AidRequest, arrival: Arrival) -> None:
    """Book what of a payment did not arrive, in the place of what was said before a dispute."""
    arrived = arrival.arrived
    if arrived is None:
        arrived = request.total - arrival.fee - arrival.returned
    lost = request.total - arrived - arrival.fee - arrival.returned
    if lost < 0 or arrived < 0:
        raise AmountTooLarge("arrived")
    fund = lock_reserved_fund(work, request)
    ledger.undo_shortfall(work, fund, request.id)
    if arrived != request.total:
        ledger.book_shortfall(
            work, fund, request.id, fee=arrival.fee, lost=lost, returned=arrival.returned
        )
    request.arrived = arrived
