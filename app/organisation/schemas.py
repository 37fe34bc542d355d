"""Requests and responses of custody. No response holds a share."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.http.schema import Schema, Secret
from app.vault.models import CustodyContribution


class ContributionCreate(Schema):
    """The lead who is to open custody."""

    lead_id: UUID


class KitWordsCreate(Schema):
    """A share of the recovery kit, as typed from paper."""

    words: Annotated[Secret, Field(examples=["33 words from the printed sheet, as typed"])]


class ContributionRead(Schema):
    """A share that was contributed: to whom, and on which day. It lapses after a day."""

    lead_id: UUID
    given_on: date
    from_kit: bool

    @classmethod
    def of(cls, row: CustodyContribution) -> ContributionRead:
        """Return a contribution."""
        return cls(lead_id=row.asked_by, given_on=row.given_on, from_kit=row.from_kit)
