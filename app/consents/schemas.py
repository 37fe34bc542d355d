"""Requests and responses of consent. Values arrive opened; knows no keys."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from app.consents.models import Consent, Purpose
from app.consents.service import RESTS_ON, ConsentDetails, ConsentDraft
from app.http.proposed_ids import ProposedId
from app.http.schema import PastDay, Schema, ShortText, Shut


class ConsentCreate(Schema):
    """What a person agrees to. ``with_whom``: only, and always, with sharing."""

    id: ProposedId = None
    purpose: Annotated[Purpose, Field(examples=["casework"])]
    how: Annotated[ShortText | None, Field(examples=["said so on the phone"])] = None
    with_whom: ShortText | None = None
    on: PastDay = None

    def to_draft(self) -> ConsentDraft:
        """Return the consent as the service takes it."""
        return ConsentDraft(**self.model_dump())


class ConsentWithdrawalCreate(Schema):
    """On which day a person ended a consent."""

    on: Annotated[PastDay, Field(examples=["2026-03-01"])] = None


class ConsentStateRead(Schema):
    """A consent, and what ends with it."""

    id: UUID
    case_id: UUID
    purpose: Purpose
    rests_on_it: str
    given_on: date
    taken_by: UUID
    withdrawn_on: date | None
    withdrawn_by: UUID | None

    @classmethod
    def of(cls, consent: Consent) -> Self:
        """Return a consent without what was said."""
        names = [name for name in ConsentStateRead.model_fields if name != "rests_on_it"]
        values = {name: getattr(consent, name) for name in names}
        return cls(**values, rests_on_it=RESTS_ON[consent.purpose])


class ConsentRead(ConsentStateRead):
    """A consent, with what was said as far as it opens."""

    how: str | None
    with_whom: str | None
    shut: Shut = None

    @classmethod
    def of_details(cls, details: ConsentDetails) -> Self:
        """Return a consent, opened as far as it opens."""
        said = details.said
        return cls(
            **ConsentStateRead.of(details.consent).model_dump(),
            how=None if said is None else said.how,
            with_whom=None if said is None else said.with_whom,
            shut="record.shut" if details.shut else None,
        )


class ConsentListRead(Schema):
    """The consents of a case, oldest first."""

    items: list[ConsentRead]
