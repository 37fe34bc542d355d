"""The coordinators' list: who is on the road, who is silent, who said a duress word.

- It shows the legs whose journey the principal plans, the most urgent first: a duress word, then
  who has nobody with them because their escort lost access, then the longest silences.
- Who has departed by an open plan is on it until the plan is over, between two legs too.
- Escalation levels are computed from the clock here, so that the list is right also while the
  worker is stopped.
- Being polled, it is on record once a session and quarter of an hour for the same journeys.
- A leg that does not open is shown as shut, never left out.
- Journeys that ended stay listed for a month, for what was not acknowledged yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from itertools import groupby
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import or_, select

from app.cases import service as cases
from app.cases.models import Case
from app.casework import held
from app.casework.involvement import active_members
from app.casework.journeys import HEARD_FOR, list_travellers
from app.relocation.details import list_escalations
from app.relocation.legs import lists_as_planner
from app.relocation.models import Leg, LegRecord, LegStatus, Plan, PlanStatus
from app.relocation.moves import DUE
from app.relocation.timer import levels_reached
from app.totality import require_rows
from app.vault.models import Grant
from app.vault.queries import granted_to, live_grants
from app.watch.models import EscalationLevel
from app.watch.signs import Signs, list_signs
from app.work import Work

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_STRANDED = frozenset({LegStatus.MISSED, LegStatus.ABORTED})
_WITH_AN_ESCORT = frozenset({LegStatus.DEPARTED, LegStatus.MISSED})


class Urgency(IntEnum):
    """What a coordinator looks at first. What is acknowledged comes after what is not."""

    DURESS = 0
    NOBODY_WITH_THEM = 5
    MISSING = 10
    OVERDUE = 20
    NOT_UNDERSTOOD = 25
    STRANDED = 30
    LATE = 40
    MOVING = 50
    BETWEEN_LEGS = 60


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

    ``nobody_with_them``: its escort lost access on the road. Without ``record``: it does not open;
    that a person is on the road shows by plain columns.
    """

    leg: Leg
    call_sign: str | None
    level: EscalationLevel | None
    minutes_past_due: int
    acknowledged: bool
    signs: Signs
    nobody_with_them: bool
    stranded: bool
    record: LegRecord | None
    travelling_along: list[str]

    @property
    def duress(self) -> bool:
        """Whether a duress word waits to be looked at."""
        return self.signs.duress

    @property
    def last_contact_at(self) -> datetime | None:
        """When the person was last heard or met on this leg, as far as it opens."""
        record = self.record or LegRecord()
        said = [self.signs.last_contact_at, record.left_at, record.arrived_at]
        return max([at for at in said if at is not None], default=None)

    @property
    def is_listed(self) -> bool:
        """Whether the leg is on the list for its own sake."""
        waits = self.duress or bool(self.signs.not_understood) or self.stranded
        return waits or self.level is not None or self.leg.status is LegStatus.DEPARTED

    @property
    def is_on_the_road(self) -> bool:
        """Whether a traveller is on this leg, or was left on it."""
        return self.stranded or self.leg.status is LegStatus.DEPARTED

    @property
    def position(self) -> Position:
        """Sort keys: the most urgent first, then the longest silent."""
        return min(self._ranks()), self.leg.expected_at or _LONG_AGO, self.leg.id

    def _ranks(self) -> Iterable[int]:
        if self.duress:
            yield Urgency.DURESS
        if self.nobody_with_them:
            yield Urgency.NOBODY_WITH_THEM
        if self.level is not None:
            yield _URGENCY[self.level] + (_ACKNOWLEDGED if self.acknowledged else 0)
        if self.signs.not_understood:
            yield Urgency.NOT_UNDERSTOOD
        if self.stranded:
            yield Urgency.STRANDED
        departed = self.leg.status is LegStatus.DEPARTED
        yield Urgency.MOVING if departed else Urgency.BETWEEN_LEGS


def list_watched(work: Work, *, after: Position | None = None, limit: int) -> list[WatchedLeg]:
    """Return up to ``limit`` legs of the journeys that the principal plans, most urgent first."""
    plans = _list_candidates(work)
    found = _shown(_watch(work, list(plans)), plans)
    found.sort(key=lambda watched: watched.position)
    return [watched for watched in found if after is None or watched.position > after][:limit]


