"""The coordinators' list: who is on the road, who is silent, who said a duress word.

- It shows the legs whose journey the principal plans, the most urgent first.
- Escalation levels are computed from the clock here, so that the list is right also while the
  worker is stopped.
- Being polled, it is on record once a session and quarter of an hour for the same journeys.
- A leg that does not open is shown as shut, never left out.
- Journeys that ended stay listed for two weeks, for what was not acknowledged yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import or_, select

from app.cases import service as cases
from app.cases.models import Case
from app.casework import held
from app.relocation.details import list_escalations
from app.relocation.legs import lists_as_planner
from app.relocation.models import Leg, LegRecord, LegStatus, Plan, PlanStatus
from app.relocation.timer import levels_reached
from app.totality import require_rows
from app.vault.queries import granted_to
from app.watch.escalation import list_legs_under_duress
from app.watch.models import EscalationLevel, Word
from app.work import Work

LISTED_AFTER_END = timedelta(days=14)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_STRANDED = frozenset({LegStatus.MISSED, LegStatus.ABORTED})


class Urgency(IntEnum):
    """What a coordinator looks at first. What is acknowledged comes after what is not."""

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
require_rows("_URGENCY", _URGENCY, EscalationLevel, file="app/watch/service.py")
_ACKNOWLEDGED = 1

Position: TypeAlias = tuple[int, datetime, UUID]


@dataclass(frozen=True, slots=True)
class WatchedLeg:
    """A leg on the road, silent or worse. ``stranded``: ended on the road, not replaced since.

    Without ``record``: it does not open; that a person is on the road shows by plain columns.
    """

    leg: Leg
    call_sign: str | None
    level: EscalationLevel | None
    minutes_past_due: int
    acknowledged: bool
    duress: bool
    stranded: bool
    record: LegRecord | None

    @property
    def position(self) -> Position:
        """Sort keys: the most urgent first, then the longest silent."""
        if self.duress:
            rank = int(Urgency.DURESS)
        elif self.level is not None:
            rank = _URGENCY[self.level] + (_ACKNOWLEDGED if self.acknowledged else 0)
        else:
            rank = int(Urgency.STRANDED if self.stranded else Urgency.MOVING)
        return rank, self.leg.expected_at or _LONG_AGO, self.leg.id


def list_watched(work: Work, *, after: Position | None = None, limit: int) -> list[WatchedLeg]:
    """Return up to ``limit`` legs of the journeys that the principal plans, most urgent first."""
    now, _ = work.deployment.time_span()
    legs = _list_candidates(work)
    opened = work.vault.open_listed([leg.record for leg in legs], polled=True)
    records = dict(zip(legs, opened, strict=True))
    under_duress = [leg for leg, found in records.items() if found and found.duress is Word.DURESS]
    unseen = list_legs_under_duress(work, under_duress)
    acknowledged = {
        (row.leg_id, row.level)
        for row in list_escalations(work, legs)
        if row.acknowledged_on is not None
    }
    call_signs = _call_signs(work, {leg.case_id for leg in legs})
    found = []
    for leg, record in records.items():
        reached = levels_reached(leg.expected_at, leg.grace_minutes, now)
        level = reached[-1] if reached else None
        watched = WatchedLeg(
            leg,
            call_signs.get(leg.case_id),
            level,
            _minutes_past_due(leg, now),
            (leg.id, level) in acknowledged,
            leg.id in unseen,
            leg.status in _STRANDED and (record is None or record.left_at is not None),
            record,
        )
        if level or watched.duress or watched.stranded or leg.status is LegStatus.DEPARTED:
            found.append(watched)
    found.sort(key=lambda watched: watched.position)
    return [watched for watched in found if after is None or watched.position > after][:limit]


def _list_candidates(work: Work) -> Sequence[Leg]:
    """Return the legs of open plans, and of those that ended lately, that the principal plans."""
    ended = work.today() - LISTED_AFTER_END
    granted = granted_to(work.principal.id, work.today(), case_id=Leg.case_id)
    legs = work.session.scalars(
        select(Leg)
        .join(Plan, Plan.id == Leg.plan_id)
        .where(or_(Plan.status == PlanStatus.OPEN, Plan.moved_on >= ended), granted)
    ).all()
    work.grants.load({leg.case_id for leg in legs})
    return [leg for leg in legs if lists_as_planner(work, leg)]


def _call_signs(work: Work, case_ids: set[UUID]) -> dict[UUID, str]:
    query = cases.held_cases(work).where(Case.id.in_(case_ids))
    found = [case for case in work.session.scalars(query) if work.grants.is_named(case.id)]
    summaries = held.list_summaries(work, found, polled=True)
    pairs = zip(found, summaries, strict=True)
    return {case.id: summary.call_sign for case, summary in pairs if summary is not None}


def _minutes_past_due(leg: Leg, now: datetime) -> int:
    if leg.expected_at is None:
        return 0
    return max(0, int((now - leg.expected_at).total_seconds() // 60))
