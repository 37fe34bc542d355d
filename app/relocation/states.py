"""What may follow what on a leg, and how silence counts: data and arithmetic.

``MOVES`` is what the API serves and what the service obeys. Beyond the chain of departures and
arrivals, a leg that has not departed may be called off (aborted). Knows no rows' keys, no HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.relocation.models import LegKind, LegStatus
from app.watch.models import EscalationLevel, NotifiedGroup


class Mover(StrEnum):
    """Who makes a move: the leg's escort (or a planner), a planner, or a reroute alone."""

    ESCORT = "escort"
    PLANNER = "planner"
    REROUTE = "reroute"


@dataclass(frozen=True, slots=True)
class Move:
    """One allowed move of a leg."""

    origin: LegStatus
    to: LegStatus
    by: Mover


_S = LegStatus
MOVES: tuple[Move, ...] = (
    Move(_S.PLANNED, _S.READY, Mover.PLANNER),
    Move(_S.PLANNED, _S.ABORTED, Mover.PLANNER),
    Move(_S.PLANNED, _S.REROUTED, Mover.REROUTE),
    Move(_S.READY, _S.DEPARTED, Mover.ESCORT),
    Move(_S.READY, _S.ABORTED, Mover.PLANNER),
    Move(_S.READY, _S.REROUTED, Mover.REROUTE),
    Move(_S.DEPARTED, _S.ARRIVED, Mover.ESCORT),
    Move(_S.DEPARTED, _S.MISSED, Mover.ESCORT),
    Move(_S.DEPARTED, _S.ABORTED, Mover.ESCORT),
    Move(_S.DEPARTED, _S.REROUTED, Mover.REROUTE),
    Move(_S.ARRIVED, _S.REROUTED, Mover.REROUTE),
    Move(_S.MISSED, _S.REROUTED, Mover.REROUTE),
    Move(_S.ABORTED, _S.REROUTED, Mover.REROUTE),
)

WAITING = frozenset({_S.PLANNED, _S.READY})
"""Not departed yet: a reroute before them takes them along."""

DUE = frozenset({_S.PLANNED, _S.READY, _S.DEPARTED})
"""Something is still expected: the ladder climbs."""

UNRESOLVED = DUE | {_S.MISSED}
"""The escort still needs the leg: a missed one is over only when another takes over."""

MOVING = frozenset(
    {
        LegKind.WALK,
        LegKind.MOTORBIKE,
        LegKind.VEHICLE,
        LegKind.BOAT,
        LegKind.BUS,
        LegKind.CROSSING,
    }
)
"""The kinds that count as a move from place to place."""

LONGEST_UNTIL_MISSING = timedelta(hours=12)
TOLD: dict[EscalationLevel, NotifiedGroup] = {
    EscalationLevel.LATE: NotifiedGroup.COORDINATORS,
    EscalationLevel.OVERDUE: NotifiedGroup.COORDINATORS,
    EscalationLevel.MISSING: NotifiedGroup.COORDINATORS_AND_LEADS,
}


def find_move(origin: LegStatus, to: LegStatus) -> Move | None:
    """Return the move from one status to another, or None where there is none."""
    return next((move for move in MOVES if (move.origin, move.to) == (origin, to)), None)


def reached_at(rung: EscalationLevel, expected_at: datetime, grace_minutes: int) -> datetime:
    """Return when a silent leg reaches a rung.

    Late at once, overdue after the grace, missing after three times the grace, and never more
    than twelve hours after overdue.
    """
    grace = timedelta(minutes=grace_minutes)
    if rung is EscalationLevel.LATE:
        return expected_at
    if rung is EscalationLevel.OVERDUE:
        return expected_at + grace
    return expected_at + grace + min(2 * grace, LONGEST_UNTIL_MISSING)


def rungs_reached(
    expected_at: datetime | None, grace_minutes: int, now: datetime
) -> list[EscalationLevel]:
    """Return the rungs reached by now, lowest first; none for a leg of which nothing is due."""
    if expected_at is None:
        return []
    return [rung for rung in EscalationLevel if reached_at(rung, expected_at, grace_minutes) < now]
