"""Changes of a case by field, and what they replaced: what is not sent stays, null clears.

- A client that does not know a field does not send it, and so does not erase it.
- A relative is known again by relation and name; what is not sent of them stays too.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from app.cases.models import Channel, RankBand, RegionGroup, Replaced, ReplacedCell, Standing
from app.cases.schemas import (
    AccountCreate,
    ContactCreate,
    HouseholdCreate,
    IdentityCreate,
    PapersCreate,
)
from app.cases.service import CaseChange
from app.http.schema import Language, LongText, Schema, ShortText, Shut, case_shut


class IdentityUpdate(IdentityCreate):
    """What is to change of who the person is."""

    name: ShortText = Field(default="", validate_default=False)


class ContactUpdate(ContactCreate):
    """What is to change of how to reach the person. Lists are replaced whole."""

    channel: Channel = Channel.PHONE


class AccountUpdate(AccountCreate):
    """What is to change of the account. Lists are replaced whole."""

    says: LongText = Field(default="", validate_default=False)


class CaseUpdate(Schema):
    """What is to change: single fields of compartments, and facts. What is left out stays."""

    identity: IdentityUpdate | None = None
    papers: PapersCreate | None = None
    household: HouseholdCreate | None = None
    contact: ContactUpdate | None = None
    account: AccountUpdate | None = None
    standing: Standing | None = None
    urgent: Annotated[bool | None, Field(examples=[True])] = None
    language: Language | None = None
    rank_band: RankBand | None = None
    region_group: RegionGroup | None = None

    def to_change(self) -> CaseChange:
        """Return the change as the service takes it, with which fields were sent."""
        parts = {
            "identity": self.identity,
            "papers": self.papers,
            "household": self.household,
            "contact": self.contact,
            "account": self.account,
        }
        relatives = self.household.relatives if self.household else ()
        return CaseChange(
            identity=self.identity.to_cell() if self.identity else None,
            papers=self.papers.to_cell() if self.papers else None,
            household=self.household.to_cell() if self.household else None,
            contact=self.contact.to_cell() if self.contact else None,
            account=self.account.to_cell() if self.account else None,
            standing=self.standing,
            urgent=self.urgent,
            language=self.language,
            rank_band=self.rank_band,
            region_group=self.region_group,
            sent={name: frozenset(part.model_fields_set) for name, part in parts.items() if part},
            sent_of_relatives=tuple(frozenset(one.model_fields_set) for one in relatives),
        )


class ReplacedCellRead(Schema):
    """What an edit replaced in one part of a case."""

    id: UUID
    field: str
    replaced_on: date
    replaced_by: UUID
    value: dict[str, object] | None
    shut: Shut = None

    @classmethod
    def of(cls, row: ReplacedCell, replaced: Replaced | None) -> Self:
        """Return a value of before, None where it is shut."""
        return cls(
            id=row.id, field=row.field, replaced_on=row.replaced_on, replaced_by=row.replaced_by,
            value=json.loads(replaced.value) if replaced else None, shut=case_shut(replaced),
        )  # fmt: skip
