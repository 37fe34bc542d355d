"""A case and what is known of a person, by compartment. Knows rows and cells; no keys, no HTTP."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.permissions import Compartment
from app.store.base import (
    CaseRecord,
    Mark,
    Ordered,
    Versioned,
    always,
    choice,
    has_changed,
    never,
    plain,
)
from app.store.sealed import NOTES, SealedField
from app.text.dates import months_after


class CaseStatus(StrEnum):
    """How far a case has come. ``moves.MOVES`` says which changes are allowed."""

    SUBMITTED = "submitted"
    VETTING = "vetting"
    ACTIVE = "active"
    SETTLED = "settled"
    CLOSED = "closed"
    DECLINED = "declined"
    MERGED = "merged"
    ERASED = "erased"


SHUT: Final = frozenset({CaseStatus.CLOSED, CaseStatus.DECLINED, CaseStatus.MERGED})
"""Cases that nobody works on any more, until they are opened again."""
BEFORE_VETTING_ENDS: Final = frozenset({CaseStatus.SUBMITTED, CaseStatus.VETTING})
"""Here an emergency lets work begin."""

OPEN_STATUSES: Final = BEFORE_VETTING_ENDS | {CaseStatus.ACTIVE, CaseStatus.SETTLED}
"""Here there is work to do, so that a case can be assigned."""


class Standing(StrEnum):
    """Whether a person is in service, has left it, or is of the family."""

    IN_SERVICE = "in_service"
    LEFT = "left"
    FAMILY_MEMBER = "family_member"


class RankBand(StrEnum):
    """Ranks in groups; reports know nothing finer."""

    OTHER_RANKS = "other_ranks"
    NCO = "nco"
    JUNIOR_OFFICER = "junior_officer"
    SENIOR_OFFICER = "senior_officer"
    CIVILIAN = "civilian"
    UNKNOWN = "unknown"


class RegionGroup(StrEnum):
    """Places in groups; reports know nothing finer."""

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
    """What a list shows. Nothing in it says who the person is.

    ``infants_until``: the days on which those who are infants grow out of it.
    """

    call_sign: str
    standing: Standing
    urgent: bool
    people: int
    infants: int
    language: str
    infants_until: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a case that was merged into this one says otherwise: which field, and from when."""

    field: str
    value: str
    case_id: UUID
    on: date


@dataclass(frozen=True, slots=True)
class AsWritten:
    """A text of a cell as it came, where it was converted: which field it is the original of."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the person is. ``name_as_written`` is the original of a name that was converted."""

    name: str
    name_burmese: str | None = None
    name_as_written: str | None = None
    also: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class Papers:
    """What documents say of the person: numbers, service, unit and birth.

    ``born_on``: a day, a month or a year, as ``app.text.births`` writes it. ``age``: in years, on
    the day ``age_stated_on``.
    """

    nrc: str | None = None
    service: str | None = None
    service_number: str | None = None
    unit: str | None = None
    born_on: str | None = None
    age: int | None = None
    age_stated_on: date | None = None
    also: tuple[Reading, ...] = ()
    as_written: tuple[AsWritten, ...] = ()


@dataclass(frozen=True, slots=True)
class Relative:
    """A member of the household: coming along, or still in danger where they are."""

    relation: str
    name: str | None = None
    age_months: int | None = None
    with_person: bool = True
    in_compound: bool = False
    age_stated_on: date | None = None


