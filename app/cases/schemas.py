"""Requests and responses of cases. Values arrive opened; knows no keys."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field

from app.cases.assignments import Regrant
from app.cases.events import CaseEvent
from app.cases.models import (
    Account,
    Assignment,
    Case,
    CaseMove,
    CaseNote,
    CaseStatus,
    Channel,
    Contact,
    FreeText,
    Household,
    Identity,
    Papers,
    Relative,
    Reporting,
    Standing,
    Summary,
)
from app.cases.service import CaseDetails
from app.casework.held import CaseRow
from app.casework.schemas import OpenThingReason
from app.http.paging import PageRequest
from app.http.proposed_ids import ProposedId
from app.http.schema import (
    MOST_ENTRIES,
    Birth,
    Entries,
    LongText,
    Number,
    Numbers,
    PastDay,
    Reason,
    Schema,
    ShortText,
    Shut,
    Version,
    case_shut,
)
from app.permissions import Compartment
from app.text.births import OLDEST

_MOST_RELATIVES = 30
_OLDEST_MONTHS = 1500

# ---------------------------------------------------------------------- compartments of a case


class IdentityCreate(Schema):
    """Who the person is, as far as is known. Text may come in Unicode or in Zawgyi."""

    name: ShortText
    name_burmese: ShortText | None = None

    def to_cell(self) -> Identity:
        """Return the cell's value, its text not yet converted."""
        return Identity(**self.model_dump())


class PapersCreate(Schema):
    """What documents say of the person."""

    nrc: Number | None = None
    service: ShortText | None = None
    service_number: Number | None = None
    unit: ShortText | None = None
    born_on: Birth | None = None
    age: Annotated[int, Field(ge=0, le=OLDEST)] | None = None

    def to_cell(self) -> Papers:
        """Return the cell's value, its text not yet converted."""
        return Papers(**self.model_dump())


class RelativeCreate(Schema):
    """A member of the household."""

    relation: ShortText
    name: ShortText | None = None
    age_months: Annotated[int, Field(ge=0, le=_OLDEST_MONTHS)] | None = None
    with_person: bool = True
    in_compound: bool = False


class HouseholdCreate(Schema):
    """The people who belong to the person."""

    relatives: Annotated[tuple[RelativeCreate, ...], Field(max_length=_MOST_RELATIVES)] = ()

    def to_cell(self) -> Household:
        """Return the cell's value, its text not yet converted."""
        return Household(tuple(Relative(**relative.model_dump()) for relative in self.relatives))


class ContactCreate(Schema):
    """How to reach the person."""

    channel: Channel
    phones: Numbers = ()
    handles: Numbers = ()
    safe_times: ShortText | None = None
    contacted_by: ShortText | None = None

    def to_cell(self) -> Contact:
        """Return the cell's value, its text not yet converted."""
        return Contact(**self.model_dump())


class AccountCreate(Schema):
    """What happened, what is needed and feared."""

    says: LongText
    needs: Entries = ()
    risks: Entries = ()
    health: LongText | None = None

    def to_cell(self) -> Account:
        """Return the cell's value, its text not yet converted."""
        return Account(**self.model_dump())


# ---------------------------------------------------------------------- cases


class CasePageQuery(PageRequest):
    """Which page of cases, and of which status."""

    status: CaseStatus | None = None


class SummaryRead(Schema):
    """What a list shows of a case, with the infants of today."""

    call_sign: str
    standing: Standing
    urgent: bool
    people: int
    infants: int
    language: str

    @classmethod
    def of(cls, summary: Summary | None) -> Self | None:
        """Return an opened summary, None where it is shut."""
        if summary is None:
            return None
        return cls(
            call_sign=summary.call_sign, standing=summary.standing, urgent=summary.urgent,
            people=summary.people, infants=summary.infants, language=summary.language,
        )  # fmt: skip


class _CaseColumns(Schema):
    id: UUID
    version: Version
    status: CaseStatus
    opened_on: date
    moved_on: date
    triaged_on: date | None
    emergency_until: datetime | None


_NAMES = tuple(_CaseColumns.model_fields)


class CaseStateRead(_CaseColumns):
    """The plain state of a case after an act."""

    merged_into: UUID | None

    @classmethod
    def of(cls, case: Case) -> Self:
        """Return the plain state of a case."""
        return cls(**_columns(case), merged_into=case.merged_into)


class CaseSummary(_CaseColumns):
    """A case in a list: nothing in it says who the person is."""

    summary: SummaryRead | None
    shut: Shut = None

    @classmethod
    def of(cls, row: CaseRow, summary: Summary | None) -> Self:
        """Return a case as a list shows it, shut where its summary did not open."""
        return cls(**_columns(row), summary=SummaryRead.of(summary), shut=case_shut(summary))


