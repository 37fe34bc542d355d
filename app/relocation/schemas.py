"""What relocation gives over HTTP. Knows no keys; values arrive already opened."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.relocation.files import LegFile, PlanFile, Reached
from app.relocation.models import (
    Alarm,
    Leg,
    LegKind,
    LegPlan,
    LegStatus,
    Plan,
    PlanStatus,
    Rung,
    Saying,
    Told,
    Word,
)
from app.relocation.service import Heard, Raised, Watched
from app.relocation.states import MOVES, Mover, reached_at
from app.web.schema import Schema, Version

WORDS: dict[Word, Literal["safe", "duress", "no_answer"]] = {
    Word.SAFE: "safe",
    Word.DURESS: "duress",
    Word.NO_ANSWER: "no_answer",
}
ALARMS: dict[Alarm, Literal["duress", "missing"]] = {
    Alarm.DURESS: "duress",
    Alarm.MISSING: "missing",
}


class MoveShown(Schema):
    """One allowed move. ``by`` escort: the leg's escort as well as a coordinator."""

    from_: Annotated[LegStatus, Field(alias="from")]
    to: LegStatus
    by: Mover


class MovesShown(Schema):
    """Every allowed move of a leg."""

    items: list[MoveShown]


class RungShown(Schema):
    """A rung that the present silence has reached, and who has it in hand."""

    rung: Rung
    told: Told
    reached_at: datetime | None
    acknowledged_by: UUID | None
    acknowledged_at: datetime | None
    note: str | None


class SayingShown(Schema):
    """What was heard at a check-in."""

    word: Literal["safe", "duress", "no_answer"]
    at: datetime
    by: UUID
    note: str | None


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
    rungs: list[RungShown]
    check_ins: list[SayingShown]


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


class CheckInReceipt(Schema):
    """It was taken down. The answer is the same whatever was said."""

    id: UUID
    leg_id: UUID
    expected_at: datetime | None


class WatchedShown(Schema):
    """A leg that is moving, silent or worse."""

    leg_id: UUID
    case_id: UUID
    called: str | None
    position: int
    status: LegStatus
    rung: Rung | None
    minutes_past_due: int
    acknowledged: bool
    duress: bool
    stranded: bool
    expected_at: datetime | None
    heard_at: datetime | None
    unknown_words: int


class AlertShown(Schema):
    """What the leads are told: which team to ask, about which leg."""

    id: UUID
    what: Literal["duress", "missing"]
    at: datetime
    team_id: UUID
    case_id: UUID
    leg_id: UUID


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


def _rung_shown(leg: Leg, reached: Reached) -> RungShown:
    rung, taken = reached.rung, reached.taken
    at = leg.expected_at and reached_at(rung.rung, leg.expected_at, leg.grace_minutes)
    return RungShown(
        rung=rung.rung,
        told=rung.told,
        reached_at=at,
        acknowledged_by=taken.by if taken else None,
        acknowledged_at=taken.at if taken else None,
        note=taken.note if taken else None,
    )


def _saying_shown(saying: Saying) -> SayingShown:
    return SayingShown(word=WORDS[saying.word], at=saying.at, by=saying.by, note=saying.note)


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


def check_in_receipt(heard: Heard) -> CheckInReceipt:
    """Return that something was taken down."""
    return CheckInReceipt(id=heard.id, leg_id=heard.leg_id, expected_at=heard.expected_at)


def watched_shown(watched: Watched) -> WatchedShown:
    """Return one leg of the watch."""
    leg = watched.leg
    return WatchedShown(
        leg_id=leg.id,
        case_id=leg.case_id,
        called=watched.called,
        position=leg.position,
        status=leg.status,
        rung=watched.rung,
        minutes_past_due=watched.minutes_past_due,
        acknowledged=watched.acknowledged,
        duress=watched.duress,
        stranded=watched.stranded,
        expected_at=leg.expected_at,
        heard_at=watched.record.heard_at,
        unknown_words=watched.record.unknown_words,
    )


def alert_shown(raised: Raised) -> AlertShown:
    """Return one alert for the leads."""
    return AlertShown(
        id=raised.alert.id,
        what=ALARMS[raised.what],
        at=raised.at,
        team_id=raised.team_id,
        case_id=raised.alert.case_id,
        leg_id=raised.alert.leg_id,
    )
