"""Minutes, days and half-years in the organisation's time zone. Knows no rows and no clock.

A day is a day in the organisation's zone. Only this module makes one from a moment: half an hour
after midnight in Yangon it is still yesterday in UTC, and so in reports, caps and due dates.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.errors import Invalid

_JUNE = 6


class ZoneUnknown(Invalid):
    """This host knows no time zone of that name."""

    code = "zone.unknown"
    title = "There is no such time zone; write it like Asia/Yangon"


@lru_cache(maxsize=8)
def get_zone(name: str) -> ZoneInfo:
    """Return a time zone by its name, such as ``Asia/Yangon``; raises ``ZoneUnknown``."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ZoneUnknown("zone") from None


def day_of(at: datetime, zone: str) -> date:
    """Return the day that a moment lies in, in a zone."""
    return at.astimezone(get_zone(zone)).date()


def start_of_day(day: date, zone: str) -> datetime:
    """Return the moment at which a day begins in a zone."""
    return datetime.combine(day, time.min, get_zone(zone))


def minute_of(at: datetime) -> datetime:
    """Return the minute that a moment lies in: rows hold no finer time than that."""
    return at.replace(second=0, microsecond=0)


def months_between(first: date, last: date) -> int:
    """Return how many whole months lie between two days."""
    months = (last.year - first.year) * 12 + last.month - first.month
    return months - (last.day < min(first.day, monthrange(last.year, last.month)[1]))


def months_after(day: date, months: int) -> date:
    """Return the day so many months later, the last of its month where that is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def end_of_half_year(half_year: str) -> date:
    """Return the day after a half-year such as ``2026H1``."""
    year = int(half_year[:4])
    return date(year, _JUNE + 1, 1) if half_year.endswith("1") else date(year + 1, 1, 1)


def fixed_on(half_year: str, weeks: int) -> date:
    """Return the day from which a half-year is reported and fixed, so many weeks after its end."""
    return end_of_half_year(half_year) + timedelta(weeks=weeks)


def half_year_of(day: date) -> str:
    """Return the half-year of a day, such as ``2026H1``."""
    return f"{day.year}H{1 if day.month <= _JUNE else 2}"
