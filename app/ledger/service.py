"""The ledger: funds, and entries whose postings sum to zero. Knows sums; no person and no purpose.

- Entries are only ever added; a mistake is reversed.
- A fund's row is locked before its balance is read, and has database checks of its own, so that
  two concurrent requests never reserve or pay the same money.
- ``app.ledger.reconcile`` checks from the postings alone that balances and reservations are right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from app.audit.events import EventKind
from app.ledger.currencies import require_currency
from app.ledger.errors import (
    EntryNotFound,
    EntryReversed,
    EntryUnbalanced,
    FundNotFound,
    FundOverdrawn,
    NotADeposit,
)
from app.ledger.models import (
    AccountKind,
    DepositSource,
    EntryKind,
    Fund,
    FundName,
    JournalEntry,
    LedgerAccount,
    Posting,
)
from app.permissions import Permission, Role
from app.store.base import ORGANISATION
from app.store.queries import in_order
from app.work import Work

Lines = Mapping[AccountKind, int]
"""Amounts in minor units by account; debits are positive."""


@dataclass(frozen=True, slots=True)
class BookedEntry:
    """An entry with its lines, and the entry that undoes it where there is one.

    ``request_id`` is the request that it pays, to those who may read aid.
    """

    entry: JournalEntry
    lines: Lines
    reversed_by: UUID | None
    request_id: UUID | None


# ------------------------------------------------------------------------------------------- funds


def open_fund(work: Work, name: str, currency: str, fund_id: UUID | None = None) -> Fund:
    """Open an empty fund of the principal's team, with all its accounts.

    Raises ``CurrencyUnknown``, ``IdTaken``.
    """
    require_currency(work.deployment.organisation_settings.small_sums, currency)
    session = work.session
    fund = Fund(
        id=work.id_for(Fund, fund_id),
        case_id=ORGANISATION,
        team_id=work.principal.team_id,
        currency=currency,
        opened_on=work.today(),
        balance=0,
        reserved=0,
    )
    work.vault.seal(fund.name, FundName(name))
    session.add(fund)
    session.flush()
    session.add_all(
        LedgerAccount(fund_id=fund.id, kind=kind, currency=currency) for kind in AccountKind
    )
    session.flush()
    work.trail.record(EventKind.FUND_OPENED, fund=str(fund.id), currency=currency)
    return fund


def list_funds(work: Work, *, limit: int, after: tuple[date, UUID] | None = None) -> Sequence[Fund]:
    """Return up to ``limit`` funds of the principal's team, for auditors of all, oldest first.

    ``after`` is (opened_on, id) of the last one seen.
    """
    query = select(Fund)
    if not _audits(work):
        query = query.where(Fund.team_id.in_(work.principal.teams))
    page = in_order(query, Fund.opened_on, after=after, limit=limit)
    return work.session.scalars(page).all()


def get_fund(work: Work, fund_id: UUID) -> Fund:
    """Return a fund; raises ``FundNotFound``, also for another team's, but to auditors."""
    fund = work.session.get(Fund, fund_id)
    if fund is None or not (_audits(work) or fund.team_id in work.principal.teams):
        raise FundNotFound
    return fund


def find_fund_name(work: Work, fund: Fund) -> str | None:
    """Return a fund's name; None to auditors, because names can give away places."""
    return None if _audits(work) else work.vault.open(fund.name).name


def list_fund_names(work: Work, funds: Sequence[Fund]) -> list[tuple[str | None, bool]]:
    """Return the names of a page of funds, None to auditors, each with whether it is shut."""
    if _audits(work):
        return [(None, False)] * len(funds)
    opened = work.vault.open_listed([fund.name for fund in funds])
    return [(None, True) if found is None else (found.name, False) for found in opened]


def lock_fund(work: Work, fund_id: UUID, team_ids: Collection[UUID]) -> Fund:
    """Return a fund of these teams, locked until this work ends.

    Raises ``FundNotFound``. Lock a request before its fund, never the other way round.
    """
    fund = work.session.get(Fund, fund_id, with_for_update=True, populate_existing=True)
    if fund is None or fund.team_id not in team_ids:
        raise FundNotFound
    return fund


