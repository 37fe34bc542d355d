"""HTTP routes of the ledger: funds, deposits, entries."""

from __future__ import annotations

from datetime import date
from uuid import UUID

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
from app.ledger.reconcile import verify_ledger
from app.ledger.schemas import (
    DepositCreate,
    FundCreate,
    FundRead,
    JournalEntryRead,
    LedgerVerificationRead,
    ReversalCreate,
)
from app.permissions import Permission
from app.work import Work

_NO_ID = ReversalCreate()

router = Router(tags=["ledger"])


@router.post(
    "/funds",
    needs=Permission.FUND_KEEP,
    creates=True,
    status_code=201,
    raises=[CurrencyUnknown],
)
def open_fund(body: FundCreate, work: Work) -> FundRead:
    """Open an empty fund of one's own team."""
    fund = ledger.open_fund(work, body.name, body.currency, body.id)
    return FundRead.of(fund, ledger.find_fund_name(work, fund))


@router.get("/funds", needs=Permission.FUND_READ)
def list_funds(work: Work, page: PageQuery) -> Page[FundRead]:
    """The team's funds and what they hold; for auditors, every team's."""
    rows = ledger.list_funds(work, limit=page.limit + 1, after=position(work, page, date, UUID))
    return page_of(
        work,
        page,
        rows,
        keys=lambda row: (row.opened_on, row.id),
        show=lambda shown: [
            FundRead.of(fund, name, shut=shut)
            for fund, (name, shut) in zip(shown, ledger.list_fund_names(work, shown), strict=True)
        ],
    )


@router.post(
    "/funds/{fund_id}/deposits",
    needs=Permission.FUND_KEEP,
    creates=True,
    status_code=201,
    raises=[FundNotFound],
)
def make_deposit(fund_id: UUID, body: DepositCreate, work: Work) -> JournalEntryRead:
    """Put money that came in into the books."""
    entry = ledger.deposit(work, fund_id, body.amount, body.source, body.id, on=body.on)
    return JournalEntryRead.of(ledger.read_entry(work, entry))


@router.get("/funds/{fund_id}/entries", needs=Permission.FUND_READ, raises=[FundNotFound])
def list_entries(fund_id: UUID, work: Work, page: PageQuery) -> Page[JournalEntryRead]:
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
        show=lambda shown: [
            JournalEntryRead.of(booked) for booked in ledger.read_entries(work, shown)
        ],
    )


@router.post(
    "/funds/{fund_id}/entries/{entry_id}/reversals",
    needs=Permission.FUND_KEEP,
    creates=True,
    status_code=201,
    raises=[FundNotFound, EntryNotFound, NotADeposit, EntryReversed, FundOverdrawn],
)
def reverse_deposit(
    fund_id: UUID, entry_id: UUID, work: Work, body: ReversalCreate = _NO_ID
) -> JournalEntryRead:
    """Undo a deposit that was booked by mistake, by its mirror image."""
    entry = ledger.reverse_deposit(work, fund_id, entry_id, proposed=body.id)
    return JournalEntryRead.of(ledger.read_entry(work, entry))


@router.get("/ledger/findings", needs=Permission.LOG_VERIFY)
def verify_books(work: Work) -> LedgerVerificationRead:
    """Check the whole ledger from its postings; no findings mean that it holds."""
    return LedgerVerificationRead.of(verify_ledger(work))
