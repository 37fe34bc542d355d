"""Legs and plans, opened as far as the reader's keys go.

Who plans sees a leg with all that was heard on it. Who escorts sees where, how and by which
phrases, and neither of the two words: under force, nothing on the screen says which is which.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select, tuple_

from app.relocation.errors import PlanNotFound
from app.relocation.figures import Figures, figures
from app.relocation.holding import get_leg, holds_leg, list_plan_legs, plans
from app.relocation.models import Leg, LegPlan, LegRecord, Outline, Plan
from app.relocation.states import DUE
from app.vault.models import Grant
from app.vault.queries import live_grants
from app.watch.escalation import list_rungs
from app.watch.models import Acknowledgement, CheckIn, CheckInRecord, LegEscalation
from app.work import Work

_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Reached:
    """A rung of the present silence, and who has it in hand."""

    rung: LegEscalation
    taken: Acknowledgement | None


@dataclass(frozen=True, slots=True)
class Course:
    """What only planners see of a leg: its words, how it went, and what was heard."""

    record: LegRecord
    rungs: list[Reached]
    sayings: list[CheckInRecord]


@dataclass(frozen=True, slots=True)
class LegFile:
    """A leg, opened. ``course`` is None for its escort."""

    leg: Leg
    plan: LegPlan
    course: Course | None


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan, opened, with those of its legs that the reader holds, in order, and figures."""

    plan: Plan
    outline: Outline
    legs: list[LegFile]
    figures: Figures


def read_leg(work: Work, leg_id: UUID) -> LegFile:
    """Open a leg for its escort or a planner; raises ``LegNotFound``, ``Tampered``."""
    return open_legs(work, [get_leg(work, leg_id)])[0]


def read_plan(work: Work, plan: Plan) -> PlanFile:
    """Open a plan; raises ``PlanNotFound`` for one who holds the case and not its route."""
    if not plans(work, plan.case_id):
        raise PlanNotFound
    legs = [leg for leg in list_plan_legs(work, plan) if holds_leg(work, leg)]
    return PlanFile(
        plan, work.vault.open(plan.outline), open_legs(work, legs), figures(work, plan.case_id)
    )


def list_legs(work: Work, *, after: tuple[datetime, UUID] | None = None, limit: int) -> list[Leg]:
    """Return up to ``limit`` legs still due that the principal holds, the soonest due first.

    For an escort these are their own; ``after`` is (expected_at, id) of the last leg seen.
    """
    on_a_case = exists().where(
        Grant.case_id == Leg.case_id,
        Grant.holder_id == work.principal.id,
        live_grants(work.today()),
    )
    found: list[Leg] = []
    while len(found) < limit:
        query = select(Leg).where(Leg.status.in_(DUE), Leg.expected_at.is_not(None), on_a_case)
        if after is not None:
            query = query.where(tuple_(Leg.expected_at, Leg.id) > after)
        legs = work.session.scalars(query.order_by(Leg.expected_at, Leg.id).limit(_CHUNK)).all()
        work.grants.load({leg.case_id for leg in legs})
        found.extend(leg for leg in legs if holds_leg(work, leg))
        if len(legs) < _CHUNK:
            break
        after = (legs[-1].expected_at or work.now(), legs[-1].id)
    return found[:limit]


def open_legs(work: Work, legs: Sequence[Leg]) -> list[LegFile]:
    """Open these legs, which the principal holds, in order."""
    planned = [leg for leg in legs if plans(work, leg.case_id)]
    rungs: dict[UUID, list[Reached]] = {leg.id: [] for leg in planned}
    for rung in list_rungs(work, planned):
        taken = None
        if rung.acknowledged_on is not None:
            taken = work.vault.open(rung.acknowledgement)
        rungs[rung.leg_id].append(Reached(rung, taken))
    sayings = list_sayings(work, planned)
    files = []
    for leg in legs:
        course = None
        if leg.id in rungs:
            course = Course(work.vault.open(leg.record), rungs[leg.id], sayings[leg.id])
        files.append(LegFile(leg, work.vault.open(leg.plan), course))
    return files


def list_sayings(work: Work, legs: Sequence[Leg]) -> dict[UUID, list[CheckInRecord]]:
    """Return what was heard on these legs, oldest first, by leg."""
    found: dict[UUID, list[CheckInRecord]] = {leg.id: [] for leg in legs}
    rows = work.session.scalars(select(CheckIn).where(CheckIn.leg_id.in_(found))).all()
    for row in rows:
        found[row.leg_id].append(work.vault.open(row.saying))
    for sayings in found.values():
        sayings.sort(key=lambda saying: saying.at)
    return found
