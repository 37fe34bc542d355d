"""Rows of vetting: rounds, checks and decisions. Knows tables and cell types; no keys, no rules.

- A round, its checks and its decisions are sealed under a scope of the round's own, which the two
  vetters hold while it lasts and custody for good.
- Plain is only that there is a round, and how it ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.permissions import Compartment
from app.store.base import (
    CaseRecord,
    Mark,
    Ordered,
    Versioned,
    always,
    choice,
    never,
    plain,
)
from app.store.sealed import NOTES, SealedField


class VettingSource(StrEnum):
    """Where a check's information came from."""

    VOUCHER = "voucher"
    FORMER_COLLEAGUE = "former_colleague"
    RELATIVE = "relative"
    DOCUMENT_PHOTO = "document_photo"
    PUBLIC_RECORD = "public_record"
    CONVERSATION = "conversation"
    PARTNER_ORGANISATION = "partner_organisation"


class VettingFinding(StrEnum):
    """How a check compares with the person's own account."""

    CONSISTENT = "consistent"
    CONTRADICTING = "contradicting"
    UNCLEAR = "unclear"


class Verdict(StrEnum):
    """What one vetter decides."""

    VERIFIED = "verified"
    REFUSED = "refused"


class VettingOutcome(StrEnum):
    """The outcome of a round. After ``disagree`` it goes on with a new attempt."""

    VERIFIED = "verified"
    REFUSED = "refused"
    DISAGREE = "disagree"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class VettingRequest:
    """What the coordinator asks the vetters to look at."""

    reason: str | None


@dataclass(frozen=True, slots=True)
class CheckDetail:
    """What one source said. ``linked_to`` names checks whose vouchers know this one."""

    source: VettingSource
    finding: VettingFinding
    made_at: datetime
    source_note: str | None = None
    voucher: str | None = None
    linked_to: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class DecisionDetail:
    """One vetter's decision. ``by`` and ``attempt`` are sealed too, against changes of the row."""

    by: UUID
    attempt: int
    verdict: Verdict
    grounds: str
    valid_for_days: int
    made_at: datetime


class VettingRound(CaseRecord, Ordered, Versioned):
    """One vetting of a case by two members, from the request to the outcome."""

    __tablename__ = "vetting_rounds"
    __mark__ = Mark(
        because="a refusal is undone, or a clearance that ended counts",
        when=lambda vetting: vetting.ended_on is not None,
        for_good=never,
    )
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        Index("ix_vetting_rounds_open", "ended_on", "opened_on"),
    )

    number: Mapped[int] = plain("counts the rounds of a case, so that only one is ever opened")
    opened_on: Mapped[date] = plain("lists are sorted by it; the day only")
    attempt: Mapped[int] = plain("counts the attempts of deciding; both decisions must be of one")
    decided: Mapped[int] = plain("how many have decided in this attempt; the version moves with it")
    outcome: Mapped[VettingOutcome | None] = plain(
        "the case's status shows it; coordinators see it and hold no key",
        choice(VettingOutcome),
    )
    ended_on: Mapped[date | None] = plain("the day of the outcome; clearance is counted by it")
    valid_until: Mapped[date | None] = plain("the last day of the clearance; work requires it")
    lapse_told: Mapped[bool] = plain(
        "whether people were told that the clearance expired", default=False
    )

    request = SealedField(VettingRequest, Compartment.VETTING, step=NOTES)

    @property
    def part(self) -> UUID:
        """A round has a scope of its own."""
        return self.id


class VettingCheck(CaseRecord, Ordered):
    """One check of a round. What was asked of whom is sealed."""

    __tablename__ = "vetting_checks"

    round_id: Mapped[UUID] = plain("random; the round", ForeignKey("vetting_rounds.id"), index=True)
    added_by: Mapped[UUID] = plain("random; a vetter, as the round's grants say already")

    check = SealedField(CheckDetail, Compartment.VETTING, step=NOTES)

    @property
    def part(self) -> UUID:
        """Checks are sealed under their round's scope."""
        return self.round_id


class VettingDecision(CaseRecord, Ordered, Versioned):
    """One vetter's decision in one attempt, sealed; opened only in ``decisions``."""

    __tablename__ = "vetting_decisions"
    __mark__ = Mark(
        because="a decision that was asked again counts as it was",
        when=always,
        for_good=never,
    )
    __table_args__ = (UniqueConstraint("round_id", "attempt", "vetter_id"),)

    round_id: Mapped[UUID] = plain("random; the round", ForeignKey("vetting_rounds.id"))
    attempt: Mapped[int] = plain("which attempt of deciding")
    vetter_id: Mapped[UUID] = plain("random; one decision a vetter and attempt")

    decision = SealedField(DecisionDetail, Compartment.VETTING, step=NOTES)

    @property
    def part(self) -> UUID:
        """Decisions are sealed under their round's scope."""
        return self.round_id
