"""Rows of retention: what was destroyed, with its proof; holds, chosen days, and what people asked.

Knows tables and cell types. Only the reasons of holds and requests say anything of a person.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import JSON, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.cases.models import FreeText
from app.permissions import Compartment
from app.store.base import (
    Base,
    CaseRecord,
    Housekeeping,
    Mark,
    Ordered,
    Record,
    Versioned,
    always,
    choice,
    index_column,
    key_column,
    never,
    plain,
)
from app.store.models import ErasedPart
from app.store.sealed import NOTES, SealedField

RESTORED: Final = "journal"
"""The rule of what is destroyed again, because a restored database had it back."""
ASKED: Final = "asked"
"""The rule of what is destroyed because its person asked for it."""


class DestructionStep(StrEnum):
    """How far a destruction has come. It goes on from there, whatever ended the process."""

    BEGUN = "begun"
    CLEARED = "cleared"
    CERTIFIED = "certified"


class Destruction(Record):
    """One destroyed case, or part of one; ``id`` is the number of its certificate.

    That of a case is all that stays of it. Its parts' are cut from it then.
    """

    __tablename__ = "destructions"
    __housekeeping__ = Housekeeping(
        because="each of its steps has its event, on the case or on the organisation",
        written=(
            "UPDATE or DELETE: a destruction that was begun stops half-way, a case looks "
            "destroyed to those who ask, a certificate is gone"
        ),
        bounded=(
            "nothing is destroyed without the MAC of its order; verification names planted "
            "orders, altered certificates, and events that are of no case"
        ),
    )
    __table_args__ = (
        Index("ix_destructions_case", "case_id"),
        Index("ix_destructions_step", "step", "id"),
    )

    what: Mapped[str] = plain("a part's name, or all; the certificate says it", String(32))
    case_id: Mapped[UUID | None] = plain("random; tells an erased case from one that never was")
    share_id: Mapped[UUID | None] = plain("random; the journal names it")
    rule: Mapped[str] = plain("by which rule of the schedule; the certificate says it", String(40))
    step: Mapped[DestructionStep] = plain("where to go on", choice(DestructionStep))
    made_on: Mapped[date] = plain("the day; the certificate says it")
    codes_die: Mapped[bool] = plain("whether the person wanted living codes to go as well")
    half_year: Mapped[str] = plain("in which the case began, for counts over years", String(6))
    cells: Mapped[int] = plain("how many cells went; the certificate says it")
    rows: Mapped[int] = plain("how many rows went; the certificate says it")
    digest_before: Mapped[bytes] = key_column(
        "HMAC over the cells that went, under a key that went with their share", LargeBinary(32)
    )
    order_mac: Mapped[bytes] = key_column(
        "MAC over what is to go, of which case, by which rule: without it nothing goes"
    )
    event_id: Mapped[UUID | None] = plain("random; the event whose leaf the certificate names")
    subject_tag: Mapped[bytes | None] = index_column(
        "the tag of an erased case's events, so that verification knows whose they were"
    )
    readers: Mapped[bytes | None] = index_column(
        "HMACs of those who could see the case, among random ones, for 90 days"
    )
    certificate: Mapped[str | None] = plain("the signed note, as it may be shown", Text)


class RetentionPass(Base):
    """How far the worker has come in looking at every case, and what the last pass counted."""

    __tablename__ = "retention_passes"
    __housekeeping__ = Housekeeping(
        because="counts of rows, whose destruction has its events",
        written="UPDATE: a pass is skipped or begun again, figures are wrong",
        bounded="the next day has a pass of its own; nothing is destroyed by it that is not due",
    )

    id: Mapped[int] = plain("always 1", primary_key=True, autoincrement=False)
    begun_on: Mapped[date] = plain("the day of the pass; there is one a day")
    after: Mapped[UUID | None] = plain("random; the last case that was looked at")
    done: Mapped[bool] = plain("whether the pass is over")
    counting: Mapped[dict[str, int]] = plain("counts of the pass that goes on", JSON)
    counted_on: Mapped[date | None] = plain("the day of the counts")
    counts: Mapped[dict[str, int]] = plain("by rule: due, soon, and why not", JSON)
    waiting: Mapped[list[str]] = plain("random ids of cases that leads must look at", JSON)


class SilenceNotice(CaseRecord):
    """Says that a case will be closed as lost contact, unless something is heard or written."""

    __tablename__ = "silence_notices"
    __housekeeping__ = Housekeeping(
        because="the move that follows is in the trail",
        written=(
            "INSERT with an older day: a silent case is closed as lost contact at once; "
            "DELETE: later"
        ),
        bounded="a closed case is opened again; its move is in the log",
    )

    noticed_on: Mapped[date] = plain("the day; the case is closed 30 days later")


class RetentionHold(CaseRecord, Ordered, Versioned):
    """Keeps a case, or a part of one, past its time: asked by a coordinator, agreed by a lead.

    Its reason is sealed under a scope of its own, so that a lead reads it and the summary alone.
    """

    __tablename__ = "retention_holds"
    __mark__ = Mark(
        because="what is held by agreement is destroyed",
        when=always,
        for_good=never,
    )

    what: Mapped[ErasedPart | None] = plain("the part; none: the whole case", choice(ErasedPart))
    asked_by: Mapped[UUID] = plain("random; who asked for it")
    asked_on: Mapped[date] = plain("the day; nobody agreed in 14 days: it lapsed")
    until: Mapped[date] = plain("its last day, at most 180 days after it was asked for")
    agreed_by: Mapped[UUID | None] = plain("random; the lead who agreed")
    agreed_on: Mapped[date | None] = plain("the day of the agreement")
    ended_by: Mapped[UUID | None] = plain("random; who ended it before its last day")
    ended_on: Mapped[date | None] = plain("the day on which it was ended")
    reminded_on: Mapped[date | None] = plain("the day on which its end was announced")

    reason = SealedField(FreeText, Compartment.SUMMARY, step=NOTES)

    @property
    def part(self) -> UUID:
        """The hold: its reason is sealed under a scope of its own."""
        return self.id


class RetentionLook(CaseRecord, Ordered):
    """One of two people has looked whether a person whom vetters refused must still be known."""

    __tablename__ = "retention_looks"
    __table_args__ = (UniqueConstraint("case_id", "looked_by"),)

    looked_by: Mapped[UUID] = plain("random; two different people must look")
    looked_on: Mapped[date] = plain("the day only")
    needed: Mapped[bool] = plain("whether they think that it must be kept to its last day")


class ErasureRequest(CaseRecord, Ordered, Versioned):
    """A person's wish that their case be erased: taken down by one member, agreed by a lead.

    From the asking on the case is shut to everybody; only leads read the reason and the summary.
    """

    __tablename__ = "erasure_requests"
    __mark__ = Mark(
        because="a wish that a lead refused is agreed to",
        when=always,
        for_good=never,
    )

    asked_by: Mapped[UUID] = plain("random; who took the wish down")
    asked_on: Mapped[date] = plain("the day; three days later all leads are told again")
    codes_die: Mapped[bool] = plain("whether the person wants living codes to go as well")
    agreed_by: Mapped[UUID | None] = plain("random; the lead who agreed: it is destroyed next")
    agreed_on: Mapped[date | None] = plain("the day of the agreement")
    refused_by: Mapped[UUID | None] = plain("random; the lead who opened the case again")
    refused_on: Mapped[date | None] = plain("the day on which the case was opened again")
    reminded_on: Mapped[date | None] = plain("the day on which leads were told again")

    reason = SealedField(FreeText, Compartment.SUMMARY, step=NOTES)

    @property
    def part(self) -> UUID:
        """The request: its reason is sealed under a scope of its own."""
        return self.id


class ChosenDays(Record, Ordered, Versioned):
    """Other days for one rule of the schedule: asked by one lead, agreed by another.

    The newest that was agreed counts. Of older ones is seen what counted when.
    """

    __tablename__ = "chosen_days"
    __mark__ = Mark(
        because="days that nobody has agreed to, or others agreed to since, count",
        when=always,
        for_good=never,
    )

    rule: Mapped[str] = plain("a rule of the schedule", String(40))
    days: Mapped[int] = plain("how many days instead of the default")
    asked_by: Mapped[UUID] = plain("random; the lead who asked for it")
    asked_on: Mapped[date] = plain("the day; nobody agreed in 14 days: it lapsed")
    agreed_by: Mapped[UUID | None] = plain("random; who agreed: themselves, if the only lead")
    agreed_on: Mapped[date | None] = plain("from this day on it counts")
