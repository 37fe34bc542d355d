"""Requests and responses of the ledger. Opens nothing."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from app.http.schema import Currency, Minor, Name, Schema, Version
from app.ledger.models import AccountKind, DepositSource, EntryKind


class OpenFund(Schema):
    """A fund of one's own team."""

    id: UUID | None = None
    name: Name
    currency: Currency


class FundShown(Schema):
    """A fund and what it holds, in minor units; auditors are not told its name."""

    id: UUID
    name: str | None
    currency: Currency
    opened_on: date
    balance: int
    reserved: int
    version: Version


class MakeDeposit(Schema):
    """Money that came in, and where from."""

    id: UUID | None = None
    amount: Minor
    source: DepositSource


class LineShown(Schema):
    """An amount on an account, in minor units; debits are positive."""

    account: AccountKind
    amount: int


class EntryShown(Schema):
    """An entry of the journal. ``request_id`` is for those who may read aid."""

    id: UUID
    fund_id: UUID
    kind: EntryKind
    made_on: date
    made_by: UUID
    lines: list[LineShown]
    reverses: UUID | None
    reversed_by: UUID | None
    request_id: UUID | None


class FindingShown(Schema):
    """A law of the ledger that does not hold, and the row that breaks it."""

    code: str
    about: UUID


class LedgerVerified(Schema):
    """What the check of the whole ledger found; nothing is what it should find."""

    findings: list[FindingShown]
