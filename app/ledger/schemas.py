"""Requests and responses of the ledger. Opens nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from app.http.proposed_ids import ProposedId
from app.http.schema import Currency, Minor, Name, PastDay, Schema, Shut, Version
from app.ledger.models import AccountKind, DepositSource, EntryKind, Fund
from app.ledger.reconcile import LedgerFinding
from app.ledger.service import BookedEntry


class FundCreate(Schema):
    """A fund of one's own team."""

    id: ProposedId = None
    name: Annotated[Name, Field(examples=["Winter concert"])]
    currency: Currency


class FundRead(Schema):
    """A fund and what it holds, in minor units. ``name`` is null for auditors."""

    id: UUID
    name: str | None
    currency: Currency
    opened_on: date
    balance: int
    reserved: int
    version: Version
    shut: Shut = None

    @classmethod
    def of(cls, fund: Fund, name: str | None, *, shut: bool = False) -> Self:
        """Return a fund with its opened name."""
        return cls(
            id=fund.id,
            name=name,
            currency=fund.currency,
            opened_on=fund.opened_on,
            balance=fund.balance,
            reserved=fund.reserved,
            version=fund.version,
            shut="record.shut" if shut else None,
        )


class DepositCreate(Schema):
    """Money that came in, where from, and the day if that is not today."""

    id: ProposedId = None
    amount: Minor
    source: Annotated[DepositSource, Field(examples=["events"])]
    on: PastDay = None


class ReversalCreate(Schema):
    """The mirror image of a deposit; nothing need be said of it."""

    id: ProposedId = None


class PostingRead(Schema):
    """An amount on an account, in minor units; debits are positive."""

    account: AccountKind
    amount: int


class JournalEntryRead(Schema):
    """An entry of the journal. ``request_id`` is for those who may read aid."""

    id: UUID
    fund_id: UUID
    kind: EntryKind
    made_on: date
    made_by: UUID
    lines: list[PostingRead]
    reverses: UUID | None
    reversed_by: UUID | None
    request_id: UUID | None

    @classmethod
    def of(cls, booked: BookedEntry) -> Self:
        """Return an entry with its postings."""
        return cls(
            id=booked.entry.id,
            fund_id=booked.entry.fund_id,
            kind=booked.entry.kind,
            made_on=booked.entry.made_on,
            made_by=booked.entry.made_by,
            lines=[PostingRead(account=k, amount=v) for k, v in booked.lines.items()],
            reverses=booked.entry.reverses,
            reversed_by=booked.reversed_by,
            request_id=booked.request_id,
        )


class LedgerFindingRead(Schema):
    """A law of the ledger that does not hold, and the row that breaks it."""

    code: str
    about: UUID


class LedgerVerificationRead(Schema):
    """The result of checking the whole ledger; an empty list means that every law holds."""

    findings: list[LedgerFindingRead]

    @classmethod
    def of(cls, findings: Iterable[LedgerFinding]) -> Self:
        """Return what a check of the ledger found."""
        return cls(findings=[LedgerFindingRead(code=f.code, about=f.about) for f in findings])
