"""Reroutes: new legs for one that is waiting, under way or over, and for those behind it.

- Who is on the road stays there: the first new leg takes over as it is, departed, with the same
  escort, expected when the person was expected. A silence goes on, with what was acknowledged.
- The words of the journey stay: what somebody says who was told of no new way is heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from app.audit.events import EventKind
from app.relocation.details import list_escalations
from app.relocation.errors import LegMoveRefused
from app.relocation.legs import (
    LegDraft,
    leg_scope,
    list_plan_legs,
    lock_journey,
    require_planner,
)
from app.relocation.models import Leg, LegRecord, LegStatus
from app.relocation.moves import MOVES, WAITING, require_open, set_status
from app.relocation.service import extend_with, require_plan_ready
from app.vault.models import GrantReason
from app.watch.models import LegEscalation
from app.work import Work

_UNDER_WAY = frozenset({LegStatus.DEPARTED, LegStatus.MISSED})


def reroute(work: Work, leg_id: UUID, drafts: Sequence[LegDraft]) -> list[Leg]:
    """Replace a leg, and the later ones that have not departed, by new legs with new phrases.

    Returns the new legs. Raises ``LegNotFound``, ``PlanOver``, ``LegMoveRefused``,
    ``NotPlanner``, ``CaseNotReady`` before anybody has departed, and as ``Work.claim`` and
    ``add_legs`` do.
    """
    plan, leg = lock_journey(work, leg_id)
    work.claim(leg)
    require_planner(work, leg)
    require_open(plan)
    require_plan_ready(work, plan)
    if MOVES.find(leg.status, LegStatus.REROUTED) is None:
        raise LegMoveRefused
    legs = list_plan_legs(work, plan, lock=True)
    before = [
        other
        for other in legs
        if other.position < leg.position and other.status is not LegStatus.REROUTED
    ]
    under_way = leg.status in _UNDER_WAY
    expected_at, escorted = leg.expected_at, _is_escorted(work, leg)
    for other in legs:
        later = other.position > leg.position and other.status in WAITING
        if other.id == leg.id or later:
            set_status(work, other, LegStatus.REROUTED)
    after = None if under_way or not before else before[-1]
    new = extend_with(work, plan, drafts, after=after, position=leg.position)
    if under_way:
        _take_over(work, leg, new[0])
        if expected_at is not None and new[0].due_at is not None:
            new[0].expected_at = min(expected_at, new[0].due_at)
            _go_on_counting(work, leg, new[0])
        if escorted:
            _keep_escort(work, leg, new[0])
    return new


def _is_escorted(work: Work, leg: Leg) -> bool:
    return leg.escort_id in work.grants.holders(leg.case_id, leg_scope(leg.id))


def _take_over(work: Work, old: Leg, new: Leg) -> None:
    """Let a new leg go on where the old one was left."""
    left_at = work.vault.open(old.record).left_at
    work.vault.seal(new.record, LegRecord(left_at=left_at))
    new.escort_id = old.escort_id
    set_status(work, new, LegStatus.DEPARTED)


def _go_on_counting(work: Work, old: Leg, new: Leg) -> None:
    """Let the new leg have the levels that the present silence has reached already."""
    for row in list_escalations(work, [old]):
        copied = LegEscalation(
            case_id=new.case_id,
            leg_id=new.id,
            silence=new.silence,
            level=row.level,
            notified=row.notified,
            reached_on=row.reached_on,
            acknowledged_on=row.acknowledged_on,
        )
        if row.acknowledged_on is not None:
            work.vault.seal(copied.acknowledgement, work.vault.open(row.acknowledgement))
        work.session.add(copied)


def _keep_escort(work: Work, old: Leg, new: Leg) -> None:
    if old.escort_id is None:
        return
    work.grants.grant_all(
        new.case_id,
        [old.escort_id],
        [leg_scope(new.id)],
        reason=GrantReason.ESCORT,
        about=new.id,
    )
    work.trail.record(
        EventKind.LEG_ESCORTED, new.case_id, leg=str(new.id), escort=str(old.escort_id)
    )
