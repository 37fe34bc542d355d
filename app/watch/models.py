"""Rows of check-ins and escalations. What was said is sealed; that a leg is silent is plain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.permissions import Compartment
from app.store.base import CaseRecord, Versioned, choice, plain
from app.store.models import ErasedPart
from app.store.sealed import NOTES, SealedField


class EscalationLevel(StrEnum):
    """How long a leg has been silent past its time, in three steps."""

    LATE = "late"
    OVERDUE = "overdue"
    MISSING = "missing"

    @property
    def rank(self) -> int:
        """Its place in the order of levels, from 0."""
        return list(EscalationLevel).index(self)


class NotifiedGroup(StrEnum):
    """Who is notified of a level or an alert. With the leads, also who follows the case."""

    ON_DUTY = "on_duty"
    COORDINATORS = "coordinators"
    COORDINATORS_AND_LEADS = "coordinators_and_leads"
    LEADS = "leads"

    @property
    def has_leads(self) -> bool:
        """Whether leads are among them."""
        return self in {NotifiedGroup.COORDINATORS_AND_LEADS, NotifiedGroup.LEADS}

    @property
    def has_coordinators(self) -> bool:
        """Whether all coordinators of the team are among them."""
        return self in {NotifiedGroup.COORDINATORS, NotifiedGroup.COORDINATORS_AND_LEADS}


class Word(StrEnum):
    """What was said. One letter each: a sealed value's length must not tell them apart.

    ``TOLD``: a text that came with another act on the journey, without a duress word in it.
    """

    SAFE = "s"
    DURESS = "d"
    NO_ANSWER = "n"
    NOT_UNDERSTOOD = "u"
    TOLD = "t"


UNSEEN = UUID(int=0)
"""In the place of a member, and as wide: the length must not tell what was looked at."""


@dataclass(frozen=True, slots=True)
class CheckInRecord:
    """What was said at a check-in, who recorded it, and which planner has acknowledged it.

    ``said_at``: what the sender's clock said, where that cannot be. ``said``: what was not
    understood, as it came. ``next_sign_at``: when the person is to be heard again.
    """

    word: Word
    at: datetime
    by: UUID
    note: str | None = None
    seen_by: UUID = UNSEEN
    said_at: datetime | None = None
    said: str | None = None
    next_sign_at: datetime | None = None

    @property
    def is_contact(self) -> bool:
        """Whether an agreed word was heard, at a time that can be believed."""
        is_old = self.said_at is not None and self.said_at < self.at
        return self.word in {Word.SAFE, Word.DURESS} and not is_old


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who acknowledged an escalation, when, and what they did about it."""

    by: UUID
    at: datetime
    note: str | None = None


class CheckIn(CaseRecord, Versioned):
    """A word on a leg, or no answer. Which of them is sealed."""

    __tablename__ = "check_ins"
    __unmarked__ = "says what was heard; a word of duress stands on the plan and in the alerts"

    plan_id: Mapped[UUID] = plain("random; the plan", ForeignKey("plans.id"), index=True)
    leg_id: Mapped[UUID] = plain("random; the leg", ForeignKey("legs.id"))
    made_on: Mapped[date] = plain("the day; the minute is sealed")

    record = SealedField(CheckInRecord, Compartment.WORDS, step=NOTES, part=ErasedPart.JOURNEY)

    @property
    def part(self) -> UUID:
        """The scope of what is heard on the journey."""
        return self.plan_id


class LegEscalation(CaseRecord, Versioned):
    """A level that a silent leg has reached. The minute follows from the leg while it is due."""

    __tablename__ = "leg_escalations"
    __unmarked__ = "who was told already; an older row has them told again"
    __table_args__ = (UniqueConstraint("leg_id", "silence", "level"),)

    leg_id: Mapped[UUID] = plain("random; the leg", ForeignKey("legs.id"))
    silence: Mapped[int] = plain("which silence of the leg this was")
    level: Mapped[EscalationLevel] = plain(
        "reached by the clock alone, without a key", choice(EscalationLevel)
    )
    notified: Mapped[NotifiedGroup] = plain("follows from the level", choice(NotifiedGroup))
    reached_on: Mapped[date] = plain("the day")
    acknowledged_on: Mapped[date | None] = plain("whether somebody looks into it; the day")

    acknowledgement = SealedField(
        Acknowledgement, Compartment.ROUTE, step=NOTES, part=ErasedPart.JOURNEY
    )

    @property
    def part(self) -> UUID:
        """The leg's scope."""
        return self.leg_id
