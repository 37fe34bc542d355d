"""A case and what is known of a person, by compartment. Knows rows and cells; no keys, no HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.permissions import Compartment
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
    notes: tuple[str, ...] = field(default=())


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
    emergency_until: Mapped[datetime | None] = plain("lets work begin before vetting ends")
    indexed_version: Mapped[int] = plain("the search key's version of its blind indexes; 0: none")

    summary = SealedField(Summary, Compartment.SUMMARY)
    identity = SealedField(Identity, Compartment.IDENTITY)
    contact = SealedField(Contact, Compartment.CONTACT)
    account = SealedField(Account, Compartment.ACCOUNT, step=NOTES)
    reporting = SealedField(Reporting, Compartment.REPORTING)
