"""Check the ledger from its postings, and list every row that breaks one of its laws.

- Every entry has postings, they sum to zero by currency, on accounts of the entry's own fund.
- A reversal mirrors what it undoes.
- A fund's balance is the sum of its cash account; its reservations are the totals of the approved
  requests.
- A paid request has one payment, of its own total; each step of it is signed over the one before.
- Each row is as it was written; the sums are of rows that were loaded, not the database's.

Reads amounts and ids; opens nothing and changes nothing. ``padauk audit verify`` runs it too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import select

from app.aid.models import AidRequest, AidStatus
from app.aid.steps import find_unproven
from app.ledger.models import AccountKind, EntryKind, Fund, JournalEntry, LedgerAccount, Posting
from app.store.authenticated import is_altered
from app.store.base import Record
from app.work import Work

_AT_ONCE: Final = 500
_PAID: Final = frozenset(
    {AidStatus.PAID, AidStatus.CONFIRMED, AidStatus.DISPUTED, AidStatus.REVERSED}
)
R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class LedgerFinding:
    """Something that does not hold: which law, and the row that breaks it."""

    code: str
    about: UUID


@dataclass(slots=True)
class _Ledger:
    """The ledger as it was read: rows by id, and what each entry books on each account."""

    funds: dict[UUID, Fund]
    accounts: dict[UUID, LedgerAccount]
    entries: dict[UUID, JournalEntry]
    booked: dict[UUID, Counter[UUID]] = field(default_factory=lambda: defaultdict(Counter))

    def sums(self, entry_id: UUID, kind: AccountKind, fund_id: UUID | None) -> int:
        """Return what an entry books on the account of a kind of a fund."""
        return sum(
            amount
            for account_id, amount in self.booked[entry_id].items()
            if self.accounts[account_id].kind is kind
            and self.accounts[account_id].fund_id == fund_id
        )


def verify_ledger(work: Work) -> list[LedgerFinding]:
    """Return every breach of the ledger's laws; an empty list means that all hold."""
    findings: list[LedgerFinding] = []
    ledger = _Ledger(
        {row.id: row for row in _rows(work, Fund, findings)},
        {row.id: row for row in _rows(work, LedgerAccount, findings)},
        {row.id: row for row in _rows(work, JournalEntry, findings)},
    )
    for posting in _rows(work, Posting, findings):
        if posting.account_id in ledger.accounts and posting.entry_id in ledger.entries:
            ledger.booked[posting.entry_id][posting.account_id] += posting.amount
        else:
            findings.append(LedgerFinding("posting.astray", posting.id))
        work.session.expunge(posting)
    requests = list(_rows(work, AidRequest, findings))
    return [
        *findings,
        *_unbalanced(ledger),
        *_cross_fund_postings(ledger),
        *_not_mirrored(ledger),
        *_fund_mismatches(ledger, requests),
        *_payment_mismatches(ledger, requests),
        *(LedgerFinding("request.steps", one) for one in find_unproven(work, requests)),
    ]


def _rows(work: Work, model: type[R], findings: list[LedgerFinding]) -> Iterator[R]:
    """Yield the rows of a table, in the order of their ids; an altered one is a finding too."""
    query = select(model).order_by(model.id).execution_options(yield_per=_AT_ONCE)
    for row in work.session.scalars(query):
        if is_altered(work.session, row):
            findings.append(LedgerFinding("row.altered", row.id))
        yield row


def _unbalanced(ledger: _Ledger) -> Iterator[LedgerFinding]:
    for entry_id in ledger.entries:
        sums: Counter[str] = Counter()
        for account_id, amount in ledger.booked[entry_id].items():
            sums[ledger.accounts[account_id].currency] += amount
        if not sums:
            yield LedgerFinding("entry.empty", entry_id)
        elif any(sums.values()):
            yield LedgerFinding("entry.unbalanced", entry_id)


def _cross_fund_postings(ledger: _Ledger) -> Iterator[LedgerFinding]:
    for entry_id, entry in ledger.entries.items():
        funds = {ledger.accounts[one].fund_id for one in ledger.booked[entry_id]}
        if funds - {entry.fund_id}:
            yield LedgerFinding("entry.of_two_funds", entry_id)


def _not_mirrored(ledger: _Ledger) -> Iterator[LedgerFinding]:
    """Yield entries that do not sum to zero with their reversal on some account."""
    for entry_id, entry in ledger.entries.items():
        if entry.reverses is None:
            continue
        left_over = Counter(ledger.booked[entry.reverses])
        left_over.update(ledger.booked[entry_id])
        if any(left_over.values()):
            yield LedgerFinding("entry.not_mirrored", entry.reverses)


def _fund_mismatches(ledger: _Ledger, requests: list[AidRequest]) -> Iterator[LedgerFinding]:
    cash: Counter[UUID] = Counter()
    for lines in ledger.booked.values():
        for account_id, amount in lines.items():
            if ledger.accounts[account_id].kind is AccountKind.CASH:
                cash[ledger.accounts[account_id].fund_id] += amount
    promised: Counter[UUID | None] = Counter()
    for request in requests:
        if request.status is AidStatus.APPROVED:
            promised[request.fund_id] += request.total
    for fund in ledger.funds.values():
        if fund.balance != cash[fund.id]:
            yield LedgerFinding("fund.balance", fund.id)
        if fund.reserved != promised[fund.id]:
            yield LedgerFinding("fund.reserved", fund.id)


def _payment_mismatches(ledger: _Ledger, requests: list[AidRequest]) -> Iterator[LedgerFinding]:
    """Yield requests with the status paid and no payment of their total; not erased ones."""
    payments = {
        entry.pays: entry
        for entry in ledger.entries.values()
        if entry.pays is not None and entry.kind is EntryKind.PAYMENT
    }
    undone = {entry.reverses for entry in ledger.entries.values()}
    for request in requests:
        payment = payments.get(request.id)
        booked = (
            None
            if payment is None
            else ledger.sums(payment.id, AccountKind.AID_PAID, request.fund_id)
        )
        if booked != (request.total if request.status in _PAID else None):
            yield LedgerFinding("request.payment", request.id)
        if (payment is not None and payment.id in undone) is not (
            request.status is AidStatus.REVERSED
        ):
            yield LedgerFinding("request.reversal", request.id)
