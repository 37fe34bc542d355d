"""Rows of plans and legs. Everything that says where, how or by whom is sealed.

- A plan, its words and each of its legs are scopes of their own: who helps on one leg knows
  nothing of the others.
- Plain is what must be noticed without a key: that a leg is due, and that its person is silent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.cases.models import FreeText
from app.permissions import Compartment
from app.store.base import (
    CaseRecord,
    Mark,
    Ordered,
    Versioned,
    choice,
    has_changed,
    never,
    plain,
)
from app.store.models import ErasedPart
from app.store.sealed import NOTES, SealedField
from app.watch.models import Word


class PlanStatus(StrEnum):
    """The status of a plan. The arrival of its last leg finishes it."""

    OPEN = "open"
    FINISHED = "finished"
    ABANDONED = "abandoned"


class LegStatus(StrEnum):
    """The status of a leg; ``app.relocation.moves.MOVES`` lists the allowed moves."""

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
    """The whole journey in a few words, for its planners only."""

    origin: str
    destination: str
    notes: str | None = None
    ended_because: str | None = None


@dataclass(frozen=True, slots=True)
class JourneyWords:
    """The words of a journey, the same on all of its legs. ``former``: duress words of before."""

    safe: str
    duress: str
    former: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WordMark:
    """How a word sounds, as a keyed hash with its length: it can be recognised, not read."""

    letters: int
    blanks: bool
    value: bytes


@dataclass(frozen=True, slots=True)
class JourneyMarks:
    """The marks of the safe word, and of every duress word, of before too."""

    safe: tuple[WordMark, ...]
    duress: tuple[WordMark, ...]


@dataclass(frozen=True, slots=True)
class LegInstructions:
    """How one leg is to go. ``meeting_phrase`` is the ``handover_phrase`` of the leg before."""

    kind: LegKind
    place: str
    text: str
    escort_note: str | None
    meeting_phrase: str
    handover_phrase: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class DueMove:
    """The time at which a leg was due was moved: from when to when, by whom, when and why."""

    was: datetime
    became: datetime
    by: UUID
    at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class LegRecord:
    """How one leg went, to the minute. What was heard on it is in its check-ins.

    ``walked_on``: the day of a leg that was put on record after it was walked.
    """

    left_at: datetime | None = None
    arrived_at: datetime | None = None
    reason: str | None = None
    due_moves: tuple[DueMove, ...] = ()
    walked_on: date | None = None

    @property
    def was_begun(self) -> bool:
        """Whether somebody has departed on the leg."""
        return self.left_at is not None or self.walked_on is not None


@dataclass(frozen=True, slots=True)
class Danger:
    """Whether a duress word was said on the journey: ``Word.DURESS`` until that is over."""

    word: Word


class Plan(CaseRecord, Versioned):
    """A journey to safety, as legs in order. A case has at most one open plan."""

    __tablename__ = "plans"
    __unmarked__ = "a journey that is over again; its grants have ended, and its legs are marked"
    __table_args__ = (UniqueConstraint("case_id", "number"), Index("ix_plans_status", "status"))

    number: Mapped[int] = plain("counts the plans of a case; two at once cannot both be next")
    team_id: Mapped[UUID] = plain("random; an alert names the team that plans the journey")
    status: Mapped[PlanStatus] = plain("what is open is watched", choice(PlanStatus))
    opened_on: Mapped[date] = plain("the day; retention counts by it")
    moved_on: Mapped[date] = plain("the day it ended; routes are erased some days later")
    opened_by: Mapped[UUID] = plain("random; who planned it")

    outline = SealedField(Outline, Compartment.ROUTE, step=NOTES)
    words = SealedField(JourneyWords, Compartment.WORDS, step=NOTES)
    danger = SealedField(Danger, Compartment.DIRECTORY, part=ErasedPart.JOURNEY)
    marks = SealedField(JourneyMarks, Compartment.WORDS, step=NOTES, part=ErasedPart.JOURNEY)

    @property
    def part(self) -> UUID:
        """The plan's own scope in each of the two compartments."""
        return self.id


class Traveller(CaseRecord, Ordered, Versioned):
    """A case that travels along on another's journey, until it leaves or the journey is over."""

    __tablename__ = "travellers"
    __unmarked__ = "somebody who left a journey is watched again"
    __table_args__ = (Index("ix_travellers_plan", "plan_id"),)

    plan_id: Mapped[UUID] = plain("random; the journey")
    other_id: Mapped[UUID] = plain("random; the case that the journey was opened for", index=True)
    joined_on: Mapped[date] = plain("the day only")
    joined_by: Mapped[UUID] = plain("random; who put them on the journey")
    left_on: Mapped[date | None] = plain("the day they left it; then they are watched no longer")
    left_by: Mapped[UUID | None] = plain("random; who took them off the journey")

    left_because = SealedField(FreeText, Compartment.ACCOUNT, step=NOTES)


_still_on_it = Traveller.left_on.is_(None)
Index(
    "uq_travellers_present",
    Traveller.case_id,
    Traveller.plan_id,
    unique=True,
    sqlite_where=_still_on_it,
    postgresql_where=_still_on_it,
)


class Leg(CaseRecord, Versioned):
    """One leg of a plan, sealed under its own scope. A reroute's first leg has the position of the
    leg that it replaces.
    """

    __tablename__ = "legs"
    __mark__ = Mark(
        because="a leg on the road is watched no longer, or a removed escort has it again",
        when=lambda leg: leg.status is LegStatus.DEPARTED or has_changed(leg, "escort_id"),
        for_good=never,
    )
    __table_args__ = (
        Index("ix_legs_plan", "plan_id", "position"),
        Index("ix_legs_expected", "expected_at", "id"),
    )

    plan_id: Mapped[UUID] = plain("random; the plan", ForeignKey("plans.id"))
    position: Mapped[int] = plain("the order on the road; how many legs there are shows anyway")
    number: Mapped[int] = plain(
        "the order of planning; a leg that replaces another has the higher one"
    )
    status: Mapped[LegStatus] = plain("silence is noticed without a key", choice(LegStatus))
    grace_minutes: Mapped[int] = plain("silence escalates by it, without a key")
    expected_at: Mapped[datetime | None] = plain(
        "when the next contact is due, to the minute; empty as soon as the leg is over"
    )
    due_at: Mapped[datetime | None] = plain(
        "when it was planned to be over; a wrong clock must not put off what is expected without a"
        " key; empty as soon as the leg is over"
    )
    silence: Mapped[int] = plain("counts contacts: which escalations belong to the present silence")
    moved_on: Mapped[date] = plain("the day of the last move; retention counts from it")
    escort_id: Mapped[UUID | None] = plain(
        "random; an incident must find the escort's legs", index=True
    )

    instructions = SealedField(LegInstructions, Compartment.ROUTE, step=NOTES)
    record = SealedField(LegRecord, Compartment.ROUTE, step=NOTES, part=ErasedPart.JOURNEY)

    @property
    def part(self) -> UUID:
        """The leg's own scope."""
        return self.id
