"""Plans and legs, opened as far as the reader's keys go, and the figures of a journey.

- Planners see each leg with its progress: how it went, its escalations, its check-ins. Nobody sees
  the words of the journey.
- An escort sees where, how and by which phrases people know each other, neither of the two words,
  and nothing of what was said: under force, nothing on the screen gives it away.
- Figures are counted from sealed records, so only by those who hold the legs. Whole minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from sqlalchemy import select, tuple_

from app.casework.danger import others_in_danger
from app.casework.journeys import list_travellers
from app.relocation.errors import PlanNotFound
from app.relocation.legs import get_leg, holds_leg, is_planner, lists_leg
from app.relocation.models import (
    Leg,
    LegInstructions,
    LegKind,
    LegRecord,
    Outline,
    Plan,
    PlanStatus,
    Traveller,
)
from app.relocation.moves import DUE
from app.vault.queries import granted_to
from app.watch.models import Acknowledgement, CheckIn, CheckInRecord, LegEscalation, Word
from app.work import Work

_CHUNK = 200

_K = LegKind
TRAVEL = frozenset({_K.WALK, _K.MOTORBIKE, _K.VEHICLE, _K.BOAT, _K.BUS, _K.CROSSING})
"""The kinds of legs that count as a move from place to place."""


# ---------------------------------------------------------------------- legs


@dataclass(frozen=True, slots=True)
class EscalationDetails:
    """An escalation of the present silence, and who acknowledged it."""

    escalation: LegEscalation
    acknowledgement: Acknowledgement | None


@dataclass(frozen=True, slots=True)
class LegProgress:
    """What only planners see of a leg: how it went, its escalations, its check-ins."""

    record: LegRecord
    escalations: list[EscalationDetails]
    check_ins: list[CheckInRecord]

    @property
    def last_contact_at(self) -> datetime | None:
        """When the person was last heard or met on this leg."""
        heard = [found.at for found in self.check_ins if found.is_contact]
        met = [at for at in (self.record.left_at, self.record.arrived_at) if at is not None]
        return max([*heard, *met], default=None)


@dataclass(frozen=True, slots=True)
class LegDetails:
    """A leg, opened. ``progress`` is None for its escort.

    ``others_in_danger``: family or fellow travellers of the person are.
    """

    leg: Leg
    instructions: LegInstructions
    progress: LegProgress | None
    others_in_danger: bool

    @property
    def due_at(self) -> datetime:
        """When the leg is due, as moved since it was planned."""
        return self.leg.due_at or self.instructions.due_at


def read_leg(work: Work, leg_id: UUID) -> LegDetails:
    """Open a leg for its escort or a planner; raises ``LegNotFound``, ``Tampered``."""
    return open_legs(work, [get_leg(work, leg_id)])[0]


def open_legs(work: Work, legs: Sequence[Leg]) -> list[LegDetails]:
    """Open these legs, which the principal holds, in order."""
    planned = [leg for leg in legs if is_planner(work, leg)]
    escalations: dict[UUID, list[EscalationDetails]] = {leg.id: [] for leg in planned}
    for row in list_escalations(work, planned):
        taken = None
        if row.acknowledged_on is not None:
            taken = work.vault.open(row.acknowledgement)
        escalations[row.leg_id].append(EscalationDetails(row, taken))
    check_ins = _list_check_ins(work, planned)
    danger = {case_id: others_in_danger(work, case_id) for case_id in {leg.case_id for leg in legs}}
    found = []
    for leg in legs:
        progress = None
        if leg.id in escalations:
            record = work.vault.open(leg.record)
            progress = LegProgress(record, escalations[leg.id], check_ins[leg.id])
        instructions = work.vault.open(leg.instructions)
        found.append(LegDetails(leg, instructions, progress, danger[leg.case_id]))
    return found


def open_listed(work: Work, legs: Sequence[Leg]) -> list[tuple[Leg, LegInstructions | None]]:
    """Open the instructions of a page of legs, in order, None where they are shut."""
    opened = work.vault.open_listed([leg.instructions for leg in legs])
    return list(zip(legs, opened, strict=True))


def list_escalations(work: Work, legs: Sequence[Leg]) -> list[LegEscalation]:
    """Return the levels reached in the present silence of these legs, lowest first: one query."""
    silences = {leg.id: leg.silence for leg in legs}
    rows = work.session.scalars(
        select(LegEscalation).where(LegEscalation.leg_id.in_(silences))
    ).all()
    present = [row for row in rows if row.silence == silences[row.leg_id]]
    return sorted(present, key=lambda row: row.level.rank)


def _list_check_ins(work: Work, legs: Sequence[Leg]) -> dict[UUID, list[CheckInRecord]]:
    """Return the check-ins on these legs, oldest first, by leg: one query."""
    found: dict[UUID, list[CheckInRecord]] = {leg.id: [] for leg in legs}
    rows = work.session.scalars(select(CheckIn).where(CheckIn.leg_id.in_(found))).all()
    for row in rows:
        record = work.vault.open(row.record)
        if record.word is not Word.TOLD:
            found[row.leg_id].append(record)
    for records in found.values():
        records.sort(key=lambda record: record.at)
    return found


def list_legs(work: Work, *, after: tuple[datetime, UUID] | None = None, limit: int) -> list[Leg]:
    """Return up to ``limit`` legs still due that the principal holds, the soonest due first.

    For an escort these are their own; ``after`` is (expected_at, id) of the last leg seen.
    """
    granted = granted_to(work.principal.id, work.today(), case_id=Leg.case_id)
    found: list[Leg] = []
    while len(found) < limit:
        query = select(Leg).where(Leg.status.in_(DUE), Leg.expected_at.is_not(None), granted)
        if after is not None:
            query = query.where(tuple_(Leg.expected_at, Leg.id) > after)
        legs = work.session.scalars(query.order_by(Leg.expected_at, Leg.id).limit(_CHUNK)).all()
        work.grants.load({leg.case_id for leg in legs})
        found.extend(leg for leg in legs if lists_leg(work, leg))
        if len(legs) < _CHUNK:
            break
        after = (legs[-1].expected_at or work.now(), legs[-1].id)
    return found[:limit]


# ---------------------------------------------------------------------- plans


@dataclass(frozen=True, slots=True)
class Figures:
    """Of all plans of a case: time between first departure and last arrival (or now), moves from
    place to place, and the longest time on the road without a contact.
    """

    minutes_in_transit: int
    moves: int
    longest_silence_minutes: int


@dataclass(frozen=True, slots=True)
class PlanDetails:
    """A plan, opened, with those of its legs that the reader holds, in order, and figures."""

    plan: Plan
    outline: Outline
    legs: list[LegDetails]
    travellers: Sequence[Traveller]
    figures: Figures


def read_plan(work: Work, plan: Plan) -> PlanDetails:
    """Open a plan for one of its planners; raises ``PlanNotFound`` for anyone else."""
    if not is_planner(work, plan):
        raise PlanNotFound
    query = select(Leg).where(Leg.case_id == plan.case_id).order_by(Leg.position, Leg.number)
    held = [leg for leg in work.session.scalars(query) if holds_leg(work, leg)]
    legs = open_legs(work, held)
    return PlanDetails(
        plan,
        work.vault.open(plan.outline),
        [details for details in legs if details.leg.plan_id == plan.id],
        list_travellers(work, [plan.id], with_left=True),
        _count_figures(work, plan.case_id, legs),
    )


def _count_figures(work: Work, case_id: UUID, legs: Sequence[LegDetails]) -> Figures:
    plans = work.session.scalars(select(Plan).where(Plan.case_id == case_id)).all()
    in_transit = silence = timedelta()
    for plan in plans:
        contacts = _contacts([details for details in legs if details.leg.plan_id == plan.id])
        if not contacts:
            continue
        if plan.status is PlanStatus.OPEN:
            contacts.append(work.now())
        in_transit += contacts[-1] - contacts[0]
        silence = max(silence, *(b - a for a, b in pairwise([contacts[0], *contacts])))
    moves = sum(
        details.instructions.kind in TRAVEL and details.progress.record.was_begun
        for details in legs
        if details.progress is not None
    )
    return Figures(_minutes(in_transit), moves, _minutes(silence))


def _contacts(legs: Sequence[LegDetails]) -> list[datetime]:
    """Return the moments of contact since the first departure, in order; empty before it."""
    tracked = [leg.progress for leg in legs if leg.progress is not None]
    departures = [one.record.left_at for one in tracked if one.record.left_at is not None]
    arrivals = [one.record.arrived_at for one in tracked if one.record.arrived_at is not None]
    words = [record.at for one in tracked for record in one.check_ins if record.is_contact]
    if not departures:
        return []
    return sorted(at for at in (*departures, *arrivals, *words) if at >= min(departures))


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
