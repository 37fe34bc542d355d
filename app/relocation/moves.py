"""Moves of legs: what may follow what, and what a move brings with it.

- Departures, arrivals and what goes wrong on the road are for the escort and the planners; the
  rest is for planners. A leg that has not departed can be called off (aborted).
- A reroute is an act of its own: it needs new legs.
- News is heard out of order: a departure on a leg that nobody called ready, an arrival on one that
  was given up as missed. It closes the legs that lie behind: who has departed on the third is on no
  other.
- Times that cannot be are refused: nobody arrives before they left, or leaves before they arrived.
- A planner moves the time at which a leg is due; what was moved, by whom and why stays on record.
- The arrival of the last leg finishes the plan. A leg's end ends its escort's grant.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from app.audit.events import EventKind
from app.casework.moves import Move, MoveTable, Trigger
from app.permissions import Permission
from app.relocation.errors import (
    DueOutOfOrder,
    HappenedOutOfOrder,
    LegMoveRefused,
    LegOver,
    PlanOver,
)
from app.relocation.legs import check_due, list_plan_legs, lock_journey, require_planner
from app.relocation.models import DueMove, Leg, LegRecord, LegStatus, Plan, PlanStatus
from app.relocation.timer import happened_at, move_timer, record_contact
from app.text.dates import minute_of
from app.work import Work

_S = LegStatus


def _escort(source: LegStatus, target: LegStatus) -> Move[LegStatus]:
    return Move(source=source, target=target, needs=Permission.LEG_CHECK_IN)


def _planner(source: LegStatus, target: LegStatus) -> Move[LegStatus]:
    return Move(source=source, target=target, needs=Permission.PLAN_CHANGE)


def _news(source: LegStatus, target: LegStatus) -> Move[LegStatus]:
    needs = Permission.LEG_CHECK_IN
    return Move(source=source, target=target, needs=needs, trigger=Trigger.NEWS)


def _reroute(source: LegStatus) -> Move[LegStatus]:
    return Move(
        source=source,
        target=_S.REROUTED,
        needs=Permission.PLAN_CHANGE,
        trigger=Trigger.REROUTE,
    )


MOVES: Final = MoveTable(
    LegStatus,
    {
        _S.PLANNED: (
            _planner(_S.PLANNED, _S.READY),
            _news(_S.PLANNED, _S.DEPARTED),
            _planner(_S.PLANNED, _S.ABORTED),
            _reroute(_S.PLANNED),
        ),
        _S.READY: (
            _escort(_S.READY, _S.DEPARTED),
            _planner(_S.READY, _S.ABORTED),
            _reroute(_S.READY),
        ),
        _S.DEPARTED: (
            _escort(_S.DEPARTED, _S.ARRIVED),
            _escort(_S.DEPARTED, _S.MISSED),
            _escort(_S.DEPARTED, _S.ABORTED),
            _reroute(_S.DEPARTED),
        ),
        _S.ARRIVED: (_reroute(_S.ARRIVED),),
        _S.MISSED: (_news(_S.MISSED, _S.ARRIVED), _reroute(_S.MISSED)),
        _S.ABORTED: (_reroute(_S.ABORTED),),
        _S.REROUTED: (),
    },
)

WAITING = frozenset({_S.PLANNED, _S.READY})
"""Not departed yet: a reroute before them replaces them too."""

DUE = frozenset({_S.PLANNED, _S.READY, _S.DEPARTED})
"""A contact is expected: silence escalates."""

UNRESOLVED = DUE | {_S.MISSED}
"""The escort still needs the leg: a missed one is over only when another replaces it."""


def move_leg(
    work: Work,
    leg_id: UUID,
    to: LegStatus,
    *,
    reason: str | None = None,
    at: datetime | None = None,
) -> Leg:
    """Move a leg to another status; the arrival of the last leg finishes the plan.

    ``at`` is when it happened, if not now. Raises ``LegNotFound``, ``PlanOver``,
    ``LegMoveRefused``, ``NotPlanner``, ``HappenedOutOfRange``, ``HappenedOutOfOrder``, and as
    ``Work.claim`` does.
    """
    plan, leg = lock_journey(work, leg_id)
    work.claim(leg)
    require_open(plan)
    news = MOVES.find(leg.status, to, Trigger.NEWS)
    move = news or MOVES.find_manual(leg.status, to)
    if move is None:
        raise LegMoveRefused
    if move.needs is Permission.PLAN_CHANGE:
        require_planner(work, leg)
    _record_move(work, plan, leg, to, reason, happened_at(work, at))
    set_status(work, leg, to)
    if to in {LegStatus.DEPARTED, LegStatus.ARRIVED}:
        _close_behind(work, plan, leg)
    if to is LegStatus.ARRIVED and _is_last(work, plan, leg):
        end_plan(work, plan, PlanStatus.FINISHED)
    work.session.flush()
    return leg


def _record_move(
    work: Work, plan: Plan, leg: Leg, to: LegStatus, reason: str | None, moment: datetime
) -> None:
    record = work.vault.open(leg.record)
    if to is LegStatus.DEPARTED:
        _require_order(work, plan, leg, moment)
        record = replace(record, left_at=moment)
    elif to is LegStatus.ARRIVED:
        record = replace(record, left_at=_left_before(work, record, moment), arrived_at=moment)
    if to in {LegStatus.DEPARTED, LegStatus.ARRIVED}:
        record_contact(leg, moment, work.deployment.time_span())
    work.vault.seal(leg.record, replace(record, reason=reason or record.reason))


def _left_before(work: Work, record: LegRecord, arrived_at: datetime) -> datetime | None:
    """Return when a leg was begun that ends now; raises ``HappenedOutOfOrder`` for before that.

    A departure that lies ahead was written by a wrong clock: it was no later than the arrival.
    """
    left_at = record.left_at
    if left_at is None or left_at <= arrived_at:
        return left_at
    if left_at > work.now():
        return arrived_at
    raise HappenedOutOfOrder("at")


def _require_order(work: Work, plan: Plan, leg: Leg, left_at: datetime) -> None:
    """Raise ``HappenedOutOfOrder`` for a departure before an arrival on an earlier leg.

    As far as the principal holds those: an escort holds one leg.
    """
    for other in list_plan_legs(work, plan):
        record = work.vault.find(other.record) if other.position < leg.position else None
        arrived_at = None if record is None else record.arrived_at
        if arrived_at is not None and left_at < arrived_at <= work.now():
            raise HappenedOutOfOrder("at")


def _close_behind(work: Work, plan: Plan, leg: Leg) -> None:
    """Close the legs that lie behind one on which somebody has departed or arrived.

    Those under way have arrived; those on which nobody departed are called off.
    """
    for other in list_plan_legs(work, plan, lock=True):
        if other.position < leg.position and other.status in UNRESOLVED:
            waited = other.status in WAITING
            set_status(work, other, LegStatus.ABORTED if waited else LegStatus.ARRIVED)


def move_due(work: Work, leg_id: UUID, due_at: datetime, reason: str | None = None) -> Leg:
    """Move the time at which a leg is due; legs behind it that wait move with it when put off.

    Raises ``LegNotFound``, ``NotPlanner``, ``LegOver``, ``DueOutOfRange``, ``DueOutOfOrder``, and
    as ``Work.claim`` does.
    """
    plan, leg = lock_journey(work, leg_id)
    work.claim(leg)
    require_planner(work, leg)
    if leg.status not in DUE or leg.due_at is None:
        raise LegOver
    legs = list_plan_legs(work, plan, lock=True)
    due_at = minute_of(due_at)
    check_due(work, due_at, "due_at")
    earlier = [one for one in legs if one.position < leg.position and one.status in DUE]
    if any(one.due_at is not None and one.due_at > due_at for one in earlier):
        raise DueOutOfOrder("due_at")
    later = [one for one in legs if one.position > leg.position and one.status in DUE]
    was = {one.id: one.due_at for one in (leg, *later)}
    move_timer(leg, later, due_at)
    for one in (leg, *later):
        if one.due_at != was[one.id]:
            _record_due(work, one, was[one.id], reason)
    work.trail.record(EventKind.LEG_DUE_MOVED, leg.case_id, leg=str(leg.id))
    work.session.flush()
    return leg


def _record_due(work: Work, leg: Leg, was: datetime | None, reason: str | None) -> None:
    if leg.due_at is None or was is None:
        return
    record = work.vault.open(leg.record)
    moved = DueMove(was, leg.due_at, work.principal.id, minute_of(work.now()), reason)
    work.vault.seal(leg.record, replace(record, due_moves=(*record.due_moves, moved)))


def _is_last(work: Work, plan: Plan, leg: Leg) -> bool:
    return not any(
        other.position > leg.position and other.status in UNRESOLVED
        for other in list_plan_legs(work, plan)
    )


def set_status(work: Work, leg: Leg, to: LegStatus) -> None:
    """Give a leg its new status: its timer stops and its escort's grant ends with it."""
    was = leg.status
    leg.status = to
    leg.moved_on = work.today()
    if to not in DUE:
        leg.expected_at = leg.due_at = None
    if to not in UNRESOLVED:
        work.grants.end(leg.case_id, about=leg.id)
    work.trail.record(
        EventKind.LEG_MOVED, leg.case_id, leg=str(leg.id), was=was.value, became=to.value
    )


def require_open(plan: Plan) -> None:
    """Raise ``PlanOver`` for a plan that is finished or abandoned."""
    if plan.status is not PlanStatus.OPEN:
        raise PlanOver


def end_plan(work: Work, plan: Plan, status: PlanStatus) -> None:
    """End a plan with every leg of it that is still open.

    When the last leg has arrived, earlier legs that were under way have arrived too.
    """
    under_way = LegStatus.ARRIVED if status is PlanStatus.FINISHED else LegStatus.ABORTED
    for leg in list_plan_legs(work, plan, lock=True):
        if leg.status in DUE:
            over = under_way if leg.status is LegStatus.DEPARTED else LegStatus.ABORTED
            set_status(work, leg, over)
        elif leg.status in UNRESOLVED:
            work.grants.end(leg.case_id, about=leg.id)
    plan.status = status
    plan.moved_on = work.today()
    work.trail.record(EventKind.PLAN_MOVED, plan.case_id, plan=str(plan.id), became=status.value)
