"""Rounds of vetting, what was checked and what was decided. Knows rows and cells; no rules.

A round, its checks and its decisions are sealed in a scope of the round's own, which the two
vetters hold while it lasts and custody for good. Only that there is a round, and how it ended, is
plain.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.permissions import Compartment
from app.store.base import CaseRecord, Versioned, choice, index_column, plain
from app.store.sealed import NOTES, SealedField


class Source(StrEnum):
    """Where an answer came from."""

    VOUCHER = "voucher"
    FORMER_COLLEAGUE = "former_colleague"
    RELATIVE = "relative"
    DOCUMENT_PHOTO = "document_photo"
    PUBLIC_RECORD = "public_record"
    CONVERSATION = "conversation"
    PARTNER_ORGANISATION = "partner_organisation"


class Finding(StrEnum):
    """What an answer says about the person's own account."""

    CONSISTENT = "consistent"
    CONTRADICTING = "contradicting"
    UNCLEAR = "unclear"


class Verdict(StrEnum):
    """What one vetter decides."""

    VERIFIED = "verified"
    REFUSED = "refused"


class Outcome(StrEnum):
    """What has become of a round. After ``disagree`` it goes on with a new turn."""

    VERIFIED = "verified"
    REFUSED = "refused"
    DISAGREE = "disagree"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Request:
    """What the coordinator asks the vetters to look at."""

    reason: str | None


@dataclass(frozen=True, slots=True)
class Check:
    """One answer from one source. ``linked_to`` names checks whose vouchers know this one."""

    source: Source
    finding: Finding
    made_at: datetime
    source_note: str | None = None
    voucher: str | None = None
    linked_to: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """One vetter's decision. ``by`` and ``turn`` repeat the row, which a thief could rewrite."""

    by: UUID
    turn: int
    verdict: Verdict
    grounds: str
    valid_for_days: int
    made_at: datetime


class VettingRound(CaseRecord, Versioned):
    """One vetting of a case by two members, from the request to the outcome."""

    __tablename__ = "vetting_rounds"
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        Index("ix_vetting_rounds_open", "ended_on", "opened_on"),
    )

    number: Mapped[int] = plain("counts the rounds of a case, so that only one is ever opened")
    opened_on: Mapped[date] = plain("lists are sorted by it; the day only")
    turn: Mapped[int] = plain("counts the turns of deciding; two decisions must meet in one")
    decided: Mapped[int] = plain("how many have decided in this turn; the version moves with it")
    outcome: Mapped[Outcome | None] = plain(
        "the case's status says as much; coordinators see it and hold no key", choice(Outcome)
    )
    ended_on: Mapped[date | None] = plain("the day of the outcome; clearance is counted by it")
    valid_until: Mapped[date | None] = plain("the last day of the clearance; asked for by work")
    outcome_check: Mapped[bytes] = index_column(
        "HMAC over outcome and days, so that a writer of the database clears nobody"
    )

    request = SealedField(Request, Compartment.VETTING, step=NOTES)

    @property
    def part(self) -> UUID:
        """A round has a scope of its own."""
        return self.id


class VettingCheck(CaseRecord):
    """One check of a round. What was asked of whom is sealed."""

    __tablename__ = "vetting_checks"

    round_id: Mapped[UUID] = plain("random; the round", ForeignKey("vetting_rounds.id"), index=True)
    added_by: Mapped[UUID] = plain("random; a vetter, as the round's grants say already")

    check = SealedField(Check, Compartment.VETTING, step=NOTES)

    @property
    def part(self) -> UUID:
        """Checks are sealed under their round's scope."""
        return self.round_id


class VettingDecision(CaseRecord):
    """One vetter's decision in one turn. What it says is sealed, and opened only in ``turns``."""

    __tablename__ = "vetting_decisions"
    __table_args__ = (UniqueConstraint("round_id", "turn", "vetter_id"),)

    round_id: Mapped[UUID] = plain("random; the round", ForeignKey("vetting_rounds.id"))
    turn: Mapped[int] = plain("which turn of deciding")
    vetter_id: Mapped[UUID] = plain("random; one decision a vetter and turn")

    decision = SealedField(Decision, Compartment.VETTING, step=NOTES)

    @property
    def part(self) -> UUID:
        """Decisions are sealed under their round's scope."""
        return self.round_id