@dataclass(frozen=True, slots=True)
class Household:
    """The people who belong to the person."""

    relatives: tuple[Relative, ...] = ()
    also: tuple[Reading, ...] = ()
    as_written: tuple[AsWritten, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach the person, and when it is safe to."""

    channel: Channel
    phones: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    safe_times: str | None = None
    contacted_by: str | None = None
    also: tuple[Reading, ...] = ()
    as_written: tuple[AsWritten, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """What happened, what is needed, what is feared."""

    says: str
    says_as_written: str | None = None
    needs: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    health: str | None = None
    also: tuple[Reading, ...] = ()
    as_written: tuple[AsWritten, ...] = ()


@dataclass(frozen=True, slots=True)
class FreeText:
    """A note, or the reason that a member gave for an act."""

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
    Compartment.PAPERS,
    Compartment.HOUSEHOLD,
    Compartment.CONTACT,
    Compartment.ACCOUNT,
    Compartment.REPORTING,
)
"""The scopes that every case has from its first moment; later ones are minted when needed."""


class Case(CaseRecord, Ordered, Versioned):
    """The record of one person, with those who come along. ``case_id`` is its own id."""

    __tablename__ = "cases"
    __mark__ = Mark(
        because="a case that was closed or declined is worked on; an emergency goes on",
        when=lambda case: case.status in SHUT or has_changed(case, "emergency_until", "team_id"),
        for_good=never,
    )
    __table_args__ = (
        Index("ix_cases_opened", "opened_on", "sequence", "id"),
        Index("ix_cases_team_status", "team_id", "status"),
        Index("ix_cases_indexed_version", "indexed_version"),
        Index("ix_cases_team_indexed_version", "team_id", "indexed_version"),
    )

    team_id: Mapped[UUID] = plain("random; a case belongs to one team")
    share_id: Mapped[UUID] = plain("random; names the erasure share in the keystore")
    status: Mapped[CaseStatus] = plain("moves and retention are decided by it", choice(CaseStatus))
    opened_on: Mapped[date] = plain("the day the intake was taken down; lists are sorted by it")
    moved_on: Mapped[date] = plain("the day of the last move; retention counts from it")
    opened_by: Mapped[UUID] = plain("random; who logged the intake")
    accepted_on: Mapped[date | None] = plain("the day it was accepted; reports count by it")
    triaged_on: Mapped[date | None] = plain("the day of the first triage decision")
    merged_into: Mapped[UUID | None] = plain("random; the case that goes on instead", index=True)
    emergency_until: Mapped[datetime | None] = plain("lets work begin before vetting ends")
    indexed_version: Mapped[int] = plain(
        "the version of the blind index that it is in; 0: none",
        unproved="the index follows from sealed cells, and is made again from them",
    )
    compared: Mapped[bool] = plain(
        "whether likely duplicates were looked for since its name or numbers changed",
        unproved="set by readers without a change of the case; the next change resets it",
        default=False,
    )

    summary = SealedField(Summary, Compartment.SUMMARY)
    identity = SealedField(Identity, Compartment.IDENTITY)
    papers = SealedField(Papers, Compartment.PAPERS)
    household = SealedField(Household, Compartment.HOUSEHOLD)
    contact = SealedField(Contact, Compartment.CONTACT)
    account = SealedField(Account, Compartment.ACCOUNT, step=NOTES)
    reporting = SealedField(Reporting, Compartment.REPORTING)


@dataclass(frozen=True, slots=True)
class Replaced:
    """The value of a cell before an edit, as JSON."""

    value: str


class ReplacedCell(CaseRecord, Ordered, Versioned):
    """What an edit replaced in one cell of a case, sealed in that cell's compartment."""

    __tablename__ = "replaced_cells"
    __unmarked__ = "says what an edit replaced; nothing is decided by it"

    field: Mapped[str] = plain("which cell; the log says it too", String(16))
    replaced_on: Mapped[date] = plain("the day only")
    replaced_by: Mapped[UUID] = plain("random; who edited it")

    summary = SealedField(Replaced, Compartment.SUMMARY)
    identity = SealedField(Replaced, Compartment.IDENTITY)
    papers = SealedField(Replaced, Compartment.PAPERS)
    household = SealedField(Replaced, Compartment.HOUSEHOLD)
    contact = SealedField(Replaced, Compartment.CONTACT)
    account = SealedField(Replaced, Compartment.ACCOUNT, step=NOTES)
    reporting = SealedField(Replaced, Compartment.REPORTING)


class CaseMove(CaseRecord, Versioned):
    """One change of a case's status, and why."""

    __tablename__ = "case_moves"
    __unmarked__ = "says what happened; nothing is decided by it"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    number: Mapped[int] = plain("moves of a case are read in order")
    was: Mapped[CaseStatus] = plain("the status before; the trail says it too", choice(CaseStatus))
    became: Mapped[CaseStatus] = plain("the status after", choice(CaseStatus))
    moved_on: Mapped[date] = plain("the day only")
    moved_by: Mapped[UUID] = plain("random; who moved it")

    reason = SealedField(FreeText, Compartment.ACCOUNT, step=NOTES)


class CaseNote(CaseRecord, Ordered):
    """A later addition to the account. Never changed, never removed."""

    __tablename__ = "case_notes"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    number: Mapped[int] = plain("notes of a case are read in order")
    happened_on: Mapped[date] = plain("the day that it is about; notes are listed by it")
    written_on: Mapped[date] = plain("the day only")
    written_by: Mapped[UUID] = plain("random; who wrote it")

    text = SealedField(FreeText, Compartment.ACCOUNT, step=NOTES)


class Assignment(CaseRecord, Ordered, Versioned):
    """A case given to a volunteer to work on; their grant names it, and ends with it."""

    __tablename__ = "assignments"
    __mark__ = Mark(
        because="work that was taken from somebody is theirs again",
        when=lambda assignment: assignment.ended_on is not None,
        for_good=always,
    )

    member_id: Mapped[UUID] = plain("random; whose work it is, as their grant says", index=True)
    assigned_by: Mapped[UUID] = plain("random; who assigned it")
    assigned_on: Mapped[date] = plain("the day only")
    ended_on: Mapped[date | None] = plain("the day it ended")


INFANT_MONTHS = 24
"""Under this age a child still lives on milk, and counts as an infant."""


def count_people(household: Household) -> tuple[int, int]:
    """Return how many come, the person included, and how many of them are infants."""
    coming = [relative for relative in household.relatives if relative.with_person]
    infants = [r for r in coming if r.age_months is not None and r.age_months < INFANT_MONTHS]
    return 1 + len(coming), len(infants)


def counted(summary: Summary, household: Household) -> Summary:
    """Return a summary with the counts of a household whose ages were stated."""
    people, infants = count_people(household)
    until = (
        months_after(relative.age_stated_on, INFANT_MONTHS - relative.age_months)
        for relative in household.relatives
        if relative.with_person and relative.age_months is not None and relative.age_stated_on
        if relative.age_months < INFANT_MONTHS
    )
    return replace(summary, people=people, infants=infants, infants_until=tuple(sorted(until)))


def summary_on(summary: Summary, today: date) -> Summary:
    """Return a summary with as many infants as there are today."""
    if not summary.infants_until:
        return summary
    infants = sum(day > today for day in summary.infants_until)
    return summary if infants == summary.infants else replace(summary, infants=infants)
