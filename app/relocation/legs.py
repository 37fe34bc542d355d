"""Legs of a plan: who holds them, how they are read for a change, how new ones are added.

- A plan, each of its legs and the words of its journey are scopes of their own. Planners hold all
  of them, an escort one leg and the words; for everyone else the rows do not exist.
- Rows that are about to change are locked, the plan before its legs, so that two changes of one
  journey wait for each other.
- A leg begins with the phrase by which the leg before it ends.

Knows grants and cells; not who may move a leg where, and no HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from app.crypto.passwords import random_words
from app.permissions import Compartment
from app.relocation.errors import (
    DueOutOfOrder,
    DueOutOfRange,
    LegNotFound,
    NotPlanner,
    PlanNotFound,
    TooManyLegs,
)
from app.relocation.models import (
    Leg,
    LegInstructions,
    LegKind,
    LegRecord,
    LegStatus,
    Plan,
    PlanStatus,
)
from app.text.dates import minute_of, start_of_day
from app.vault.models import GrantReason
from app.vault.scopes import Scope
from app.work import Work

MAX_LEGS = 100
LATEST_DUE = timedelta(days=366)
PHRASE_WORDS = 3
NOT_OVER = frozenset({LegStatus.PLANNED, LegStatus.READY, LegStatus.DEPARTED, LegStatus.REROUTED})
DEPARTED_ONCE = frozenset({LegStatus.DEPARTED, LegStatus.ARRIVED, LegStatus.MISSED})

Row = TypeVar("Row", Plan, Leg)


# ---------------------------------------------------------------------- who holds what


def plan_scope(plan_id: UUID) -> Scope:
    """Return the scope of a plan's outline. Who holds it is a planner of the journey."""
    return Scope(Compartment.ROUTE, plan_id)


def leg_scope(leg_id: UUID) -> Scope:
    """Return the scope of one leg."""
    return Scope(Compartment.ROUTE, leg_id)


def is_planner(work: Work, row: Plan | Leg) -> bool:
    """Return whether the principal plans the journey that a plan or leg belongs to."""
    plan_id = row.id if isinstance(row, Plan) else row.plan_id
    return work.grants.holds(row.case_id, plan_scope(plan_id))


def require_planner(work: Work, leg: Leg) -> None:
    """Raise ``NotPlanner`` unless the principal plans this leg's journey."""
    if not is_planner(work, leg):
        raise NotPlanner


def holds_leg(work: Work, leg: Leg) -> bool:
    """Return whether the principal holds a leg's scope."""
    return work.grants.holds(leg.case_id, leg_scope(leg.id))


def lists_leg(work: Work, leg: Leg) -> bool:
    """Return whether a leg is on the principal's lists: it is granted, whether it opens or not."""
    return work.grants.is_named(leg.case_id, leg_scope(leg.id))


def lists_as_planner(work: Work, leg: Leg) -> bool:
    """Return whether a leg is on the principal's lists as a planner of its journey."""
    return work.grants.is_named(leg.case_id, plan_scope(leg.plan_id)) and lists_leg(work, leg)


def grant_to_planners(work: Work, plan: Plan, holders: Iterable[UUID], scopes: list[Scope]) -> None:
    """Grant scopes of a journey to its planners, the principal among them."""
    work.grants.grant_all(
        plan.case_id,
        sorted({work.principal.id, *holders}),
        scopes,
        reason=GrantReason.ASSIGNMENT,
        about=plan.id,
    )


# ---------------------------------------------------------------------- reading for a change


def get_leg(work: Work, leg_id: UUID) -> Leg:
    """Return a leg whose key the principal holds; raises ``LegNotFound``."""
    leg = work.session.get(Leg, leg_id)
    if leg is None or not holds_leg(work, leg):
        raise LegNotFound
    return leg


def lock_leg(work: Work, leg_id: UUID) -> Leg:
    """Return a leg as ``get_leg`` does, newly read and locked until this work ends."""
    return lock_row(work, Leg, get_leg(work, leg_id).id)


def lock_journey(work: Work, leg_id: UUID) -> tuple[Plan, Leg]:
    """Return a leg and its plan, both locked until this work ends; raises ``LegNotFound``."""
    leg = get_leg(work, leg_id)
    plan = lock_row(work, Plan, leg.plan_id)
    work.require_role_in(plan.team_id)
    return plan, lock_row(work, Leg, leg.id)


def lock_plan(work: Work, plan_id: UUID) -> Plan:
    """Return a plan that the principal plans, locked; raises ``PlanNotFound``."""
    plan = work.session.get(Plan, plan_id)
    if plan is None or not is_planner(work, plan):
        raise PlanNotFound
    work.require_role_in(plan.team_id)
    return lock_row(work, Plan, plan.id)


def list_plan_legs(work: Work, plan: Plan, *, lock: bool = False) -> Sequence[Leg]:
    """Return every leg of a plan in order; a rerouted leg comes before those that replaced it."""
    query = select(Leg).where(Leg.plan_id == plan.id).order_by(Leg.position, Leg.number)
    if lock:
        # Rows are read again: what this work has changed so far must be in the database first.
        work.session.flush()
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return work.session.scalars(query).all()


def lock_row(work: Work, kind: type[Row], row_id: UUID) -> Row:
    """Return a row newly read, and locked until this work ends."""
    # FOR NO KEY UPDATE: escalations and check-ins that only refer to the row need not wait.
    query = select(kind).where(kind.id == row_id).with_for_update(key_share=True)
    return work.session.scalars(query.execution_options(populate_existing=True)).one()