def _audits(work: Work) -> bool:
    return work.principal.role is Role.AUDITOR


# ------------------------------------------------------------------------------------- what is held


def reserve(work: Work, fund: Fund, amount: int) -> None:
    """Reserve an amount of a locked fund; raises ``FundOverdrawn``."""
    if amount > fund.balance - fund.reserved:
        raise FundOverdrawn
    fund.reserved += amount
    work.trail.record(EventKind.FUND_RESERVED, fund=str(fund.id), amount=amount)


def release(work: Work, fund: Fund, amount: int) -> None:
    """Give back a reserved amount of a locked fund."""
    fund.reserved -= amount
    work.trail.record(EventKind.FUND_RELEASED, fund=str(fund.id), amount=amount)


# ----------------------------------------------------------------------------------------- entries


def deposit(
    work: Work,
    fund_id: UUID,
    amount: int,
    source: DepositSource,
    entry_id: UUID | None = None,
    *,
    on: date | None = None,
) -> JournalEntry:
    """Book money that came in, today or on an earlier day.

    Raises ``FundNotFound``, ``IdTaken``, ``DayNotPossible``.
    """
    fund = lock_fund(work, fund_id, work.principal.teams)
    entry = JournalEntry(id=work.id_for(JournalEntry, entry_id), kind=EntryKind.DEPOSIT)
    return _post(
        work,
        fund,
        entry,
        {AccountKind.CASH: amount, AccountKind(source): -amount},
        work.day_said(on),
    )


def pay_out(work: Work, fund: Fund, amount: int, request_id: UUID) -> JournalEntry:
    """Book the payment of a request out of a locked fund, once.

    Raises ``FundOverdrawn``; the database itself refuses a second entry for the request.
    """
    entry = JournalEntry(kind=EntryKind.PAYMENT, pays=request_id)
    return _post(work, fund, entry, {AccountKind.AID_PAID: amount, AccountKind.CASH: -amount})


def book_shortfall(
    work: Work, fund: Fund, request_id: UUID, *, fee: int, lost: int, returned: int
) -> JournalEntry:
    """Book what of a payment did not arrive: as a fee, as lost, or as cash that came back."""
    lines = {
        AccountKind.FEES: fee,
        AccountKind.LOST: lost,
        AccountKind.CASH: returned,
        AccountKind.AID_PAID: -(fee + lost + returned),
    }
    entry = JournalEntry(kind=EntryKind.SHORTFALL, falls_short=request_id)
    return _post(work, fund, entry, {kind: amount for kind, amount in lines.items() if amount})


def book_loss(work: Work, fund: Fund, amount: int, request_id: UUID) -> JournalEntry:
    """Book what of a payment that was undone is gone for good; raises ``FundOverdrawn``."""
    entry = JournalEntry(kind=EntryKind.SHORTFALL, falls_short=request_id)
    return _post(work, fund, entry, {AccountKind.LOST: amount, AccountKind.CASH: -amount})


def undo_shortfall(work: Work, fund: Fund, request_id: UUID) -> None:
    """Undo what was booked as not arrived of a request's payment, where something was."""
    undone = select(JournalEntry.reverses).where(JournalEntry.reverses.is_not(None))
    entries = work.session.scalars(
        select(JournalEntry).where(
            JournalEntry.falls_short == request_id, JournalEntry.id.not_in(undone)
        )
    ).all()
    for entry in entries:
        reverse(work, fund, entry)


def find_payment(work: Work, request_id: UUID) -> JournalEntry | None:
    """Return the entry that paid a request, or None."""
    return work.session.scalars(
        select(JournalEntry).where(JournalEntry.pays == request_id)
    ).one_or_none()


def reverse(
    work: Work, fund: Fund, entry: JournalEntry, *, proposed: UUID | None = None
) -> JournalEntry:
    """Undo an entry of a locked fund by its mirror image, once.

    Raises ``EntryReversed``, ``IdTaken``, ``FundOverdrawn`` where the money is no longer there.
    """
    undone = select(JournalEntry.id).where(JournalEntry.reverses == entry.id)
    if work.session.scalars(undone).first() is not None:
        raise EntryReversed
    lines = _lines(work, [entry.id])[entry.id]
    mirror_id = work.id_for(JournalEntry, proposed)
    mirror = JournalEntry(id=mirror_id, kind=EntryKind.REVERSAL, reverses=entry.id)
    return _post(work, fund, mirror, {kind: -amount for kind, amount in lines.items()})


