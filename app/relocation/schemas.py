"""Requests and responses of relocation. Values arrive already opened."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field

from app.http.proposed_ids import ProposedId
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
from app.relocation.details import Figures, LegDetails, PlanDetails
from app.relocation.legs import LegDraft, WalkedLeg
from app.relocation.models import (
    JourneyWords,
    Leg,
    LegInstructions,
    LegKind,
    LegStatus,
    Outline,
    Plan,
    PlanStatus,
    Traveller,
)
from app.relocation.progress_schemas import LegProgressRead

MAX_GRACE_MINUTES = 7 * 24 * 60
MAX_LEGS_AT_ONCE = 40


# ---------------------------------------------------------------------- requests


class LegCreate(Schema):
    """One leg as planned. A handover phrase that is left out is made up."""

    id: ProposedId = None
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

    id: ProposedId = None
    origin: Annotated[ShortText, Field(examples=["behind the market"])]
    destination: Annotated[ShortText, Field(examples=["the house with the blue door"])]
    notes: LongText | None = None
    safe_word: Annotated[Code | None, Field(examples=["tamarind"])] = None
    duress_word: Annotated[Code | None, Field(examples=["monsoon"])] = None
    legs: Annotated[list[LegCreate], Field(min_length=1, max_length=MAX_LEGS_AT_ONCE)]

    def to_outline(self) -> Outline:
        """Return what is sealed for the planners."""
        return Outline(self.origin, self.destination, self.notes)


class TravellerCreate(Schema):
    """A case that travels along on the journey of another."""

    id: ProposedId = None
    case_id: UUID


class TravellerLeavingCreate(Schema):
    """Why somebody left a journey that goes on without them."""

    reason: Annotated[Reason, Field(examples=["Stayed with her sister at the second house."])]


class LegListCreate(Schema):
    """Legs to add at the end of a plan, or to replace others."""

    legs: Annotated[list[LegCreate], Field(min_length=1, max_length=MAX_LEGS_AT_ONCE)]


class WordsToldCreate(Schema):
    """The new words that the person was told. Words that are left out are made up."""

    safe_word: Annotated[Code | None, Field(examples=["tamarind"])] = None
    duress_word: Annotated[Code | None, Field(examples=["monsoon"])] = None


class WalkedLegCreate(Schema):
    """A leg that was walked before it was put on record, and its day."""

    id: ProposedId = None
    kind: Annotated[LegKind, Field(examples=["walk"])]
    place: Annotated[ShortText, Field(examples=["over the hill"])]
    instructions: Annotated[LongText, Field(examples=["They went alone."])]
    walked_on: Annotated[date, Field(examples=["2026-03-01"])]

    def to_walked(self) -> WalkedLeg:
        """Return the leg as the service takes it."""
        return WalkedLeg(**{name: getattr(self, name) for name in type(self).model_fields})


class LegDueUpdate(Schema):
    """When the leg is due now, and why it was moved."""

    due_at: Annotated[UtcMoment, Field(examples=["2026-03-02T20:00:00Z"])]
    reason: Annotated[Reason | None, Field(examples=["The bus is five hours late."])] = None


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
            due_at=leg.due_at or (instructions.due_at if instructions is not None else None),
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
    others_in_danger: bool
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
            due_at=details.due_at,
            expected_at=details.leg.expected_at,
            grace_minutes=details.leg.grace_minutes,
            place=instructions.place,
            instructions=instructions.text,
            escort_note=instructions.escort_note,
            meeting_phrase=instructions.meeting_phrase,
            handover_phrase=instructions.handover_phrase,
            others_in_danger=details.others_in_danger,
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


class TravellerRead(Schema):
    """A case that travels along on a journey; with ``left_on``, one that did until then."""

    id: UUID
    plan_id: UUID
    case_id: UUID
    joined_on: date
    left_on: date | None

    @classmethod
    def of(cls, traveller: Traveller) -> Self:
        """Return a traveller, without a word about who they are."""
        return cls(**{name: getattr(traveller, name) for name in cls.model_fields})


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
    legs: list[LegRead]
    travellers: list[TravellerRead]
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
            legs=[LegRead.of(leg) for leg in details.legs],
            travellers=list(map(TravellerRead.of, details.travellers)),
            figures=JourneyFiguresRead.of(details.figures),
        )


class PlanOpenedRead(PlanRead):
    """A plan that was opened. A word is in it if it was made up: here, and never again."""

    safe_word: str | None
    duress_word: str | None

    @classmethod
    def opened(cls, details: PlanDetails, asked: PlanCreate, words: JourneyWords) -> Self:
        """Return a new plan, with those of its words that the request left out."""
        return cls(
            **dict(PlanRead.of(details)),
            safe_word=words.safe if asked.safe_word is None else None,
            duress_word=words.duress if asked.duress_word is None else None,
        )


class WordsToldRead(_PlanColumns):
    """New words, which the person was told. A word is in it if it was made up: never again."""

    safe_word: str | None
    duress_word: str | None

    @classmethod
    def of(cls, plan: Plan, asked: WordsToldCreate, words: JourneyWords) -> Self:
        """Return a plan with those of its words that the request left out."""
        return cls(
            **cls.columns_of(plan),
            safe_word=words.safe if asked.safe_word is None else None,
            duress_word=words.duress if asked.duress_word is None else None,
        )
