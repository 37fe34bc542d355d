"""The contact timer of a leg: when the next contact is due, and how late it is.

- A leg is late as soon as the next contact is due, overdue after the grace, missing after three
  times the grace, and never more than twelve hours after overdue.
- A contact restarts the timer and begins a new silence; it never moves the timer earlier.
- The timer never runs away: nothing is expected later than the leg was planned to be over, or than
  its grace from now. What a clock that was ahead has put off comes back by itself.

Arithmetic only: knows no keys and writes nothing but the timer.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeAlias

from app.relocation.errors import HappenedOutOfRange
from app.relocation.models import Leg
from app.text.dates import minute_of
from app.watch.models import EscalationLevel
from app.work import Work

LONGEST_UNTIL_MISSING = timedelta(hours=12)
OLDEST_NEWS = timedelta(days=30)
CLOCKS_DIFFER = timedelta(minutes=2)
"""How far the sender's clock may be ahead of ours in a move that happened just now."""

Span: TypeAlias = tuple[datetime, datetime]
"""The earliest and the latest present time that any clock says: ``Deployment.time_span``."""


def record_contact(leg: Leg, at: datetime, present: Span) -> None:
    """Restart the timer: next contact is due ``grace`` after ``at``; never moves it earlier.

    A contact older than the grace changes nothing: the silence goes on. Where clocks disagree,
    the contact counts from the earliest of them.
    """
    earliest, latest = present
    due = minute_of(min(at, earliest)) + timedelta(minutes=leg.grace_minutes)
    if leg.expected_at is None or due <= earliest:
        return
    leg.expected_at = max(due, min(leg.expected_at, _latest_expected(leg, latest)))
    leg.silence += 1


def bring_back(leg: Leg, latest: datetime) -> bool:
    """Bring back a timer that a wrong clock has put off; returns whether it had run away."""
    if leg.expected_at is None:
        return False
    bound = _latest_expected(leg, latest)
    if leg.expected_at <= bound:
        return False
    leg.expected_at = bound
    return True


def _latest_expected(leg: Leg, latest: datetime) -> datetime:
    after_grace = minute_of(latest) + timedelta(minutes=leg.grace_minutes)
    return after_grace if leg.due_at is None else max(leg.due_at, after_grace)


def happened_at(work: Work, at: datetime | None) -> datetime:
    """Return the minute in which something happened: now if not given, as news travels slowly.

    A sender's clock may be two minutes ahead of ours. Raises ``HappenedOutOfRange`` for a time
    further in the future, or more than thirty days back.
    """
    return _plausible(work, at, ahead=CLOCKS_DIFFER)


def heard_at(work: Work, at: datetime | None) -> datetime:
    """Return the minute in which somebody was heard; never later than now, whatever a clock said.

    Raises ``HappenedOutOfRange`` for more than thirty days back.
    """
    return _plausible(work, at, ahead=None)


def _plausible(work: Work, at: datetime | None, *, ahead: timedelta | None) -> datetime:
    now = work.now()
    said = at or now
    if said <= now - OLDEST_NEWS or (ahead is not None and said > now + ahead):
        raise HappenedOutOfRange("at")
    return minute_of(min(said, now))


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