def reverse_deposit(
    work: Work, fund_id: UUID, entry_id: UUID, *, proposed: UUID | None = None
) -> JournalEntry:
    """Undo a deposit that was booked by mistake.

    Raises ``FundNotFound``, ``EntryNotFound``, ``NotADeposit``, ``EntryReversed``,
    ``FundOverdrawn``, ``IdTaken``.
    """
    fund = lock_fund(work, fund_id, work.principal.teams)
    entry = work.session.get(JournalEntry, entry_id)
    if entry is None or entry.fund_id != fund.id:
        raise EntryNotFound
    if entry.kind is not EntryKind.DEPOSIT:
        raise NotADeposit
    return reverse(work, fund, entry, proposed=proposed)


def list_entries(
    work: Work, fund: Fund, *, limit: int, after: tuple[date, UUID] | None = None
) -> Sequence[JournalEntry]:
    """Return up to ``limit`` entries of a fund, newest first.

    ``after`` is (made_on, id) of the last one seen.
    """
    query = select(JournalEntry).where(JournalEntry.fund_id == fund.id)
    page = in_order(query, JournalEntry.made_on, after=after, limit=limit, newest_first=True)
    return work.session.scalars(page).all()


def read_entry(work: Work, entry: JournalEntry) -> BookedEntry:
    """Return an entry with its lines."""
    return read_entries(work, [entry])[0]


def read_entries(work: Work, entries: Sequence[JournalEntry]) -> list[BookedEntry]:
    """Return entries with their lines, in two queries for a page."""
    ids = [entry.id for entry in entries]
    lines = _lines(work, ids)
    undone = select(JournalEntry.reverses, JournalEntry.id).where(JournalEntry.reverses.in_(ids))
    reversed_by = {row.reverses: row.id for row in work.session.execute(undone)}
    reads_aid = work.principal.may(Permission.AID_READ)
    return [
        BookedEntry(
            entry,
            lines[entry.id],
            reversed_by.get(entry.id),
            entry.pays if reads_aid else None,
        )
        for entry in entries
    ]


def _lines(work: Work, entry_ids: Sequence[UUID]) -> dict[UUID, dict[AccountKind, int]]:
    rows = work.session.execute(
        select(Posting.entry_id, LedgerAccount.kind, Posting.amount)
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .where(Posting.entry_id.in_(entry_ids))
        .order_by(LedgerAccount.kind)
    )
    found: dict[UUID, dict[AccountKind, int]] = defaultdict(dict)
    for row in rows:
        found[row.entry_id][row.kind] = row.amount
    return found


def _post(
    work: Work, fund: Fund, entry: JournalEntry, lines: Lines, day: date | None = None
) -> JournalEntry:
    """Write an entry with its lines, and what they do to a locked fund's cash."""
    if sum(lines.values()) or not all(lines.values()):
        raise EntryUnbalanced
    cash = lines.get(AccountKind.CASH, 0)
    balance = fund.balance + cash
    if balance < fund.reserved:
        raise FundOverdrawn
    fund.balance = balance
    session = work.session
    accounts = {
        account.kind: account.id
        for account in session.scalars(
            select(LedgerAccount).where(LedgerAccount.fund_id == fund.id)
        )
    }
    entry.fund_id = fund.id
    entry.made_on = day or work.today()
    entry.made_by = work.principal.id
    session.add(entry)
    session.flush()
    session.add_all(
        Posting(entry_id=entry.id, account_id=accounts[kind], amount=amount)
        for kind, amount in lines.items()
    )
    session.flush()
    work.trail.record(
        EventKind.FUND_BOOKED,
        fund=str(fund.id),
        entry=str(entry.id),
        kind=entry.kind.value,
        amount=cash,
    )
    return entry
