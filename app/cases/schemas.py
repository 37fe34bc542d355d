"""Requests and responses of cases. Values arrive already opened; knows no keys."""

from __future__ import annotations

from datetime import date
from typing import Annotated, TypeAlias
from uuid import UUID

from pydantic import Field

from app.cases.emergency import LONGEST_HOURS
from app.cases.models import (
    Account,
    CaseStatus,
    Channel,
    Contact,
    Identity,
    LinkKind,
    RankBand,
    RegionGroup,
    Relative,
    Standing,
)
from app.cases.service import CaseChange
from app.http.paging import PageAsked
from app.http.schema import LongText, Reason, Schema, ShortText
from app.permissions import Compartment

_MOST_NUMBERS = 20

_MOST_RELATIVES = 30

_MOST_WORDS = 30

_OLDEST_MONTHS = 1500

Numbers: TypeAlias = Annotated[tuple[ShortText, ...], Field(max_length=_MOST_NUMBERS)]

Several: TypeAlias = Annotated[tuple[ShortText, ...], Field(max_length=_MOST_WORDS)]

Language: TypeAlias = Annotated[str, Field(pattern=r"^[a-z]{2,3}$", examples=["my"])]
"""ISO 639, two or three letters."""


class RelativeTold(Schema):
    """A member of the household."""

    relation: ShortText
    name: ShortText | None = None
    age_months: Annotated[int, Field(ge=0, le=_OLDEST_MONTHS)] | None = None
    with_person: bool = True
    in_compound: bool = False


class IdentityTold(Schema):
    """Who the person is, as far as is known. Text may come in Unicode or in Zawgyi."""

    name: ShortText
    name_burmese: ShortText | None = None
    nrc: ShortText | None = None
    service: ShortText | None = None
    service_number: ShortText | None = None
    unit: ShortText | None = None
    born_on: date | None = None
    household: Annotated[tuple[RelativeTold, ...], Field(max_length=_MOST_RELATIVES)] = ()

    def to_cell(self) -> Identity:
        """Return the cell's value, its text not yet converted."""
        told = self.model_dump(exclude={"household"})
        household = tuple(Relative(**relative.model_dump()) for relative in self.household)
        return Identity(**told, household=household)


class ContactTold(Schema):
    """How to reach the person."""

    channel: Channel
    phones: Numbers = ()
    handles: Numbers = ()
    safe_times: ShortText | None = None
    contacted_by: ShortText | None = None

    def to_cell(self) -> Contact:
        """Return the cell's value, its text not yet converted."""
        return Contact(**self.model_dump())


class AccountTold(Schema):
    """What happened, what is needed and feared, and what the person agreed to."""

    says: LongText
    needs: Several = ()
    risks: Several = ()
    health: LongText | None = None
    consent_for: Several = ()
    consent_given: ShortText | None = None

    def to_cell(self) -> Account:
        """Return the cell's value, its text not yet converted."""
        return Account(**self.model_dump())


class ChangeCase(Schema):
    """What is to be replaced: whole compartments, or single facts."""

    identity: IdentityTold | None = None
    contact: ContactTold | None = None
    account: AccountTold | None = None
    standing: Standing | None = None
    urgent: bool | None = None
    language: Language | None = None
    rank_band: RankBand | None = None
    region_group: RegionGroup | None = None

    def to_change(self) -> CaseChange:
        """Return the change as the service takes it."""
        return CaseChange(
            identity=self.identity.to_cell() if self.identity else None,
            contact=self.contact.to_cell() if self.contact else None,
            account=self.account.to_cell() if self.account else None,
            standing=self.standing,
            urgent=self.urgent,
            language=self.language,
            rank_band=self.rank_band,
            region_group=self.region_group,
        )


class CasesAsked(PageAsked):
    """Which page of cases, and of which status."""

    status: CaseStatus | None = None


class MoveCase(Schema):
    """Where a case is to go, and why."""

    to: CaseStatus
    reason: Reason | None = None


class AddNote(Schema):
    """Something to be added to the account, for good."""

    text: Annotated[LongText, Field(max_length=4000)]


class AssignCase(Schema):
    """The volunteer who is to have the case in hand."""

    member_id: UUID


class DecideEmergency(Schema):
    """Why work must not wait for vetting, and for how many hours."""

    reason: Reason
    hours: Annotated[int, Field(ge=1, le=LONGEST_HOURS)]


class LinkCase(Schema):
    """Another case that belongs to this one."""

    other_id: UUID
    kind: LinkKind


class RegrantCase(Schema):
    """Whom a lead hands a case to, and which parts of it; the summary always goes along."""

    member_id: UUID
    compartments: Annotated[
        tuple[Compartment, ...], Field(min_length=1, max_length=len(Compartment))
    ]
    until: date | None = None
