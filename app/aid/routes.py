"""HTTP face of aid and its ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.aid import ledger, service
from app.aid.errors import (
    AidNotFound,
    CaseNotReady,
    CurrencyUnknown,
    DayTooFar,
    EntryNotFound,
    EntryReversed,
    FundNotFound,
    FundOverdrawn,
    IdTaken,
    MemberUnsuited,
    MoveNotAllowed,
    MoveOutOfTurn,
    NobodyToDecide,
    NotADeposit,
    NotYetDue,
    OtherCurrency,
    OtherFund,
    ReasonMissing,
    RequestHeld,
    SamePerson,
)
from app.aid.limits import CURRENCIES, WINDOW, approvers_needed
from app.aid.models import AidDetail, AidNote, AidRequest, AidStatus, Fund, JournalEntry
from app.aid.moves import MOVES
from app.aid.reconcile import verify_ledger
from app.aid.schemas import (
    AidFile,
    AidListed,
    AidReceipt,
    AidReceipts,
    AidRules,
    ApproveAid,
    ConfirmAid,
    CurrencyShown,
    EntryShown,
    FindingShown,
    FundShown,
    HandOverAid,
    ItemShown,
    LedgerVerified,
    LineShown,
    MakeDeposit,
    MoveAid,
    MoveShown,
    OpenFund,
    PayAid,
    PayeeShown,
    RequestAid,
    StepShown,
    TierShown,
)
from app.intake.errors import CaseNotFound
from app.intake.service import get_case
from app.permissions import Permission
from app.web.paging import Page, PageQuery, page_of, position
from app.web.routing import Router
from app.work import Work

router = Router(tags=["aid"])

_ACT = (AidNotFound, MoveNotAllowed, MoveOutOfTurn, SamePerson)
"""What every act on a request may meet."""

# ---------------------------------------------------------------------------------------- requests


@router.post(
    "/cases/{case_id}/aid-requests",
    needs=Permission.AID_REQUEST,
    creates=True,
    status_code=201,
    raises=(
        CaseNotFound,
        CaseNotReady,
        CurrencyUnknown,
        DayTooFar,
        IdTaken,
        NobodyToDecide,
    ),
)
def request_aid(case_id: UUID, body: RequestAid, work: Work) -> AidReceipts:
    """Ask for aid on a case, once or as a stipend."""
    made = service.request_aid(work, get_case(work, case_id), body.to_draft())
    return AidReceipts(items=[AidReceipt(**_plain(request)) for request in made])


@router.get("/aid-requests", needs=Permission.AID_READ)
def list_aid_requests(
    work: Work, page: PageQuery, status: AidStatus | None = None
) -> Page[AidListed]:
    """The requests that were handed to oneself, newest first."""
    rows = service.list_requests(
        work, limit=page.limit + 1, status=status, after=position(work, page, date, UUID)
    )

    def show(shown: Sequence[AidRequest]) -> list[AidListed]:
        details = work.vault.open_listed([request.detail for request in shown])
        return [
            AidListed(
                **_plain(request),
                urgent=detail.urgent,
                categories=sorted({item.category for item in detail.items}),
            )
            for request, detail in zip(shown, details, strict=True)
        ]

    return page_of(work, page, rows, keys=lambda row: (row.requested_on, row.id), show=show)


@router.get("/aid-requests/{request_id}", needs=Permission.AID_READ, raises=[AidNotFound])
def read_aid_request(request_id: UUID, work: Work) -> AidFile:
    """A request in full, with what was done with it so far."""
    request = service.get_request(work, request_id)
    return _file(request, work.vault.open(request.detail), _steps(work, request))


@router.post(
    "/aid-requests/{request_id}/approvals",
    needs=Permission.AID_APPROVE,
    changes=True,
    raises=(
        *_ACT, RequestHeld, CaseNotReady, FundNotFound, OtherCurrency, OtherFund, FundOverdrawn,
    ),
)  # fmt: skip
def approve_aid(request_id: UUID, body: ApproveAid, work: Work) -> AidReceipt:
    """Approve out of a fund; above a limit two must. Comes back held if it may be a second."""
    request = service.take_request(work, request_id)
    return AidReceipt(**_plain(service.approve(work, request, body.fund_id)))


@router.post(
    "/aid-requests/{request_id}/payments",
    needs=Permission.AID_PAY,
    creates=True,
    changes=True,
    raises=(*_ACT, RequestHeld, NotYetDue, CaseNotReady),
)
def pay_aid(request_id: UUID, body: PayAid, work: Work) -> AidReceipt:
    """Put the payment in the books, once."""
    request = service.take_request(work, request_id)
    return AidReceipt(**_plain(service.pay(work, request, body.to_note())))


@router.post(
    "/aid-requests/{request_id}/confirmations",
    needs=Permission.AID_CONFIRM,
    changes=True,
    raises=_ACT,
)
def confirm_aid(request_id: UUID, body: ConfirmAid, work: Work) -> AidReceipt:
    """Say that the money arrived, with a receipt that names nobody."""
    request = service.take_request(work, request_id)
    return AidReceipt(**_plain(service.confirm(work, request, AidNote(body.receipt))))


@router.post(
    "/aid-requests/{request_id}/moves",
    needs=Permission.AID_READ,
    changes=True,
    raises=(*_ACT, ReasonMissing),
)
def move_aid(request_id: UUID, body: MoveAid, work: Work) -> AidReceipt:
    """Refuse, cancel, dispute, reverse, or release what was held."""
    request = service.take_request(work, request_id)
    return AidReceipt(**_plain(service.make_move(work, request, body.move, body.reason)))


@router.post(
    "/aid-requests/{request_id}/hand-overs",
    needs=Permission.AID_APPROVE,
    creates=True,
    raises=[AidNotFound, MemberUnsuited],
)
def hand_over_aid(request_id: UUID, body: HandOverAid, work: Work) -> AidReceipt:
    """Give a request to another member of the team, to bring the money or to confirm it."""
    request = service.get_request(work, request_id)
    service.hand_over(work, request, body.to)
    return AidReceipt(**_plain(request))


@router.get("/aid/moves", needs=Permission.AID_READ)
def list_aid_moves() -> AidRules:
    """The rules of aid, as they are applied."""
    return AidRules(
        moves=[
            MoveShown(
                move=row.act,
                sources=sorted(row.sources),
                to=row.to,
                needs=row.needs,
                barred=sorted(row.barred),
                needs_reason=row.needs_reason,
            )
            for row in MOVES.values()
        ],
        currencies=[
            CurrencyShown(
                currency=currency,
                minor_digits=rule.minor_digits,
                tiers=[TierShown(above=t.above, approvers=t.approvers) for t in rule.tiers],
            )
            for currency, rule in CURRENCIES.items()
        ],
        window_days=WINDOW.days,
    )


# ------------------------------------------------------------------------------------------- funds


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


# ------------------------------------------------------------------------------------------- views


def _plain(request: AidRequest) -> dict[str, Any]:
    return {
        "id": request.id,
        "case_id": request.case_id,
        "status": request.status,
        "held": request.held,
        "currency": request.currency,
        "total": request.total,
        "requested_on": request.requested_on,
        "due_on": request.due_on,
        "approvers_needed": approvers_needed(request.currency, request.total),
        "fund_id": request.fund_id,
        "version": request.version,
    }


def _file(request: AidRequest, detail: AidDetail, steps: list[StepShown]) -> AidFile:
    payee = detail.payee
    return AidFile(
        **_plain(request),
        urgent=detail.urgent,
        items=[ItemShown(category=i.category, amount=i.amount, note=i.note) for i in detail.items],
        payee=PayeeShown(name=payee.name, phone=payee.phone, account=payee.account)
        if payee
        else None,
        means=detail.means,
        note=detail.note,
        steps=steps,
    )


def _steps(work: Work, request: AidRequest) -> list[StepShown]:
    shown = []
    for step in service.list_steps(work, request):
        note = work.vault.find(step.note)
        shown.append(
            StepShown(
                act=step.act,
                by=step.member_id,
                on=step.taken_on,
                text=note.text if note else None,
                means=note.means if note else None,
            )
        )
    return shown


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
