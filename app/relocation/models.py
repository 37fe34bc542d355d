"""Plans, legs and what is heard on the way. Everything that says where, how or by whom is sealed.

Each leg is a scope of its own, so that whoever helps on one knows nothing of the others. What is
plain is what must be noticed without any key: that a leg is due, and that nothing was heard.
Knows rows and cells; no keys, no rules, no HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.permissions import Compartment
from app.store.base import CaseRecord, Versioned, choice, plain
from app.store.sealed import NOTES, SealedField
from app.watch.models import Word


class PlanStatus(StrEnum):
    """Where a plan stands. The arrival of its last leg finishes it."""

    OPEN = "open"
    FINISHED = "finished"
    ABANDONED = "abandoned"


class LegStatus(StrEnum):
    """Where a leg stands; ``app.relocation.states.MOVES`` says what may follow."""

    PLANNED = "planned"
    READY = "ready"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    MISSED = "missed"
    ABORTED = "aborted"
    REROUTED = "rerouted"


class LegKind(StrEnum):
    """What happens on a leg. Sealed: it tells how people move."""

    WALK = "walk"
    MOTORBIKE = "motorbike"
    VEHICLE = "vehicle"
    BOAT = "boat"
    BUS = "bus"
    CHECKPOINT = "checkpoint"
    STAY = "stay"
    CROSSING = "crossing"
    MEDICAL = "medical"
    HANDOVER = "handover"
    ARRIVAL = "arrival"


@dataclass(frozen=True, slots=True)
class Outline:
    """The whole way in a few words, for those who plan it and nobody on it."""

    origin: str
    destination: str
    notes: str | None = None
    ended_because: str | None = None


@dataclass(frozen=True, slots=True)
class LegPlan:
    """How one leg is meant to go. ``meeting_phrase`` is the leg before's ``handover_phrase``."""

    kind: LegKind
    place: str
    instructions: str
    escort_note: str | None
    meeting_phrase: str
    handover_phrase: str
    safe_word: str
    duress_word: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class LegRecord:
    """How one leg went, to the minute. ``duress`` is a ``Word``: duress once it was ever heard."""

    left_at: datetime | None = None
    arrived_at: datetime | None = None
    heard_at: datetime | None = None
    duress: Word = Word.SAFE
    unknown_words: int = 0
    unknown_at: datetime | None = None
    reason: str | None = None


class Plan(CaseRecord, Versioned):
    """A way to safety, as legs in order. A case has at most one open plan."""

    __tablename__ = "plans"
    __table_args__ = (UniqueConstraint("case_id", "number"), Index("ix_plans_status", "status"))

    number: Mapped[int] = plain("counts the plans of a case; two at once cannot both be next")
    team_id: Mapped[UUID] = plain("random; the leads are told whose plan an alarm is about")
    status: Mapped[PlanStatus] = plain("what is open is watched", choice(PlanStatus))
    opened_on: Mapped[date] = plain("the day; retention counts by it")
    moved_on: Mapped[date] = plain("the day it ended; routes are erased some days later")
    opened_by: Mapped[UUID] = plain("random; who planned it")

    outline = SealedField(Outline, Compartment.ROUTE, step=NOTES)


class Leg(CaseRecord, Versioned):
    """One leg of a plan, sealed under a scope of its own. Legs that took over share a position."""

    __tablename__ = "legs"
    __table_args__ = (
        Index("ix_legs_plan", "plan_id", "position"),
        Index("ix_legs_expected", "expected_at", "id"),
    )

    plan_id: Mapped[UUID] = plain("random; the plan", ForeignKey("plans.id"))
    position: Mapped[int] = plain("the order on the road; how many legs there are shows anyway")
    number: Mapped[int] = plain("the order of planning; tells what took over from what")
    status: Mapped[LegStatus] = plain("silence is noticed without a key", choice(LegStatus))
    grace_minutes: Mapped[int] = plain("the ladder climbs by it, without a key")
    expected_at: Mapped[datetime | None] = plain(
        "when a sign of life is due, to the minute; empty as soon as the leg is over"
    )
    silence: Mapped[int] = plain("counts signs of life: which rungs belong to the present silence")
    moved_on: Mapped[date] = plain("the day of the last move; retention counts from it")
    escort_id: Mapped[UUID | None] = plain("random; whom the incident page must find", index=True)

    plan = SealedField(LegPlan, Compartment.ROUTE, step=NOTES)
    record = SealedField(LegRecord, Compartment.ROUTE, step=NOTES)

    @property
    def part(self) -> UUID:
        """The leg's own scope."""
        return self.id
