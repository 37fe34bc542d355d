"""Requests and responses of custody. A share is in the response that dealt it to paper, once."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.http.schema import Schema, Secret
from app.organisation.leads import DealtCustody
from app.vault.models import CustodyContribution
from app.vault.standing import CustodyStanding


class ContributionCreate(Schema):
    """The lead who is to open custody."""

    lead_id: UUID


class KitWordsCreate(Schema):
    """A share of the recovery kit, as typed from paper."""

    words: Annotated[Secret, Field(examples=["33 words from the printed sheet, as typed"])]


class CustodyDealCreate(Schema):
    """The organisation's root, by which a custody key is certified."""

    root_words: Annotated[Secret, Field(examples=["33 words from the printed sheet, as typed"])]


class CustodyDealRead(Schema):
    """A new custody key. What is on paper is for people outside, each share for another."""

    epoch: int
    threshold: int
    shares: int
    leads: int
    cases: Annotated[int, Field(description="Of how many cases the secrets were sealed again")]
    paper: Annotated[list[str], Field(description="Shares to write down, shown once", repr=False)]

    @classmethod
    def of(cls, dealt: DealtCustody) -> CustodyDealRead:
        """Return how custody was dealt, with the shares on paper."""
        return cls(
            epoch=dealt.key.epoch,
            threshold=dealt.key.threshold,
            shares=dealt.key.shares,
            leads=dealt.key.leads,
            cases=dealt.cases,
            paper=dealt.paper,
        )


class CustodyRead(Schema):
    """How custody stands. ``of_one``: a single lead has it; ``due``: it should be dealt again."""

    epoch: int
    threshold: int
    shares: int
    leads: int
    of_one: bool
    due: bool

    @classmethod
    def of(cls, standing: CustodyStanding) -> CustodyRead:
        """Return how custody stands."""
        return cls(
            epoch=standing.epoch,
            threshold=standing.threshold,
            shares=standing.shares,
            leads=standing.leads,
            of_one=standing.alone,
            due=standing.due,
        )


class ContributionRead(Schema):
    """A share that was contributed: to whom, and on which day. It lapses after a day."""

    lead_id: UUID
    given_on: date
    from_kit: bool

    @classmethod
    def of(cls, row: CustodyContribution) -> ContributionRead:
        """Return a contribution."""
        return cls(lead_id=row.asked_by, given_on=row.given_on, from_kit=row.from_kit)
