"""Who is moving and who is silent, for coordinators.

The watch shows a coordinator the journeys that they hold, the most urgent first. Levels are read
off the clock here, so that the watch is right also when the worker has stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import exists, or_, select

from app.cases import service as intake
from app.cases.models import Case
from app.casework import held
from app.relocation.holding import ROUTE, holds_leg
from app.relocation.models import Leg, LegRecord, LegStatus, Plan, PlanStatus
from app.relocation.states import rungs_reached
from app.vault.models import Grant
from app.vault.queries import live_grants
from app.watch.escalation import find_unseen_duress, list_rungs
from app.watch.models import EscalationLevel, Word
from app.work import Work

ALARMS_KEPT = timedelta(days=14)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_STRANDED = frozenset({LegStatus.MISSED, LegStatus.ABORTED})


class Urgency(IntEnum):
    """What a coordinator looks at first. What is in hand comes after what is not."""

    DURESS = 0
    MISSING = 10
    OVERDUE = 20
    STRANDED = 30
    LATE = 40
    MOVING = 50


_URGENCY = {
    EscalationLevel.MISSING: Urgency.MISSING,
    EscalationLevel.OVERDUE: Urgency.OVERDUE,
    EscalationLevel.LATE: Urgency.LATE,
}
_IN_HAND = 1

Position: TypeAlias = tuple[int, datetime, UUID]


@dataclass(frozen=True, slots=True)
class Watched:
    """One leg that is moving, silent or worse. ``stranded``: ended on the road, nothing after."""

    leg: Leg
    called: str | None
    rung: EscalationLevel | None
    minutes_past_due: int
    acknowledged: bool
    duress: bool
    stranded: bool
    record: LegRecord

    @property
    def position(self) -> Position:
        """Sort keys: the most urgent first, then the longest silent."""
        if self.duress:
            rank = int(Urgency.DURESS)
        elif self.rung is not None:
            rank = _URGENCY[self.rung] + (_IN_HAND if self.acknowledged else 0)
        else:
            rank = int(Urgency.STRANDED if self.stranded else Urgency.MOVING)
        return rank, self.leg.expected_at or _LONG_AGO, self.leg.id


def watch(work: Work, *, after: Position | None = None, limit: int) -> list[Watched]:
    """Return up to ``limit`` legs of the journeys that the principal holds, most urgent first."""
    legs = _candidates(work)
    records = dict(zip(legs, work.vault.open_listed([leg.record for leg in legs]), strict=True))
    forced = [leg for leg, record in records.items() if record.duress is Word.DURESS]
    unseen = {check_in.leg_id for check_in, _ in find_unseen_duress(work, forced)}
    taken = {
        (rung.leg_id, rung.rung)
        for rung in list_rungs(work, legs)
        if rung.acknowledged_on is not None
    }
    called = _call_signs(work, {leg.case_id for leg in legs})
    found = []
    for leg, record in records.items():
        reached = rungs_reached(leg.expected_at, leg.grace_minutes, work.now())
        rung = reached[-1] if reached else None
        watched = Watched(
            leg,
            called.get(leg.case_id),
            rung,
            _minutes_past_due(leg, work.now()),
            (leg.id, rung) in taken,
            leg.id in unseen,
            leg.status in _STRANDED and record.left_at is not None,
            record,
        )
        if rung or watched.duress or watched.stranded or leg.status is LegStatus.DEPARTED:
            found.append(watched)
    found.sort(key=lambda watched: watched.position)
    return [watched for watched in found if after is None or watched.position > after][:limit]


def _candidates(work: Work) -> Sequence[Leg]:
    """Return the legs of open plans, and of those that ended lately, that the principal holds."""
    held = exists().where(
        Grant.case_id == Leg.case_id,
        Grant.holder_id == work.principal.id,
        live_grants(work.today()),
    )
    ended = work.today() - ALARMS_KEPT
    legs = work.session.scalars(
        select(Leg)
        .join(Plan, Plan.id == Leg.plan_id)
        .where(or_(Plan.status == PlanStatus.OPEN, Plan.moved_on >= ended), held)
    ).all()
    work.grants.load({leg.case_id for leg in legs})
    return [leg for leg in legs if work.grants.holds(leg.case_id, ROUTE) and holds_leg(work, leg)]


def _call_signs(work: Work, case_ids: set[UUID]) -> dict[UUID, str]:
    query = intake.held_cases(work).where(Case.id.in_(case_ids))
    cases = [case for case in work.session.scalars(query) if work.grants.holds(case.id)]
    summaries = held.list_summaries(work, cases)
    return {case.id: summary.call_sign for case, summary in zip(cases, summaries, strict=True)}


def _minutes_past_due(leg: Leg, now: datetime) -> int:
    if leg.expected_at is None:
        return 0
    return max(0, int((now - leg.expected_at).total_seconds() // 60))
