"""Approving a request: how many people must agree to how much, and out of which fund.

- Amounts are in minor units; tiers ascend from zero, and every currency of the ledger has them.
- Approvers of one request are different people and name the same fund.
- The last approver needed reserves the money.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from app.aid.duplicates import index_payee, is_possible_duplicate
from app.aid.errors import OtherFund, RequestHeld
from app.aid.models import AidAct, AidRequest, AidStatus, AidStep
from app.aid.service import add_step, begin_move, record_event
from app.audit.events import EventKind
from app.cases.service import get_case
from app.casework.moves import Trigger
from app.casework.readiness import Task, require_ready
from app.ledger import service as ledger
from app.ledger.currencies import MINOR_DIGITS
from app.ledger.errors import OtherCurrency
from app.work import Work


@dataclass(frozen=True, slots=True)
class Tier:
    """Amounts above ``above`` need this many approvers."""

    above: int
    approvers: int


TIERS: Final[Mapping[str, tuple[Tier, ...]]] = MappingProxyType(
    {
        "EUR": (Tier(0, 1), Tier(30_00, 2)),
        "MMK": (Tier(0, 1), Tier(50_000_00, 2)),
        "THB": (Tier(0, 1), Tier(1_000_00, 2)),
        "USD": (Tier(0, 1), Tier(30_00, 2)),
    }
)

if set(TIERS) != set(MINOR_DIGITS):
    raise TypeError(f"aid: no tiers for {sorted(set(MINOR_DIGITS) ^ set(TIERS))}")


def approvers_needed(currency: str, total: int) -> int:
    """Return how many different people must approve a total."""
    return max(tier.approvers for tier in TIERS[currency] if total > tier.above)


def approve(work: Work, request: AidRequest, fund_id: UUID) -> AidRequest:
    """Approve a request out of a fund; the last approver needed reserves the money.

    A possible duplicate is not approved: the request is returned held. Raises what ``begin_move``
    raises, ``RequestHeld``, ``CaseNotReady``, ``FundNotFound``, ``OtherCurrency``, ``OtherFund``,
    ``FundOverdrawn``, ``KeyCopyMissing``.
    """
    begin_move(work, request, AidStatus.APPROVED, Trigger.APPROVAL)
    require_ready(work, get_case(work, request.case_id), Task.APPROVE_AID)
    if request.held:
        raise RequestHeld
    fund = ledger.lock_fund(work, fund_id, request.team_id)
    if fund.currency != request.currency:
        raise OtherCurrency
    if request.fund_id not in {None, fund_id}:
        raise OtherFund
    index_payee(work, request, work.vault.open(request.detail))
    if is_possible_duplicate(work, request, AidAct.APPROVE):
        request.held = True
        return record_event(work, request, EventKind.AID_HELD)
    request.fund_id = fund_id
    approvals = 1 + _count_approvals(work, request)
    add_step(work, request, AidAct.APPROVE, None)
    if approvals < approvers_needed(request.currency, request.total):
        return record_event(work, request, EventKind.AID_APPROVED_IN_PART)
    ledger.reserve(work, fund, request.total)
    request.status = AidStatus.APPROVED
    return record_event(work, request, EventKind.AID_APPROVED)


def _count_approvals(work: Work, request: AidRequest) -> int:
    return work.session.scalars(
        select(func.count())
        .select_from(AidStep)
        .where(AidStep.request_id == request.id, AidStep.act == AidAct.APPROVE)
    ).one()
