"""Requests and responses of relocation. Values arrive already opened."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field

from app.http.schema import (
    Code,
    LongText,
    Reason,
    Schema,
    ShortText,
    Shut,
    UtcMoment,
    Version,
    case_shut,
)
from app.relocation.details import EscalationDetails, Figures, LegDetails, PlanDetails
from app.relocation.legs import LegDraft
from app.relocation.models import (
    Leg,
    LegInstructions,
    LegKind,
    LegStatus,
    Outline,
    Plan,
    PlanStatus,
)
from app.relocation.timer import level_reached_at
from app.totality import require_rows
from app.watch.models import CheckInRecord, EscalationLevel, NotifiedGroup, Word

MAX_GRACE_MINUTES = 7 * 24 * 60
MAX_LEGS_AT_ONCE = 40

WORDS: dict[Word, Literal["safe", "duress", "no_answer"]] = {
    Word.SAFE: "safe",
    Word.DURESS: "duress",
    Word.NO_ANSWER: "no_answer",
}
require_rows("WORDS", WORDS, Word, file="app/relocation/schemas.py")


# ---------------------------------------------------------------------- requests


class LegCreate(Schema):
    """One leg as planned. A handover phrase that is left out is made up."""

    kind: Annotated[LegKind, Field(examples=["vehicle"])]
    place: Annotated[ShortText, Field(examples=["the bench by the well"])]
    instructions: Annotated[LongText, Field(examples=["Look for a green umbrella."])]
    due_at: UtcMoment
    grace_minutes: Annotated[int, Field(ge=5, le=MAX_GRACE_MINUTES, examples=[120])]
    escort_note: LongText | None = None
    handover_phrase: ShortText | None = None

    def to_draft(self) -> LegDraft:
        """Return the leg as the service takes it."""
        return LegDraft(**{name: getattr(self, name) for name in type(self).model_fields})


class PlanCreate(Schema):
    """A journey, as legs in the order of the road. Words that are left out are made up."""

    origin: Annotated[ShortText, Field(examples=["behind the market"])]
    destination: Annotated[ShortText, Field(examples=["the house with the blue door"])]
    notes: LongText | None = None
    safe_word: Annotated[Code | None, Field(examples=["tamarind"])] = None
    duress_word: Annotated[Code | None, Field(examples=["monsoon"])] = None
    legs: Annotated[list[LegCreate], Field(min_length=1, max_length=MAX_LEGS_AT_ONCE)]

    def to_outline(self) -> Outline:
        """Return what is sealed for the planners."""
        return Outline(self.origin, self.destination, self.notes)


class LegListCreate(Schema):
    """Legs to add at the end of a plan, or to replace others."""

    legs: Annotated[list[LegCreate], Field(min_length=1, max_length=MAX_LEGS_AT_ONCE)]


class PlanMoveCreate(Schema):
    """A plan is abandoned by a planner; only the arrival of its last leg finishes it."""

    to: Annotated[Literal["abandoned"], Field(examples=["abandoned"])]
    reason: Reason | None = None


class LegMoveCreate(Schema):
    """The status that a leg is to have; ``at`` says when it happened, if not just now."""

    to: Annotated[LegStatus, Field(examples=["departed"])]
    at: UtcMoment | None = None
    reason: Reason | None = None


class EscortUpdate(Schema):
    """The volunteer who escorts the leg; null ends the escort's access."""

    volunteer_id: Annotated[UUID | None, Field(examples=["3fa85f64-5717-4562-b3fc-2c963f66afa6"])]


# ---------------------------------------------------------------------- responses


class EscalationRead(Schema):
    """A level that the present silence has reached, and who acknowledged it."""

    level: EscalationLevel
    notified: NotifiedGroup
    reached_at: datetime | None
    acknowledged_by: UUID | None
    acknowledged_at: datetime | None
    note: str | None

    @classmethod
    def of(cls, leg: Leg, details: EscalationDetails) -> Self:
        """Return one escalation of a leg."""
        level, taken = details.escalation.level, details.acknowledgement
        at = leg.expected_at and level_reached_at(level, leg.expected_at, leg.grace_minutes)
        return cls(
            level=level,
            notified=details.escalation.notified,
            reached_at=at,
            acknowledged_by=taken.by if taken else None,
            acknowledged_at=taken.at if taken else None,
            note=taken.note if taken else None,
        )


class CheckInRead(Schema):
    """The word of a check-in, or that there was no answer.

    ``said_at`` is what the sender's clock said, where that was ahead: ``at`` is then the arrival.
    """

    word: Literal["safe", "duress", "no_answer"]
    at: datetime
    said_at: datetime | None
    by: UUID
    note: str | None

    @classmethod
    def of(cls, record: CheckInRecord) -> Self:
        """Return one check-in."""
        return cls(
            word=WORDS[record.word],
            at=record.at,
            said_at=record.said_at,
            by=record.by,
            note=record.note,
        )


