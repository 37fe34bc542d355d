"""Approving a request: how many people must agree to how much, and out of which fund.

- How many, follows from the sum and the group's preset (``app.aid.quorums``).
- Approvers of one request are different people who are active now, and name the same fund; who
  released its hold is none of them.
- The last approver needed reserves the money. Where one of them is active no longer, one
  more approves.
"""

from __future__ import annotations

from uuid import UUID

from app.aid.duplicates import index_payee, is_possible_duplicate
from app.aid.errors import AidMoveRefused, OtherFund, RequestHeld
from app.aid.models import AidAct, AidRequest, AidStatus
from app.aid.quorums import is_approved, raise_class
from app.aid.service import begin_move, record_event, show_to_leads_if_needed
from app.aid.steps import add_step
from app.audit.events import EventKind
from app.cases.service import get_case
from app.casework.moves import Trigger
from app.casework.readiness import Task, require_ready
from app.ledger import service as ledger
from app.ledger.errors import OtherCurrency
from app.work import Work


def approve(work: Work, request: AidRequest, fund_id: UUID) -> AidRequest:
    """Approve a request out of a fund; the last approver needed reserves the money.

    A possible duplicate is not approved: the request is returned held. Raises what ``begin_move``
    raises, ``RequestHeld``, ``CaseNotReady``, ``NotCleared``, ``DuplicateOpen``, ``FundNotFound``,
    ``OtherCurrency``, ``OtherFund``, ``FundOverdrawn``, ``KeyCopyMissing``.
    """
    begin_move(work, request, AidStatus.APPROVED, Trigger.APPROVAL)
    reserved = request.status is AidStatus.APPROVED
    if reserved and is_approved(work, request):
        raise AidMoveRefused
    require_ready(work, get_case(work, request.case_id), Task.APPROVE_AID)
    if request.held:
        raise RequestHeld
    fund = ledger.lock_fund(work, fund_id, {request.team_id})
    if fund.currency != request.currency:
        raise OtherCurrency
    if request.fund_id not in {None, fund_id}:
        raise OtherFund
    index_payee(work, request, work.vault.open(request.detail))
    if is_possible_duplicate(work, request, AidAct.APPROVE):
        request.held = True
        return record_event(work, request, EventKind.AID_HELD)
    request.fund_id = fund_id
    raise_class(work, request)
    show_to_leads_if_needed(work, request)
    add_step(work, request, AidAct.APPROVE, None)
    work.session.flush()
    if not is_approved(work, request):
        return record_event(work, request, EventKind.AID_APPROVED_IN_PART)
    if not reserved:
        ledger.reserve(work, fund, request.total)
    request.status = AidStatus.APPROVED
    return record_event(work, request, EventKind.AID_APPROVED)
