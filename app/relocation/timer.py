"""The contact timer of a leg: when the next contact is due, and how late it is.

- A leg is late as soon as the next contact is due, overdue after the grace, missing after three
  times the grace, and never more than twelve hours after overdue.
- A contact restarts the timer and begins a new silence; it never moves the timer earlier.
- A planner moves the time at which a leg is due; who is on the road says when the next sign comes,
  at most a day ahead. Legs that wait behind it move by as much.
- The timer never runs away: nothing is expected later than the leg is planned to be over, or than
  its grace from now. What a clock that was ahead has put off comes back by itself.

Arithmetic only: knows no keys and writes nothing but the timer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from app.relocation.errors import HappenedOutOfRange
from app.relocation.models import Leg
from app.text.dates import minute_of
from app.watch.models import EscalationLevel
from app.work import Work

LONGEST_UNTIL_MISSING = timedelta(hours=12)
OLDEST_NEWS = timedelta(days=30)
LONGEST_PROMISE = timedelta(hours=24)
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
    was = leg.expected_at if leg.due_at is None else max(leg.expected_at, leg.due_at)
    leg.expected_at = max(due, min(was, _latest_expected(leg, latest)))
    leg.silence += 1


def put_off(leg: Leg, later: Iterable[Leg], until: datetime, present: Span) -> None:
    """Expect the next contact at the time that the person gave, if that is later than planned.

    No more than a day ahead. ``later`` are the legs behind it: those that are due move as well.
    """
    if leg.expected_at is None or leg.due_at is None or until.tzinfo is None:
        return
    moment = minute_of(min(until, present[0] + LONGEST_PROMISE))
    if moment > leg.expected_at:
        move_timer(leg, later, moment)


def move_timer(leg: Leg, later: Iterable[Leg], due_at: datetime) -> None:
    """Move the time at which a leg is due, and begin a new silence.

    The legs behind it that are due move by as much where this one is put off.
    """
    delay = due_at - (leg.due_at or due_at)
    leg.expected_at = leg.due_at = due_at
    leg.silence += 1
    for other in later:
        if delay > timedelta() and other.expected_at is not None and other.due_at is not None:
            other.expected_at += delay
            other.due_at += delay
            other.silence += 1


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
    now = work.now()
    said = at or now
    if not now - OLDEST_NEWS < said <= now + CLOCKS_DIFFER:
        raise HappenedOutOfRange("at")
    return minute_of(min(said, now))


@dataclass(frozen=True, slots=True)
class HeardAt:
    """When somebody was heard, as far as can be believed.

    ``said_at``: what the sender's clock said, where that cannot be. ``is_fresh``: it is not so old
    that it may be no news at all.
    """

    at: datetime
    said_at: datetime | None = None
    is_fresh: bool = True


def heard_at(work: Work, at: datetime | None) -> HeardAt:
    """Return when somebody was heard: the time of arrival where the sender's clock cannot be right.

    Never refused: not for a time ahead, without a zone, or long past.
    """
    now = minute_of(work.now())
    if at is None:
        return HeardAt(now)
    said = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    if at.tzinfo is None or said > work.now():
        return HeardAt(now, said)
    if said <= now - OLDEST_NEWS:
        return HeardAt(now, said, is_fresh=False)
    return HeardAt(minute_of(said))


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
