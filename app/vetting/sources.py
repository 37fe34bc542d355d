"""How many independent sources there are. Pure; knows checks and nothing else.

- Sources of one kind count once, however many checks they have.
- Vouchers who know one another count once: linked checks, and checks with the same name, are one
  group.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from uuid import UUID

from app.text.folding import fold
from app.vetting.models import CheckDetail, VettingFinding, VettingSource

ENOUGH = 2
"""How many independent sources a verified outcome rests on."""


def independent_days(
    checks: Mapping[UUID, CheckDetail], day_of: Callable[[datetime], date]
) -> list[date]:
    """Return the latest day on which each independent source was consistent, newest first.

    ``day_of`` returns the day of a moment in the organisation's zone.

    Links count in both directions, and through vouchers whose own word was unclear.
    """
    groups = _voucher_groups(checks)
    latest: dict[str | UUID, date] = {}
    for check_id, check in checks.items():
        if check.finding is not VettingFinding.CONSISTENT:
            continue
        source = groups.get(check_id, check.source.value)
        day = day_of(check.made_at)
        latest[source] = max(day, latest.get(source, day))
    return sorted(latest.values(), reverse=True)


def _voucher_groups(checks: Mapping[UUID, CheckDetail]) -> dict[UUID, UUID]:
    """Return for each voucher's check the check that identifies its group."""
    group = {key: key for key, check in checks.items() if check.source is VettingSource.VOUCHER}
    named: dict[str, UUID] = {}
    for check_id in group:
        check = checks[check_id]
        name = fold(check.voucher or "")
        known = (*check.linked_to, *((named.setdefault(name, check_id),) if name else ()))
        for other in known:
            if other in group:
                _join(group, check_id, other)
    return group


def _join(group: dict[UUID, UUID], one: UUID, other: UUID) -> None:
    kept, absorbed = group[one], group[other]
    for check_id, leader in group.items():
        if leader == absorbed:
            group[check_id] = kept
