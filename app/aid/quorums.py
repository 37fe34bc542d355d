"""How many different people a request takes, by its sum and the group's preset.

- What counts is the sum of a series, and all that the case gets within a week in that currency;
  once a request is about a large sum, it stays so.
- Where a lead must be among the approvers, leads are given the request.

Knows rows of requests and who has approved; decides no move.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from app.accounts.service import list_members
from app.aid.duplicates import near_in_time
from app.aid.models import AidRequest, AidStatus
from app.aid.steps import approvers
from app.casework.involvement import active_members, merged_cases
from app.permissions import Role
from app.presets import PRESETS, Quorum, SumClass, class_of
from app.work import Work

_GIVEN: Final = frozenset(
    {AidStatus.APPROVED, AidStatus.PAID, AidStatus.CONFIRMED, AidStatus.DISPUTED}
)
_NOT_GIVEN: Final = frozenset({AidStatus.REFUSED, AidStatus.CANCELLED, AidStatus.REVERSED})


def sum_class_of(work: Work, currency: str, total: int) -> SumClass:
    """Return how much a total is here; a currency without a small sum has only large ones."""
    small_sum = work.deployment.organisation_settings.small_sums.get(currency, 0)
    return class_of(total, small_sum)


def quorum_of(work: Work, request: AidRequest) -> Quorum:
    """Return who must be different people in a request."""
    return PRESETS[work.deployment.organisation_settings.preset].money[request.sum_class]


def is_approved(work: Work, request: AidRequest) -> bool:
    """Return whether as many people as are needed have signed for what it is now, and are active.

    Raises ``Tampered`` where the steps are not as they were signed.
    """
    quorum = quorum_of(work, request)
    standing = active_members(work, approvers(work, request))
    if quorum.lead_approves:
        leads = {lead.id for lead in list_members(work, None, Role.LEAD)}
        if not leads & standing:
            return False
    return len(standing) >= quorum.approvers


def raise_class(work: Work, request: AidRequest) -> None:
    """Let a request be about as much as its series and its case's week come to by now."""
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
    now = sum_class_of(work, request.currency, sum(totals))
    request.sum_class = max(request.sum_class, now, key=list(SumClass).index)
