"""HTTP face of aid and its ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.aid import service
from app.aid.errors import (
    AidNotFound,
    DayTooFar,
    IdTaken,
    MemberUnsuited,
    MoveNotAllowed,
    MoveOutOfTurn,
    NobodyToDecide,
    NotYetDue,
    OtherFund,
    ReasonMissing,
    RequestHeld,
    SamePerson,
)
from app.aid.limits import CURRENCIES, WINDOW, approvers_needed
from app.aid.models import AidDetail, AidNote, AidRequest, AidStatus
from app.aid.moves import MOVES
from app.aid.schemas import (
    AidFile,
    AidListed,
    AidReceipt,
    AidReceipts,
    AidRules,
    ApproveAid,
    ConfirmAid,
    CurrencyShown,
    HandOverAid,
    ItemShown,
    MoveAid,
    MoveShown,
    PayAid,
    PayeeShown,
    RequestAid,
    StepShown,
    TierShown,
)
from app.cases.errors import CaseNotFound
from app.cases.service import get_case
from app.casework.errors import CaseNotReady
from app.http.paging import Page, PageQuery, page_of, position
from app.http.routing import Router
from app.ledger.errors import (
    CurrencyUnknown,
    FundNotFound,
    FundOverdrawn,
    OtherCurrency,
)
from app.permissions import Permission
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