def is_on_the_road(work: Work, plan: Plan) -> bool:
    """Return whether somebody has departed by an open plan, and so is somewhere on its way."""
    if plan.status is not PlanStatus.OPEN:
        return False
    legs = list_plan_legs(work, plan)
    return any(leg.status in DEPARTED_ONCE or _has_left(work, leg) for leg in legs)


def _has_left(work: Work, leg: Leg) -> bool:
    # A leg that was aborted or rerouted says only in its record whether it had been begun.
    if leg.status not in {LegStatus.ABORTED, LegStatus.REROUTED}:
        return False
    record = work.vault.find(leg.record)
    return record is not None and record.left_at is not None


# ---------------------------------------------------------------------- new legs


@dataclass(frozen=True, slots=True, kw_only=True)
class LegDraft:
    """One leg as planned. A handover phrase that is left open is made up at random."""

    kind: LegKind
    place: str
    instructions: str
    due_at: datetime
    grace_minutes: int
    id: UUID | None = None
    escort_note: str | None = None
    handover_phrase: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkedLeg:
    """A leg that was walked before it was put on record, and its day."""

    kind: LegKind
    place: str
    instructions: str
    walked_on: date
    id: UUID | None = None


def insert_walked_leg(work: Work, plan: Plan, walked: WalkedLeg) -> Leg:
    """Add a leg that is over, after the last one that is; raises ``TooManyLegs``, ``IdTaken``."""
    legs = list_plan_legs(work, plan)
    if len(legs) >= MAX_LEGS:
        raise TooManyLegs
    over = [leg.position for leg in legs if leg.status not in NOT_OVER]
    first = min((leg.position for leg in legs), default=1)
    leg = Leg(
        id=work.id_for(Leg, walked.id, case_id=plan.case_id),
        case_id=plan.case_id,
        plan_id=plan.id,
        position=max(over, default=first - 1),
        number=len(legs) + 1,
        status=LegStatus.ARRIVED,
        grace_minutes=0,
        expected_at=None,
        due_at=None,
        silence=0,
        moved_on=work.today(),
    )
    day = start_of_day(walked.walked_on, work.deployment.organisation_settings.zone)
    work.grants.mint(plan.case_id, [leg_scope(leg.id)])
    instructions = LegInstructions(
        kind=walked.kind,
        place=walked.place,
        text=walked.instructions,
        escort_note=None,
        meeting_phrase=make_phrase(),
        handover_phrase=make_phrase(),
        due_at=day,
    )
    work.vault.seal(leg.instructions, instructions)
    work.vault.seal(leg.record, LegRecord(walked_on=walked.walked_on))
    work.session.add(leg)
    return leg


def add_legs(
    work: Work,
    plan: Plan,
    drafts: Sequence[LegDraft],
    *,
    position: int,
    not_before: datetime,
    meeting_phrase: str | None = None,
) -> list[Leg]:
    """Add legs to a plan from a position on, and return them; no one is granted them yet.

    ``meeting_phrase`` is the handover phrase of the leg before, if anyone is still on it. Raises
    ``DueOutOfRange``, ``DueOutOfOrder``, ``TooManyLegs``, ``IdTaken``.
    """
    count = len(list_plan_legs(work, plan))
    if count + len(drafts) > MAX_LEGS:
        raise TooManyLegs
    _check_due(work, drafts, not_before)
    legs = []
    phrase = meeting_phrase or make_phrase()
    for offset, draft in enumerate(drafts):
        instructions = _instructions_of(draft, phrase)
        phrase = instructions.handover_phrase
        leg = Leg(
            id=work.id_for(Leg, draft.id, case_id=plan.case_id),
            case_id=plan.case_id,
            plan_id=plan.id,
            position=position + offset,
            number=count + offset + 1,
            status=LegStatus.PLANNED,
            grace_minutes=draft.grace_minutes,
            expected_at=instructions.due_at,
            due_at=instructions.due_at,
            silence=0,
            moved_on=work.today(),
        )
        work.grants.mint(plan.case_id, [leg_scope(leg.id)])
        work.vault.seal(leg.instructions, instructions)
        work.vault.seal(leg.record, LegRecord())
        legs.append(leg)
    work.session.add_all(legs)
    return legs


def _instructions_of(draft: LegDraft, meeting_phrase: str) -> LegInstructions:
    return LegInstructions(
        kind=draft.kind,
        place=draft.place,
        text=draft.instructions,
        escort_note=draft.escort_note,
        meeting_phrase=meeting_phrase,
        handover_phrase=draft.handover_phrase or make_phrase(),
        due_at=minute_of(draft.due_at),
    )


def make_phrase() -> str:
    """Return a random phrase by which two people who never met know each other: 30 bits."""
    return " ".join(random_words(PHRASE_WORDS))


def check_due(work: Work, due_at: datetime, field: str) -> None:
    """Raise ``DueOutOfRange`` unless a leg is due between now and a year from now."""
    if not work.now() < due_at < work.now() + LATEST_DUE:
        raise DueOutOfRange(field)


def _check_due(work: Work, drafts: Sequence[LegDraft], not_before: datetime) -> None:
    before = not_before
    for index, draft in enumerate(drafts):
        check_due(work, draft.due_at, f"legs.{index}.due_at")
        if draft.due_at < before:
            raise DueOutOfOrder(f"legs.{index}.due_at")
        before = draft.due_at
