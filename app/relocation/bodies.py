"""What relocation takes over HTTP, and how it becomes what the service takes."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from app.http.schema import Code, LongText, Reason, Schema, ShortText
from app.relocation.drafts import LegDraft
from app.relocation.models import LegKind, LegStatus, Outline

LONGEST_GRACE = 7 * 24 * 60
MOST_AT_ONCE = 40


class DraftLeg(Schema):
    """One leg as planned. Phrase and words that are left out are made up."""

    kind: LegKind
    place: ShortText
    instructions: LongText
    due_at: AwareDatetime
    grace_minutes: Annotated[int, Field(ge=5, le=LONGEST_GRACE, examples=[120])]
    escort_note: LongText | None = None
    handover_phrase: ShortText | None = None
    safe_word: Code | None = None
    duress_word: Code | None = None

    def to_draft(self) -> LegDraft:
        """Return the leg as the service takes it."""
        return LegDraft(**{name: getattr(self, name) for name in type(self).model_fields})


class OpenPlan(Schema):
    """A way from here to there, as legs in the order of the road."""

    origin: ShortText
    destination: ShortText
    notes: LongText | None = None
    legs: Annotated[list[DraftLeg], Field(min_length=1, max_length=MOST_AT_ONCE)]

    def to_outline(self) -> Outline:
        """Return what is sealed for those who plan."""
        return Outline(self.origin, self.destination, self.notes)


class DraftLegs(Schema):
    """Legs to add at the end, or to take over from another."""

    legs: Annotated[list[DraftLeg], Field(min_length=1, max_length=MOST_AT_ONCE)]


class MovePlan(Schema):
    """A plan is given up by hand; it is finished by the arrival of its last leg alone."""

    to: Literal["abandoned"]
    reason: Reason | None = None


class MoveLeg(Schema):
    """Where a leg goes from where it stands; ``at`` says when, if not just now."""

    to: LegStatus
    at: AwareDatetime | None = None
    reason: Reason | None = None


class AssignEscort(Schema):
    """Who goes along; null takes the leg from whoever has it."""

    volunteer_id: UUID | None
