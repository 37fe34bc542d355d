"""Approving a request: how many people must agree to how much, and out of which fund.

- What counts against a tier is the sum of a series, and of all that the case gets within a week in
  that currency; once a request needs two, it needs two.
- Approvers of one request are different people who stand now, and name the same fund; who released
  its hold is none of them.
- The last approver needed reserves the money. Where an approver stands no more, one more approves.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select

from app.aid.duplicates import index_payee, is_possible_duplicate, near_in_time
from app.aid.errors import AidMoveRefused, OtherFund, RequestHeld
from app.aid.models import AidAct, AidRequest, AidStatus
from app.aid.moves import approvers_needed
from app.aid.service import begin_move, record_event
from app.aid.steps import add_step, approvers
from app.audit.events import EventKind
from app.cases.service import get_case
from app.casework.moves import Trigger
from app.casework.readiness import Task, require_ready
from app.casework.standing import merged_cases, standing_members
from app.ledger import service as ledger
from app.ledger.errors import OtherCurrency
from app.work import Work

_GIVEN: Final = frozenset(
    {AidStatus.APPROVED, AidStatus.PAID, AidStatus.CONFIRMED, AidStatus.DISPUTED}
)
_NOT_GIVEN: Final = frozenset({AidStatus.REFUSED, AidStatus.CANCELLED, AidStatus.REVERSED})


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
    request.approvers_needed = max(request.approvers_needed, _needed_now(work, request))
    add_step(work, request, AidAct.APPROVE, None)
    work.session.flush()
    if not is_approved(work, request):
        return record_event(work, request, EventKind.AID_APPROVED_IN_PART)
    if not reserved:
        ledger.reserve(work, fund, request.total)
    request.status = AidStatus.APPROVED
    return record_event(work, request, EventKind.AID_APPROVED)


def is_approved(work: Work, request: AidRequest) -> bool:
    """Return whether as many people as are needed have signed for what it is now, and are active.

    Raises ``Tampered`` where the steps are not as they were signed.
    """
    return len(standing_members(work, approvers(work, request))) >= request.approvers_needed


def _needed_now(work: Work, request: AidRequest) -> int:
    """Return how many must approve, by the sums of the series and of the case's week."""
    of_series = select(AidRequest.total).where(
        AidRequest.series_id == request.series_id, AidRequest.status.not_in(_NOT_GIVEN)
    )
    of_week = select(AidRequest.total).where(
        AidRequest.case_id.in_(merged_cases(work, request.case_id)),
        AidRequest.series_id != request.series_id,
        AidRequest.currency == request.currency,
        AidRequest.status.in_(_GIVEN),
        near_in_time(work, request),
    )
    totals = [*work.session.scalars(of_series), *work.session.scalars(of_week)]
    return approvers_needed(
        work.deployment.organisation_settings.preset, request.currency, sum(totals)
    )