class LegProgressRead(Schema):
    """What only planners see of a leg."""

    case_id: UUID
    plan_id: UUID
    position: int
    escort_id: UUID | None
    left_at: datetime | None
    arrived_at: datetime | None
    last_contact_at: datetime | None
    unknown_words: int
    reason: str | None
    escalations: list[EscalationRead]
    check_ins: list[CheckInRead]

    @classmethod
    def of(cls, details: LegDetails) -> Self | None:
        """Return a leg's progress as its planners see it, None for the escort."""
        leg, progress = details.leg, details.progress
        if progress is None:
            return None
        record = progress.record
        return cls(
            case_id=leg.case_id,
            plan_id=leg.plan_id,
            position=leg.position,
            escort_id=leg.escort_id,
            left_at=record.left_at,
            arrived_at=record.arrived_at,
            last_contact_at=record.last_contact_at,
            unknown_words=record.unknown_words,
            reason=record.reason,
            escalations=[EscalationRead.of(leg, found) for found in progress.escalations],
            check_ins=[CheckInRead.of(found) for found in progress.check_ins],
        )


class LegSummary(Schema):
    """A leg in a list; without its kind and time where it does not open."""

    id: UUID
    version: Version
    status: LegStatus
    kind: LegKind | None
    due_at: datetime | None
    expected_at: datetime | None
    shut: Shut = None

    @classmethod
    def of(cls, leg: Leg, instructions: LegInstructions | None) -> Self:
        """Return a leg for a list, shut where its instructions did not open."""
        return cls(
            id=leg.id,
            version=leg.version,
            status=leg.status,
            kind=None if instructions is None else instructions.kind,
            due_at=None if instructions is None else instructions.due_at,
            expected_at=leg.expected_at,
            shut=case_shut(instructions),
        )


class LegRead(Schema):
    """A leg. ``progress`` is there for planners and null for the escort."""

    id: UUID
    version: Version
    status: LegStatus
    kind: LegKind
    due_at: datetime
    expected_at: datetime | None
    grace_minutes: int
    place: str
    instructions: str
    escort_note: str | None
    meeting_phrase: str
    handover_phrase: str
    progress: LegProgressRead | None

    @classmethod
    def of(cls, details: LegDetails) -> LegRead:
        """Return a leg as far as it was opened."""
        instructions = details.instructions
        return LegRead(
            id=details.leg.id,
            version=details.leg.version,
            status=details.leg.status,
            kind=instructions.kind,
            due_at=instructions.due_at,
            expected_at=details.leg.expected_at,
            grace_minutes=details.leg.grace_minutes,
            place=instructions.place,
            instructions=instructions.text,
            escort_note=instructions.escort_note,
            meeting_phrase=instructions.meeting_phrase,
            handover_phrase=instructions.handover_phrase,
            progress=LegProgressRead.of(details),
        )


class LegListRead(Schema):
    """Legs that were added."""

    items: list[LegRead]

    @classmethod
    def of(cls, legs: list[LegDetails]) -> Self:
        """Return these legs in order."""
        return cls(items=[LegRead.of(details) for details in legs])


class _PlanColumns(Schema):
    id: UUID
    case_id: UUID
    version: Version
    number: int
    status: PlanStatus
    opened_on: date

    @staticmethod
    def columns_of(plan: Plan) -> dict[str, Any]:
        """Return the values of a plan's plain columns."""
        return {name: getattr(plan, name) for name in _PlanColumns.model_fields}


class PlanStateRead(_PlanColumns):
    """The status of a plan."""

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """Return a plan without anything sealed."""
        return cls(**cls.columns_of(plan))


class JourneyFiguresRead(Schema):
    """Of all plans of the case, in whole minutes."""

    minutes_in_transit: int
    moves: int
    longest_silence_minutes: int

    @classmethod
    def of(cls, figures: Figures) -> Self:
        """Return the figures of a case."""
        return cls(
            minutes_in_transit=figures.minutes_in_transit,
            moves=figures.moves,
            longest_silence_minutes=figures.longest_silence_minutes,
        )


class PlanRead(_PlanColumns):
    """A plan with those of its legs that the reader holds, rerouted ones included."""

    origin: str
    destination: str
    notes: str | None
    ended_because: str | None
    safe_word: str
    duress_word: str
    legs: list[LegRead]
    figures: JourneyFiguresRead

    @classmethod
    def of(cls, details: PlanDetails) -> Self:
        """Return a plan as its planners see it."""
        outline = details.outline
        return cls(
            **cls.columns_of(details.plan),
            origin=outline.origin,
            destination=outline.destination,
            notes=outline.notes,
            ended_because=outline.ended_because,
            safe_word=details.words.safe,
            duress_word=details.words.duress,
            legs=[LegRead.of(leg) for leg in details.legs],
            figures=JourneyFiguresRead.of(details.figures),
        )
