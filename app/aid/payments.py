"""Paying an approved request out of its reservation, and confirming that the money arrived."""

from __future__ import annotations

from app.aid.duplicates import is_possible_duplicate
from app.aid.errors import NotYetDue, RequestHeld
from app.aid.models import AidAct, AidNote, AidRequest, AidStatus
from app.aid.service import (
    add_step,
    begin_move,
    lock_reserved_fund,
    record_event,
    sync_treasurer_grants,
)
from app.audit.events import EventKind
from app.cases.service import get_case
from app.casework.moves import Trigger
from app.casework.readiness import Task, require_ready
from app.ledger import service as ledger
from app.work import Work


def pay(work: Work, request: AidRequest, payment: AidNote) -> AidRequest:
    """Book the payment of an approved request, once, with its sealed reference and means.

    Raises what ``begin_move`` raises, ``RequestHeld``, ``NotYetDue``, ``CaseNotReady``.
    """
    begin_move(work, request, AidStatus.PAID, Trigger.PAYMENT)
    require_ready(work, get_case(work, request.case_id), Task.PAY_AID)
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
    return record_event(work, request, EventKind.AID_PAID)


def confirm(work: Work, request: AidRequest, receipt: AidNote) -> AidRequest:
    """Record that the money arrived, with a receipt that names nobody.

    Raises what ``begin_move`` raises.
    """
    begin_move(work, request, AidStatus.CONFIRMED, Trigger.CONFIRMATION)
    add_step(work, request, AidAct.CONFIRM, receipt)
    request.status = AidStatus.CONFIRMED
    sync_treasurer_grants(work, request)
    return record_event(work, request, EventKind.AID_CONFIRMED)