class CaseRead(_CaseColumns):
    """A case as far as the reader's keys open it; ``sealed`` names what stays shut."""

    merged_into: UUID | None
    team_id: UUID
    opened_by: UUID
    summary: SummaryRead | None
    identity: Identity | None
    papers: Papers | None
    household: Household | None
    contact: Contact | None
    account: Account | None
    reporting: Reporting | None
    sealed: list[Compartment]
    others_in_danger: bool

    @classmethod
    def of(cls, details: CaseDetails) -> Self:
        """Return a case as far as it was opened."""
        case = details.case
        return cls(
            **_columns(case),
            merged_into=case.merged_into,
            team_id=case.team_id,
            opened_by=case.opened_by,
            summary=SummaryRead.of(details.summary), identity=details.identity,
            papers=details.papers, household=details.household, contact=details.contact,
            account=details.account, reporting=details.reporting, sealed=list(details.sealed),
            others_in_danger=details.others_in_danger,
        )  # fmt: skip


def _columns(row: CaseRow | Case) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _NAMES}


# ---------------------------------------------------------------------- moves and notes


class CaseMoveCreate(Schema):
    """The status that a case is to get, and why.

    ``left_open``: for a case that is closed, a reason for each thing that is open on it.
    """

    to: Annotated[CaseStatus, Field(examples=["settled"])]
    reason: Reason | None = None
    left_open: Annotated[tuple[OpenThingReason, ...], Field(max_length=MOST_ENTRIES)] = ()


class CaseMoveRead(Schema):
    """A move that was made; the reason only for who holds the account."""

    id: UUID
    was: CaseStatus
    to: CaseStatus
    moved_on: date
    moved_by: UUID
    reason: str | None
    shut: Shut = None

    @classmethod
    def of(cls, move: CaseMove, reason: str | None, *, shut: bool = False) -> Self:
        """Return a move that was made, with its reason where that opened."""
        return cls(
            id=move.id, was=move.was, to=move.became, moved_on=move.moved_on,
            moved_by=move.moved_by, reason=reason, shut="case.shut" if shut else None,
        )  # fmt: skip


class CaseMoveListRead(Schema):
    """The moves of a case, oldest first."""

    items: list[CaseMoveRead]


class CaseNoteCreate(Schema):
    """A permanent addition to the account."""

    id: ProposedId = None
    text: Annotated[LongText, Field(max_length=4000, examples=["Called back; calm."])]
    on: PastDay = None


class CaseNoteStateRead(Schema):
    """A note was added."""

    id: UUID
    number: int
    on: date
    written_on: date

    @classmethod
    def of(cls, note: CaseNote) -> Self:
        """Return the plain state of a note."""
        return cls(id=note.id, number=note.number, on=note.happened_on, written_on=note.written_on)


class CaseNoteRead(Schema):
    """A note, opened."""

    id: UUID
    number: int
    on: date
    written_on: date
    written_by: UUID
    text: str | None
    shut: Shut = None

    @classmethod
    def of(cls, note: CaseNote, text: FreeText | None) -> Self:
        """Return a note, opened."""
        return cls(
            id=note.id, number=note.number, on=note.happened_on, written_on=note.written_on,
            written_by=note.written_by, text=text.text if text else None, shut=case_shut(text),
        )  # fmt: skip


# ---------------------------------------------------------------------- assignments and regrants


class AssignmentCreate(Schema):
    """The volunteer who is to work on the case."""

    id: ProposedId = None
    member_id: UUID


class AssignmentRead(Schema):
    """Who works on a case."""

    id: UUID
    member_id: UUID
    assigned_by: UUID
    assigned_on: date
    ended_on: date | None

    @classmethod
    def of(cls, assignment: Assignment) -> Self:
        """Return an assignment."""
        return cls.model_validate(assignment, from_attributes=True)


class AssignmentListRead(Schema):
    """Who works on a case now."""

    items: list[AssignmentRead]


class RegrantCreate(Schema):
    """The member who gets a case from a lead, and which parts; the summary always goes along."""

    id: ProposedId = None
    member_id: UUID
    compartments: Annotated[
        tuple[Compartment, ...],
        Field(min_length=1, max_length=len(Compartment), examples=[["identity", "contact"]]),
    ]
    until: date | None = None


class RegrantRead(Schema):
    """A grant was made, of those compartments that the case has; ``about`` is what ends it."""

    id: UUID
    about: UUID
    member_id: UUID
    compartments: list[Compartment]
    until: date | None

    @classmethod
    def of(cls, regrant: Regrant) -> Self:
        """Return a grant made by a lead."""
        grant = regrant.grant
        return cls(
            id=grant.id, about=grant.about, member_id=grant.holder_id,
            compartments=regrant.compartments, until=grant.until,
        )  # fmt: skip


# ---------------------------------------------------------------------- events


class CaseEventRead(Schema):
    """One act on a case, to the minute, and the role in which it was done."""

    id: UUID
    action: str
    actor_id: UUID | None
    role: str | None
    at: datetime
    facts: dict[str, Any]
    shut: Shut = None

    @classmethod
    def of(cls, event: CaseEvent) -> Self:
        """Return an event, its time cut to the minute."""
        return cls(
            id=event.id, action=event.action, actor_id=event.actor_id, role=event.role,
            facts=event.facts, at=event.at.replace(second=0, microsecond=0),
            shut=case_shut(event.actor_id),
        )  # fmt: skip
