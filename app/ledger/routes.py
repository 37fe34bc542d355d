"""HTTP routes of the ledger: funds, deposits, entries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from app.aid.errors import IdTaken
from app.http.paging import Page, PageQuery, page_of, position
from app.http.routing import Router
from app.ledger import service as ledger
from app.ledger.errors import (
    CurrencyUnknown,
    EntryNotFound,
    EntryReversed,
    FundNotFound,
    FundOverdrawn,
    NotADeposit,
)
from app.ledger.models import Fund, JournalEntry
from app.ledger.reconcile import verify_ledger
from app.ledger.schemas import (
    EntryShown,
    FindingShown,
    FundShown,
    LedgerVerified,
    LineShown,
    MakeDeposit,
    OpenFund,
)
from app.permissions import Permission
from app.work import Work

router = Router(tags=["ledger"])


@router.post(
    "/funds",
    needs=Permission.FUND_KEEP,
    creates=True,
    status_code=201,
    raises=[CurrencyUnknown, IdTaken],
)
def open_fund(body: OpenFund, work: Work) -> FundShown:
    """Open an empty fund of one's own team."""
    return _fund(work, ledger.open_fund(work, body.name, body.currency, body.id))


@router.get("/funds", needs=Permission.FUND_READ)
def list_funds(work: Work, page: PageQuery) -> Page[FundShown]:
    """The team's funds and what they hold; for auditors, every team's."""
    rows = ledger.list_funds(work, limit=page.limit + 1, after=position(work, page, date, UUID))
    return page_of(
        work,
        page,
        rows,
        keys=lambda row: (row.opened_on, row.id),
        show=lambda shown: [_fund(work, fund) for fund in shown],
    )


@router.post(
    "/funds/{fund_id}/deposits",
    needs=Permission.FUND_KEEP,
    creates=True,
    status_code=201,
    raises=[FundNotFound, IdTaken],
)
def make_deposit(fund_id: UUID, body: MakeDeposit, work: Work) -> EntryShown:
    """Put money that came in into the books."""
    entry = ledger.deposit(work, fund_id, body.amount, body.source, body.id)
    return _entries(work, [entry])[0]


@router.get("/funds/{fund_id}/entries", needs=Permission.FUND_READ, raises=[FundNotFound])
def list_entries(fund_id: UUID, work: Work, page: PageQuery) -> Page[EntryShown]:
    """The fund's journal, newest first. It names no payee."""
    rows = ledger.list_entries(
        work,
        ledger.get_fund(work, fund_id),
        limit=page.limit + 1,
        after=position(work, page, date, UUID),
    )
    return page_of(
        work,
        page,
        rows,
        keys=lambda row: (row.made_on, row.id),
        show=lambda shown: _entries(work, shown),
    )


@router.post(
    "/funds/{fund_id}/entries/{entry_id}/reversals",
    needs=Permission.FUND_KEEP,
    creates=True,
    status_code=201,
    raises=[FundNotFound, EntryNotFound, NotADeposit, EntryReversed, FundOverdrawn],
)
def reverse_deposit(fund_id: UUID, entry_id: UUID, work: Work) -> EntryShown:
    """Undo a deposit that was booked by mistake, by its mirror image."""
    return _entries(work, [ledger.reverse_deposit(work, fund_id, entry_id)])[0]


@router.get("/ledger/findings", needs=Permission.LOG_VERIFY)
def verify_books(work: Work) -> LedgerVerified:
    """Check the whole ledger from its postings; no findings mean that it holds."""
    found = verify_ledger(work)
    return LedgerVerified(findings=[FindingShown(code=one.code, about=one.about) for one in found])


def _fund(work: Work, fund: Fund) -> FundShown:
    return FundShown(
        id=fund.id,
        name=ledger.find_fund_name(work, fund),
        currency=fund.currency,
        opened_on=fund.opened_on,
        balance=fund.balance,
        reserved=fund.reserved,
        version=fund.version,
    )


def _entries(work: Work, entries: Sequence[JournalEntry]) -> list[EntryShown]:
    return [
        EntryShown(
            id=booked.entry.id,
            fund_id=booked.entry.fund_id,
            kind=booked.entry.kind,
            made_on=booked.entry.made_on,
            made_by=booked.entry.made_by,
            lines=[LineShown(account=k, amount=v) for k, v in booked.lines.items()],
            reverses=booked.entry.reverses,
            reversed_by=booked.reversed_by,
            request_id=booked.request_id,
        )
        for booked in ledger.book(work, entries)
    ]
