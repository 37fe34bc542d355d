"""How many independent sources there are. Pure; knows checks and nothing else.

Sources of one kind count once, however often they are asked. Vouchers count once for each circle
of people who know one another: linked checks, and the same name twice, are one circle.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from app.vetting.models import Check, Finding, Source

ENOUGH = 2
"""How many independent sources a verified outcome rests on."""


def independent_days(checks: Mapping[UUID, Check]) -> list[date]:
    """Return the latest day on which each independent source was consistent, newest first.

    Links count in both directions, and through vouchers whose own word was unclear.
    """
    circles = _circles(checks)
    latest: dict[str | UUID, date] = {}
    for check_id, check in checks.items():
        if check.finding is not Finding.CONSISTENT:
            continue
        source = circles.get(check_id, check.source.value)
        day = check.made_at.date()
        latest[source] = max(day, latest.get(source, day))
    return sorted(latest.values(), reverse=True)


def _circles(checks: Mapping[UUID, Check]) -> dict[UUID, UUID]:
    """Return for each voucher's check the one that stands for its circle."""
    circle = {key: key for key, check in checks.items() if check.source is Source.VOUCHER}
    named: dict[str, UUID] = {}
    for check_id in circle:
        check = checks[check_id]
        name = " ".join((check.voucher or "").casefold().split())
        known = (*check.linked_to, *((named.setdefault(name, check_id),) if name else ()))
        for other in known:
            if other in circle:
                _join(circle, check_id, other)
    return circle


def _join(circle: dict[UUID, UUID], one: UUID, other: UUID) -> None:
    kept, absorbed = circle[one], circle[other]
    for check_id, stands_for in circle.items():
        if stands_for == absorbed:
            circle[check_id] = kept
