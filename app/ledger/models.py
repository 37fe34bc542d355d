"""Rows of the ledger. Entries and postings are insert-only; the database refuses a change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped

from app.audit.models import refuse_changes
from app.permissions import Compartment
from app.store.base import (
    CaseRecord,
    Mark,
    Ordered,
    Record,
    Versioned,
    always,
    choice,
    never,
    plain,
)
from app.store.sealed import NOTES, SealedField


class DepositSource(StrEnum):
    """Where money comes from: the accounts that deposits are booked against."""

    MEMBERS = "members"
    PUBLIC = "public"
    EVENTS = "events"
    GRANT = "grant"


class AccountKind(StrEnum):
    """The accounts of every fund. ``cash`` is what it holds, ``aid_paid`` what it has given;
    ``fees`` and ``lost`` what was paid and reached nobody.
    """

    CASH = "cash"
    AID_PAID = "aid_paid"
    FEES = "fees"
    LOST = "lost"
    MEMBERS = "members"
    PUBLIC = "public"
    EVENTS = "events"
    GRANT = "grant"


class EntryKind(StrEnum):
    """Why an entry was made."""

    DEPOSIT = "deposit"
    PAYMENT = "payment"
    SHORTFALL = "shortfall"
    REVERSAL = "reversal"


@dataclass(frozen=True, slots=True)
class FundName:
    """The name of a fund."""

    name: str


class Fund(CaseRecord, Ordered, Versioned):
    """Money of a team in one currency. ``case_id`` is ``ORGANISATION``: it belongs to no case.

    ``balance`` is the sum of the postings on its cash account, ``reserved`` the sum of the approved
    requests; both are columns so that the database itself refuses to overdraw them.
    """

    __tablename__ = "funds"
    __mark__ = Mark(
        because="money that was paid or reserved is in the fund again",
        when=always,
        for_good=never,
    )
    __table_args__ = (
        CheckConstraint("balance >= 0", name="balance_not_negative"),
        CheckConstraint("reserved >= 0 AND reserved <= balance", name="reserved_covered"),
    )

    team_id: Mapped[UUID] = plain("random; whose fund it is", index=True)
    currency: Mapped[str] = plain("ISO 4217; what its amounts are in", String(3))
    opened_on: Mapped[date] = plain("lists are sorted by it; the day only")
    balance: Mapped[int] = plain("cash held, in minor units; may not be overdrawn", BigInteger)
    reserved: Mapped[int] = plain("reserved for approved requests, in minor units", BigInteger)

    name = SealedField(FundName, Compartment.DIRECTORY, step=NOTES)


class LedgerAccount(Record):
    """One account of a fund; all of them are opened with it."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (Unique("fund_id", "kind"),)

    fund_id: Mapped[UUID] = plain("the fund", ForeignKey("funds.id"))
    kind: Mapped[AccountKind] = plain("what is booked there", choice(AccountKind))
    currency: Mapped[str] = plain("ISO 4217; entries balance by currency", String(3))


class JournalEntry(Record, Ordered):
    """Something that happened to money. Never changed: a mistake is reversed, once."""

    __tablename__ = "journal_entries"
    __table_args__ = (Index("ix_journal_entries_listed", "fund_id", "made_on", "sequence", "id"),)

    fund_id: Mapped[UUID] = plain("the fund", ForeignKey("funds.id"))
    kind: Mapped[EntryKind] = plain("the ledger's own", choice(EntryKind))
    made_on: Mapped[date] = plain("the ledger's own; the day only")
    made_by: Mapped[UUID] = plain("random; who made it")
    pays: Mapped[UUID | None] = plain(
        "random; the request, so that the database refuses to pay it twice", unique=True
    )
    falls_short: Mapped[UUID | None] = plain(
        "random; the request of which less arrived than was paid", index=True
    )
    reverses: Mapped[UUID | None] = plain(
        "the entry that is undone, once", ForeignKey("journal_entries.id"), unique=True
    )


class Posting(Record):
    """One line of an entry: an amount on an account. Debits are positive; each entry sums to 0."""

    __tablename__ = "postings"
    __table_args__ = (CheckConstraint("amount <> 0", name="amount_not_zero"),)

    entry_id: Mapped[UUID] = plain("the entry", ForeignKey("journal_entries.id"), index=True)
    account_id: Mapped[UUID] = plain("the account", ForeignKey("ledger_accounts.id"), index=True)
    amount: Mapped[int] = plain("the ledger's own; minor units, signed", BigInteger)


for _model in (JournalEntry, Posting):
    refuse_changes(_model)
