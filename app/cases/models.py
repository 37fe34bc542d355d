"""A case and what is known of a person, by compartment. Knows rows and cells; no keys, no HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.permissions import Compartment, Role
from app.store.base import CaseRecord, Versioned, choice, plain
from app.store.sealed import NOTES, SealedField


class CaseStatus(StrEnum):
    """Where a case stands."""

    SUBMITTED = "submitted"
    VETTING = "vetting"
    ACTIVE = "active"
    SETTLED = "settled"
    CLOSED = "closed"
    DECLINED = "declined"
    MERGED = "merged"
    ERASED = "erased"


class Standing(StrEnum):
    """How a person stands to the service they were in."""

    IN_SERVICE = "in_service"
    LEFT = "left"
    FAMILY_MEMBER = "family_member"


class RankBand(StrEnum):
    """The only grain in which reports ever know a rank."""

    OTHER_RANKS = "other_ranks"
    NCO = "nco"
    JUNIOR_OFFICER = "junior_officer"
    SENIOR_OFFICER = "senior_officer"
    CIVILIAN = "civilian"
    UNKNOWN = "unknown"


class RegionGroup(StrEnum):
    """The only grain in which reports ever know a place."""

    NORTH = "north"
    EAST = "east"
    SOUTH = "south"
    WEST = "west"
    CENTRE = "centre"
    UNKNOWN = "unknown"


class Channel(StrEnum):
    """How first contact came."""

    PUBLIC_PAGE = "public_page"
    MESSENGER = "messenger"
    PHONE = "phone"
    FRIEND = "friend"
    IN_PERSON = "in_person"


@dataclass(frozen=True, slots=True)
class Summary:
    """What a list shows. Nothing in it says who the person is."""

    called: str
    standing: Standing
    urgent: bool
    people: int
    infants: int
    language: str


@dataclass(frozen=True, slots=True)
class Relative:
    """A member of the household, on the way too or still where they are in danger."""

    relation: str
    name: str | None = None
    age_months: int | None = None
    with_person: bool = True
    in_compound: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the person is. Names keep both scripts, and the spelling in which they arrived."""

    name: str
    name_burmese: str | None = None
    name_as_written: str | None = None
    nrc: str | None = None
    service: str | None = None
    service_number: str | None = None
    unit: str | None = None
    born_on: date | None = None
    household: tuple[Relative, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach the person, and when it is safe to."""

    channel: Channel
    phones: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    safe_times: str | None = None
    contacted_by: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What happened, what is needed, what is feared, and what the person agreed to."""

    says: str
    says_as_written: str | None = None
    needs: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    health: str | None = None
    consent_for: tuple[str, ...] = ()
    consent_given: str | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """Something that a member wrote: a note, or the reason of what they did."""

    text: str


@dataclass(frozen=True, slots=True)
class Reporting:
    """The coarse facts of a case that auditors may count, and nothing finer."""

    half_year: str
    standing: Standing
    rank_band: RankBand
    region_group: RegionGroup
    people: int


CASE_COMPARTMENTS = (
    Compartment.SUMMARY,
    Compartment.IDENTITY,
    Compartment.CONTACT,
    Compartment.ACCOUNT,
    Compartment.REPORTING,
)
"""The scopes that every case has from its first moment; later ones are minted when needed."""


class Case(CaseRecord, Versioned):
    """One person's way, with those who come along. ``case_id`` is its own id."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_opened", "opened_on", "id"),
        Index("ix_cases_team_status", "team_id", "status"),
        Index("ix_cases_indexed_version", "indexed_version"),
    )

    team_id: Mapped[UUID] = plain("random; a case belongs to one team")
    share_id: Mapped[UUID] = plain("random; names the erasure share in the keystore")
    status: Mapped[CaseStatus] = plain("moves and retention are decided by it", choice(CaseStatus))
    opened_on: Mapped[date] = plain("the day; lists are sorted by it")
    moved_on: Mapped[date] = plain("the day of the last move; retention counts from it")
    opened_by: Mapped[UUID] = plain("random; who logged the intake")
    triaged_on: Mapped[date | None] = plain("the day of the first triage decision")
    merged_into: Mapped[UUID | None] = plain("random; the case that goes on instead")
    emergency_until: Mapped[datetime | None] = plain("lets work begin before vetting ends")
    indexed_version: Mapped[int] = plain("the search key's version of its blind indexes; 0: none")

    summary = SealedField(Summary, Compartment.SUMMARY)
    identity = SealedField(Identity, Compartment.IDENTITY)
    contact = SealedField(Contact, Compartment.CONTACT)
    account = SealedField(Account, Compartment.ACCOUNT, step=NOTES)
    reporting = SealedField(Reporting, Compartment.REPORTING)


class CaseMove(CaseRecord):
    """One change of a case's status, and why."""

    __tablename__ = "case_moves"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    number: Mapped[int] = plain("moves of a case are read in order")
    was: Mapped[CaseStatus] = plain("the status before; the trail says it too", choice(CaseStatus))
    became: Mapped[CaseStatus] = plain("the status after", choice(CaseStatus))
    moved_on: Mapped[date] = plain("the day only")
    moved_by: Mapped[UUID] = plain("random; who moved it")

    reason = SealedField(Words, Compartment.ACCOUNT, step=NOTES)


class CaseNote(CaseRecord):
    """Something added to the account later. Never changed, never taken back."""

    __tablename__ = "case_notes"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    number: Mapped[int] = plain("notes of a case are read in order")
    written_on: Mapped[date] = plain("the day only")
    written_by: Mapped[UUID] = plain("random; who wrote it")

    words = SealedField(Words, Compartment.ACCOUNT, step=NOTES)


class Assignment(CaseRecord):
    """A case in the hands of a volunteer; their grant names it, and ends with it."""

    __tablename__ = "assignments"

    member_id: Mapped[UUID] = plain("random; whose work it is, as their grant says", index=True)
    assigned_by: Mapped[UUID] = plain("random; who handed it over")
    assigned_on: Mapped[date] = plain("the day only")
    ended_on: Mapped[date | None] = plain("the day it was taken back")


class EmergencyDecision(CaseRecord):
    """One of the two decisions by which work begins before vetting ends.

    Both stand under one ``ask_id``, the id of the first, which is also the part under which the
    reasons are sealed: a lead who decides reads the reason and the summary, and nothing else.
    """

    __tablename__ = "emergency_decisions"

    ask_id: Mapped[UUID] = plain("random; the first of the two decisions", index=True)
    decided_as: Mapped[Role] = plain("a coordinator and a lead must both decide", choice(Role))
    decided_by: Mapped[UUID] = plain("random; who decided")
    decided_on: Mapped[date] = plain("a first decision lapses when no second one follows")
    hours: Mapped[int] = plain("for how long work may go on without vetting")

    reason = SealedField(Words, Compartment.ACCOUNT, step=NOTES)

    @property
    def part(self) -> UUID:
        """The ask: both reasons are sealed under a scope of its own."""
        return self.ask_id


class LinkKind(StrEnum):
    """Why two cases belong together."""

    FAMILY = "family"
    SAME_EVENT = "same_event"


class CaseLink(CaseRecord):
    """Two cases that belong together; stands once, for both."""

    __tablename__ = "case_links"
    __table_args__ = (UniqueConstraint("case_id", "other_id"),)

    other_id: Mapped[UUID] = plain("random; the other case", index=True)
    kind: Mapped[LinkKind] = plain("family or the same event", choice(LinkKind))
    linked_by: Mapped[UUID] = plain("random; who linked them")
    linked_on: Mapped[date] = plain("the day only")


INFANT_MONTHS = 24
"""Under this age a child still lives on milk, and counts as an infant."""


def count_people(identity: Identity) -> tuple[int, int]:
    """Return how many come, the person included, and how many of them are infants."""
    coming = [relative for relative in identity.household if relative.with_person]
    infants = [r for r in coming if r.age_months is not None and r.age_months < INFANT_MONTHS]
    return 1 + len(coming), len(infants)
