"""Check the ledger from its postings, and list every row that breaks one of its laws.

- Every entry has postings, they sum to zero by currency, on accounts of the entry's own fund.
- A reversal mirrors what it undoes.
- A fund's balance is the sum of its cash account; its reservations are the totals of the approved
  requests.
- A paid request has one payment, of its own total.

Reads sums and ids; opens nothing and changes nothing. ``padauk audit verify`` runs it too.
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
class LedgerFinding:
    """Something that does not hold: which law, and the row that breaks it."""

    code: str
    about: UUID


def verify_ledger(work: Work) -> list[LedgerFinding]:
    """Return every breach of the ledger's laws; an empty list means that all hold."""
    return [
        *_unbalanced(work),
        *_cross_fund_postings(work),
        *_not_mirrored(work),
        *_fund_mismatches(work),
        *_payment_mismatches(work),
    ]


def _unbalanced(work: Work) -> Iterator[LedgerFinding]:
    sums = (
        select(Posting.entry_id)
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .group_by(Posting.entry_id, LedgerAccount.currency)
        .having(func.sum(Posting.amount) != 0)
    )
    for entry_id in work.session.scalars(sums):
        yield LedgerFinding("entry.unbalanced", entry_id)
    bare = select(JournalEntry.id).where(~exists().where(Posting.entry_id == JournalEntry.id))
    for entry_id in work.session.scalars(bare):
        yield LedgerFinding("entry.empty", entry_id)


def _cross_fund_postings(work: Work) -> Iterator[LedgerFinding]:
    crossing = (
        select(Posting.entry_id)
        .distinct()
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(LedgerAccount.fund_id != JournalEntry.fund_id)
    )
    for entry_id in work.session.scalars(crossing):
        yield LedgerFinding("entry.of_two_funds", entry_id)


def _not_mirrored(work: Work) -> Iterator[LedgerFinding]:
    """Yield entries that do not sum to zero with their reversal on some account."""
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
        yield LedgerFinding("entry.not_mirrored", entry_id)


def _fund_mismatches(work: Work) -> Iterator[LedgerFinding]:
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
            yield LedgerFinding("fund.balance", fund.id)
        if fund.reserved != fund.promised:
            yield LedgerFinding("fund.reserved", fund.id)


def _payment_mismatches(work: Work) -> Iterator[LedgerFinding]:
    """Yield requests with the status paid and no payment of their total; not erased ones."""
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
            yield LedgerFinding("request.payment", row.id)
        if row.undone != (row.status is AidStatus.REVERSED):
            yield LedgerFinding("request.reversal", row.id)
