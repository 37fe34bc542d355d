"""The contact timer of a leg: when the next contact is due, and how late it is.

- A leg is late as soon as the next contact is due, overdue after the grace, missing after three
  times the grace, and never more than twelve hours after overdue.
- A contact restarts the timer and begins a new silence; it never moves the timer earlier.

Arithmetic only: knows no keys and writes nothing but the timer.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from app.relocation.errors import HappenedOutOfRange
from app.relocation.models import Leg
from app.text.dates import minute_of
from app.watch.models import EscalationLevel
from app.work import Work

LONGEST_UNTIL_MISSING = timedelta(hours=12)
OLDEST_NEWS = timedelta(days=30)


def record_contact(leg: Leg, at: datetime, now: datetime) -> None:
    """Restart the timer: next contact is due ``grace`` after ``at``; never moves it earlier.

    A contact older than the grace changes nothing: the silence goes on.
    """
    due = minute_of(at) + timedelta(minutes=leg.grace_minutes)
    if leg.expected_at is None or due <= now:
        return
    leg.expected_at = max(leg.expected_at, due)
    leg.silence += 1


def happened_at(work: Work, at: datetime | None) -> datetime:
    """Return the minute in which something happened: now if not given, as news travels slowly.

    Raises ``HappenedOutOfRange`` for a time in the future, or more than thirty days back.
    """
    moment = minute_of(at or work.now())
    if not work.now() - OLDEST_NEWS < moment <= work.now():
        raise HappenedOutOfRange("at")
    return moment


def level_reached_at(level: EscalationLevel, expected_at: datetime, grace_minutes: int) -> datetime:
    """Return when a silent leg reaches an escalation level."""
    grace = timedelta(minutes=grace_minutes)
    if level is EscalationLevel.LATE:
        return expected_at
    if level is EscalationLevel.OVERDUE:
        return expected_at + grace
    return expected_at + grace + min(2 * grace, LONGEST_UNTIL_MISSING)


def levels_reached(
    expected_at: datetime | None, grace_minutes: int, now: datetime
) -> list[EscalationLevel]:
    """Return the levels reached by now, lowest first; none for a leg of which nothing is due."""
    if expected_at is None:
        return []
    return [
        level
        for level in EscalationLevel
        if level_reached_at(level, expected_at, grace_minutes) < now
    ]
