"""Rows of check-ins and escalations. What was heard is sealed; that a leg is silent is plain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.permissions import Compartment
from app.store.base import CaseRecord, choice, plain
from app.store.sealed import NOTES, SealedField


class EscalationLevel(StrEnum):
    """How long a leg has been silent past its time, in three steps."""

    LATE = "late"
    OVERDUE = "overdue"
    MISSING = "missing"


class NotifiedGroup(StrEnum):
    """Who is told when a rung is reached."""

    COORDINATORS = "coordinators"
    COORDINATORS_AND_LEADS = "coordinators_and_leads"


class Word(StrEnum):
    """What was answered. One letter each: a sealed value's length must not tell them apart."""

    SAFE = "s"
    DURESS = "d"
    NO_ANSWER = "n"


UNSEEN = UUID(int=0)
"""Stands where a member would, and is as wide: a length must not tell what was looked at."""


@dataclass(frozen=True, slots=True)
class CheckInRecord:
    """What was heard at a check-in, who took it down, and which planner has looked at it."""

    word: Word
    at: datetime
    by: UUID
    note: str | None = None
    seen_by: UUID = UNSEEN


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who took a rung in hand, when, and what they did about it."""

    by: UUID
    at: datetime
    note: str | None = None


class CheckIn(CaseRecord):
    """Something heard on a leg, or that nothing was. Which of them is sealed."""

    __tablename__ = "check_ins"

    leg_id: Mapped[UUID] = plain("random; the leg", ForeignKey("legs.id"), index=True)
    made_on: Mapped[date] = plain("the day; the minute is sealed")

    saying = SealedField(CheckInRecord, Compartment.ROUTE, step=NOTES)

    @property
    def part(self) -> UUID:
        """The leg's scope."""
        return self.leg_id


class LegEscalation(CaseRecord):
    """A rung that a silent leg has reached. When to the minute follows from the leg while due."""

    __tablename__ = "leg_rungs"
    __table_args__ = (UniqueConstraint("leg_id", "silence", "rung"),)

    leg_id: Mapped[UUID] = plain("random; the leg", ForeignKey("legs.id"))
    silence: Mapped[int] = plain("which silence of the leg this was")
    rung: Mapped[EscalationLevel] = plain(
        "reached by the clock alone, without a key", choice(EscalationLevel)
    )
    told: Mapped[NotifiedGroup] = plain("follows from the rung", choice(NotifiedGroup))
    reached_on: Mapped[date] = plain("the day")
    acknowledged_on: Mapped[date | None] = plain("whether somebody has it in hand; the day")

    acknowledgement = SealedField(Acknowledgement, Compartment.ROUTE, step=NOTES)

    @property
    def part(self) -> UUID:
        """The leg's scope."""
        return self.leg_id
