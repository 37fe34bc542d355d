"""Proves the ledger from its postings: what must hold, and every place where it does not.

Reads sums and ids, opens nothing, changes nothing. Whoever may verify runs it, and so does
``padauk audit verify``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import aliased

from app.aid.models import AidRequest, AidStatus
from app.ledger.models import AccountKind, EntryKind, Fund, JournalEntry, LedgerAccount, Posting
from app.work import Work


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold: which law, and the row that breaks it."""

    code: str
    about: UUID


def verify_ledger(work: Work) -> list[Finding]:
    """Return every breach of the ledger's laws; an empty list says that all hold.

    Every entry has postings that sum to zero by currency, on accounts of its own fund; a reversal
    mirrors what it undoes; a fund's balance is what its cash account says and its reservations are
    what approved requests ask; a paid request has its payment, of its own total.
    """
    return [
        *_unbalanced(work),
        *_astray(work),
        *_not_mirrored(work),
        *_funds_adrift(work),
        *_payments_adrift(work),
    ]


def _unbalanced(work: Work) -> Iterator[Finding]:
    sums = (
        select(Posting.entry_id)
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .group_by(Posting.entry_id, LedgerAccount.currency)
        .having(func.sum(Posting.amount) != 0)
    )
    for entry_id in work.session.scalars(sums):
        yield Finding("entry.unbalanced", entry_id)
    bare = select(JournalEntry.id).where(~exists().where(Posting.entry_id == JournalEntry.id))
    for entry_id in work.session.scalars(bare):
        yield Finding("entry.empty", entry_id)


def _astray(work: Work) -> Iterator[Finding]:
    strays = (
        select(Posting.entry_id)
        .distinct()
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(LedgerAccount.fund_id != JournalEntry.fund_id)
    )
    for entry_id in work.session.scalars(strays):
        yield Finding("entry.of_two_funds", entry_id)


def _not_mirrored(work: Work) -> Iterator[Finding]:
    """An account on which an entry and its reversal together leave anything."""
    undoing = aliased(JournalEntry)
    undone = select(undoing.reverses).where(undoing.reverses.is_not(None))
    subject = func.coalesce(JournalEntry.reverses, JournalEntry.id)
    left_over = (
        select(subject)
        .distinct()
        .select_from(Posting)
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(or_(JournalEntry.reverses.is_not(None), JournalEntry.id.in_(undone)))
        .group_by(subject, Posting.account_id)
        .having(func.sum(Posting.amount) != 0)
    )
    for entry_id in work.session.scalars(left_over):
        yield Finding("entry.not_mirrored", entry_id)


def _funds_adrift(work: Work) -> Iterator[Finding]:
    cash = (
        select(func.coalesce(func.sum(Posting.amount), 0))
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .where(LedgerAccount.fund_id == Fund.id, LedgerAccount.kind == AccountKind.CASH)
        .scalar_subquery()
    )
    promised = (
        select(func.coalesce(func.sum(AidRequest.total), 0))
        .where(AidRequest.fund_id == Fund.id, AidRequest.status == AidStatus.APPROVED)
        .scalar_subquery()
    )
    for fund in work.session.execute(
        select(Fund.id, Fund.balance, Fund.reserved, cash.label("cash"), promised.label("promised"))
    ):
        if fund.balance != fund.cash:
            yield Finding("fund.balance", fund.id)
        if fund.reserved != fund.promised:
            yield Finding("fund.reserved", fund.id)


def _payments_adrift(work: Work) -> Iterator[Finding]:
    """Requests that say paid without an entry of their total; erased requests are not missed."""
    paid = (AidStatus.PAID, AidStatus.CONFIRMED, AidStatus.DISPUTED, AidStatus.REVERSED)
    booked = (
        select(func.sum(Posting.amount))
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .where(
            JournalEntry.pays == AidRequest.id,
            JournalEntry.kind == EntryKind.PAYMENT,
            LedgerAccount.kind == AccountKind.AID_PAID,
            LedgerAccount.fund_id == AidRequest.fund_id,
        )
        .scalar_subquery()
    )
    undoing, payment = aliased(JournalEntry), aliased(JournalEntry)
    undone = (
        exists()
        .where(payment.pays == AidRequest.id)
        .where(undoing.reverses == payment.id)
        .correlate(AidRequest)
    )
    for row in work.session.execute(
        select(
            AidRequest.id,
            AidRequest.status,
            AidRequest.total,
            booked.label("booked"),
            undone.label("undone"),
        )
    ):
        if row.booked != (row.total if row.status in paid else None):
            yield Finding("request.payment", row.id)
        if row.undone != (row.status is AidStatus.REVERSED):
            yield Finding("request.reversal", row.id)