def _watch(work: Work, legs: Sequence[Leg]) -> list[WatchedLeg]:
    now, _ = work.deployment.time_span()
    opened = work.vault.open_listed([leg.record for leg in legs], polled=True)
    signs = list_signs(work, legs)
    alone = _list_alone(work, legs)
    acknowledged = {
        (row.leg_id, row.level)
        for row in list_escalations(work, legs)
        if row.acknowledged_on is not None
    }
    along = _list_along(work, legs)
    call_signs = _call_signs(work, {leg.case_id for leg in legs}.union(*along.values()))
    found = []
    for leg, record in zip(legs, opened, strict=True):
        reached = levels_reached(leg.expected_at, leg.grace_minutes, now)
        level = reached[-1] if reached else None
        watched = WatchedLeg(
            leg,
            call_signs.get(leg.case_id),
            level,
            _minutes_past_due(leg, now),
            (leg.id, level) in acknowledged,
            signs[leg.id],
            leg.id in alone,
            leg.status in _STRANDED and (record is None or record.left_at is not None),
            record,
            [call_signs[one] for one in along.get(leg.plan_id, ()) if one in call_signs],
        )
        found.append(watched)
    return found


def _shown(watched: Sequence[WatchedLeg], plans: Mapping[Leg, PlanStatus]) -> list[WatchedLeg]:
    """Return the legs to show: at least one of each open plan on which somebody has departed."""
    shown = []
    for _, group in groupby(watched, key=lambda one: one.leg.plan_id):
        legs = list(group)
        listed = [one for one in legs if one.is_listed]
        shown += listed
        is_open = plans[legs[0].leg] is PlanStatus.OPEN
        if is_open and not any(one.is_on_the_road for one in listed):
            shown += [one for one in _between_legs(legs) if one not in listed]
    return shown


def _between_legs(legs: Sequence[WatchedLeg]) -> list[WatchedLeg]:
    """Return the leg by which a traveller who is on no leg is watched; none before a departure."""
    if not any(_has_left(one) for one in legs):
        return []
    due = [one for one in legs if one.leg.status in DUE]
    present = [one for one in legs if one.leg.status is not LegStatus.REROUTED]
    return due[:1] or present[-1:] or list(legs[-1:])


def _has_left(watched: WatchedLeg) -> bool:
    record = watched.record
    return watched.leg.status is LegStatus.ARRIVED or bool(record and record.left_at)


def _list_alone(work: Work, legs: Sequence[Leg]) -> set[UUID]:
    """Return the legs on the road whose escort holds them no more, or is shut out: removed,
    suspended, or under duress.
    """
    escorted = {
        leg.id for leg in legs if leg.escort_id is not None and leg.status in _WITH_AN_ESCORT
    }
    held_by = work.session.execute(
        select(Grant.about, Grant.holder_id).where(
            Grant.about.in_(escorted), live_grants(work.today())
        )
    ).all()
    standing = active_members(work, {row.holder_id for row in held_by})
    holders = {(row.about, row.holder_id) for row in held_by if row.holder_id in standing}
    return {leg.id for leg in legs if leg.id in escorted and (leg.id, leg.escort_id) not in holders}


def _list_along(work: Work, legs: Sequence[Leg]) -> dict[UUID, list[UUID]]:
    """Return the cases that travel along on the journeys of these legs, by plan."""
    along: dict[UUID, list[UUID]] = {}
    for traveller in list_travellers(work, {leg.plan_id for leg in legs}):
        along.setdefault(traveller.plan_id, []).append(traveller.case_id)
    return along


def _list_candidates(work: Work) -> dict[Leg, PlanStatus]:
    """Return the legs that the principal plans, of open plans and of those that ended lately."""
    ended = work.today() - HEARD_FOR
    granted = granted_to(work.principal.id, work.today(), case_id=Leg.case_id)
    rows = work.session.execute(
        select(Leg, Plan.status)
        .join(Plan, Plan.id == Leg.plan_id)
        .where(or_(Plan.status == PlanStatus.OPEN, Plan.moved_on >= ended), granted)
        .order_by(Leg.plan_id, Leg.position, Leg.number)
    ).all()
    work.grants.load({row.Leg.case_id for row in rows})
    return {row.Leg: row.status for row in rows if lists_as_planner(work, row.Leg)}


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
