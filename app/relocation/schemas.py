"""What relocation gives over HTTP. Knows no keys; values arrive already opened."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.http.schema import Schema, Version
from app.relocation.files import LegFile, PlanFile
from app.relocation.models import Leg, LegKind, LegPlan, LegStatus, Plan, PlanStatus
from app.relocation.states import MOVES, Mover
from app.watch.schemas import CheckInRead, EscalationRead, _rung_shown, _saying_shown


class MoveShown(Schema):
    """One allowed move. ``by`` escort: the leg's escort as well as a coordinator."""

    from_: Annotated[LegStatus, Field(alias="from")]
    to: LegStatus
    by: Mover


class MovesShown(Schema):
    """Every allowed move of a leg."""

    items: list[MoveShown]


class CourseShown(Schema):
    """What only planners see of a leg."""

    case_id: UUID
    plan_id: UUID
    position: int
    escort_id: UUID | None
    safe_word: str
    duress_word: str
    left_at: datetime | None
    arrived_at: datetime | None
    heard_at: datetime | None
    unknown_words: int
    reason: str | None
    rungs: list[EscalationRead]
    check_ins: list[CheckInRead]


class LegLine(Schema):
    """A leg in a list."""

    id: UUID
    version: Version
    status: LegStatus
    kind: LegKind
    due_at: datetime
    expected_at: datetime | None


class LegShown(LegLine):
    """A leg. ``course`` is there for planners and null for the escort."""

    grace_minutes: int
    place: str
    instructions: str
    escort_note: str | None
    meeting_phrase: str
    handover_phrase: str
    course: CourseShown | None


class LegsShown(Schema):
    """Legs that were added."""

    items: list[LegShown]


class PlanReceipt(Schema):
    """How a plan stands."""

    id: UUID
    case_id: UUID
    version: Version
    number: int
    status: PlanStatus
    opened_on: date


class FiguresShown(Schema):
    """Of all plans of the case, in whole minutes."""

    minutes_in_transit: int
    moves: int
    longest_silence_minutes: int


class PlanShown(PlanReceipt):
    """A plan with those of its legs that the reader holds, rerouted ones included."""

    origin: str
    destination: str
    notes: str | None
    ended_because: str | None
    legs: list[LegShown]
    figures: FiguresShown


def moves_shown() -> MovesShown:
    """Return the table of moves."""
    return MovesShown(
        items=[
            MoveShown.model_validate({"from": move.origin, "to": move.to, "by": move.by})
            for move in MOVES
        ]
    )


def leg_line(leg: Leg, plan: LegPlan) -> LegLine:
    """Return a leg for a list."""
    return LegLine(
        id=leg.id,
        version=leg.version,
        status=leg.status,
        kind=plan.kind,
        due_at=plan.due_at,
        expected_at=leg.expected_at,
    )


def leg_shown(file: LegFile) -> LegShown:
    """Return a leg as far as it was opened."""
    leg, plan = file.leg, file.plan
    return LegShown(
        **leg_line(leg, plan).model_dump(),
        grace_minutes=leg.grace_minutes,
        place=plan.place,
        instructions=plan.instructions,
        escort_note=plan.escort_note,
        meeting_phrase=plan.meeting_phrase,
        handover_phrase=plan.handover_phrase,
        course=_course_shown(file),
    )


def _course_shown(file: LegFile) -> CourseShown | None:
    leg, course = file.leg, file.course
    if course is None:
        return None
    record = course.record
    return CourseShown(
        case_id=leg.case_id,
        plan_id=leg.plan_id,
        position=leg.position,
        escort_id=leg.escort_id,
        safe_word=file.plan.safe_word,
        duress_word=file.plan.duress_word,
        left_at=record.left_at,
        arrived_at=record.arrived_at,
        heard_at=record.heard_at,
        unknown_words=record.unknown_words,
        reason=record.reason,
        rungs=[_rung_shown(leg, reached) for reached in course.rungs],
        check_ins=[_saying_shown(saying) for saying in course.sayings],
    )


def plan_receipt(plan: Plan) -> PlanReceipt:
    """Return how a plan stands."""
    return PlanReceipt(
        id=plan.id,
        case_id=plan.case_id,
        version=plan.version,
        number=plan.number,
        status=plan.status,
        opened_on=plan.opened_on,
    )


def plan_shown(file: PlanFile) -> PlanShown:
    """Return a plan, opened."""
    outline, found = file.outline, file.figures
    return PlanShown(
        **plan_receipt(file.plan).model_dump(),
        origin=outline.origin,
        destination=outline.destination,
        notes=outline.notes,
        ended_because=outline.ended_because,
        legs=[leg_shown(leg) for leg in file.legs],
        figures=FiguresShown(
            minutes_in_transit=found.minutes_in_transit,
            moves=found.moves,
            longest_silence_minutes=found.longest_silence_minutes,
        ),
    )
