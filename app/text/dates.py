"""Times as people here write and count them: minutes, half-years. Knows no rows and no clock."""

from __future__ import annotations

from datetime import date, datetime

_JUNE = 6


def minute_of(at: datetime) -> datetime:
    """Return the minute that a moment lies in: rows hold no finer time than that."""
    return at.replace(second=0, microsecond=0)


def half_year_of(day: date) -> str:
    """Return the half-year of a day, such as ``2026H1``."""
    return f"{day.year}H{1 if day.month <= _JUNE else 2}"
