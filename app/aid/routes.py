"""HTTP routes of aid: requests, approvals, payments, confirmations, and the rules of them all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.aid import approvals, payments, service
from app.aid.errors import (
    AidMoveNotPermitted,
    AidMoveRefused,
    AidNotFound,
    AmountTooLarge,
    ApprovalMissing,
    DayTooFar,
    MemberNotEligible,
    NobodyToDecide,
    NotYetDue,
    OtherFund,
    PayeeMissing,
    ReasonMissing,
    RequestHeld,
    SamePerson,
)
from app.aid.models import AidRequest
from app.aid.schemas import (
    AidMoveCreate,
    AidReleaseCreate,
    AidRequestCreate,
    AidRequestListRead,
    AidRequestQuery,
    AidRequestRead,
    AidRequestStateRead,
    AidRequestSummary,
    AidRulesRead,
    ApprovalCreate,
    ConfirmationCreate,
    HandOverCreate,
    PaymentCreate,
)
from app.cases.errors import CaseNotFound
from app.cases.service import get_case
from app.casework.errors import CaseNotReady, ComparisonDue, DuplicateOpen, NotCleared
from app.casework.readiness import Task
from app.http.needs import NotWork
from app.http.paging import Page, page_of, position
from app.http.routing import Router
from app.ledger.errors import CurrencyUnknown, FundNotFound, FundOverdrawn, OtherCurrency
from app.permissions import Permission
from app.work import Work

router = Router(tags=["aid"])

_MOVE = (AidNotFound, AidMoveNotPermitted, AidMoveRefused, SamePerson)
"""What every move of a request may meet."""

_READY = (CaseNotReady, NotCleared, DuplicateOpen, ComparisonDue)
"""What readiness may say to an approval or a payment."""


@router.post(
    "/cases/{case_id}/aid-requests",
    needs=Permission.AID_REQUEST,
    readiness=Task.REQUEST_AID,
    creates=True,
    status_code=201,
    raises=(
        CaseNotFound, CaseNotReady, NotCleared, PayeeMissing, CurrencyUnknown, DayTooFar,
        NobodyToDecide,
    ),
)  # fmt: skip
def request_aid(case_id: UUID, body: AidRequestCreate, work: Work) -> AidRequestListRead:
    """Request aid on a case, once or as a stipend."""
    made = service.request_aid(work, get_case(work, case_id), body.to_draft())
    return AidRequestListRead.of(made)


@router.get("/aid-requests", needs=Permission.AID_READ)
def list_aid_requests(
    work: Work, page: Annotated[AidRequestQuery, Query()]
) -> Page[AidRequestSummary]:
    """List the requests that one holds a grant on, newest first."""
    rows = service.list_requests(
        work, limit=page.limit + 1, status=page.status, after=position(work, page, date, UUID)
    )

    def show(shown: Sequence[AidRequest]) -> list[AidRequestSummary]:
        details = work.vault.open_listed([request.detail for request in shown])
        return list(map(AidRequestSummary.of_opened, shown, details))

    return page_of(work, page, rows, keys=lambda row: (row.requested_on, row.id), show=show)


@router.get("/aid-requests/{request_id}", needs=Permission.AID_READ, raises=[AidNotFound])
def read_aid_request(request_id: UUID, work: Work) -> AidRequestRead:
    """Read a request in full, with what was done with it so far."""
    request = service.get_request(work, request_id)
    detail = work.vault.open(request.detail)
    return AidRequestRead.of_opened(request, detail, service.read_steps(work, request))


@router.post(
    "/aid-requests/{request_id}/approvals",
    needs=Permission.AID_APPROVE,
    readiness=Task.APPROVE_AID,
    changes=True,
    raises=(
        *_MOVE, RequestHeld, *_READY, FundNotFound, OtherCurrency, OtherFund, FundOverdrawn,
    ),
)  # fmt: skip
def approve_aid(request_id: UUID, body: ApprovalCreate, work: Work) -> AidRequestStateRead:
    """Approve out of a fund; above a limit two must. A possible duplicate is returned held."""
    request = service.take_request(work, request_id)
    return AidRequestStateRead.of(approvals.approve(work, request, body.fund_id))


@router.post(
    "/aid-requests/{request_id}/payments",
    needs=Permission.AID_PAY,
    readiness=Task.PAY_AID,
    creates=True,
    changes=True,
    raises=(*_MOVE, ApprovalMissing, RequestHeld, NotYetDue, *_READY),
)
def pay_aid(request_id: UUID, body: PaymentCreate, work: Work) -> AidRequestStateRead:
    """Put the payment in the books, once."""
    request = service.take_request(work, request_id)
    return AidRequestStateRead.of(payments.pay(work, request, body.to_note()))


@router.post(
    "/aid-requests/{request_id}/confirmations",
    needs=Permission.AID_CONFIRM,
    readiness=NotWork("money that was paid is confirmed whatever became of the case"),
    changes=True,
    raises=(*_MOVE, AmountTooLarge, FundOverdrawn),
)
def confirm_aid(request_id: UUID, body: ConfirmationCreate, work: Work) -> AidRequestStateRead:
    """Confirm that the money arrived, with a receipt that names nobody."""
    request = service.take_request(work, request_id)
    return AidRequestStateRead.of(
        payments.confirm(work, request, body.to_note(), body.to_arrival())
    )


@router.post(
    "/aid-requests/{request_id}/moves",
    needs=Permission.AID_READ,
    readiness=NotWork("refuses, cancels, disputes or reverses: none of them pays"),
    changes=True,
    raises=(*_MOVE, ReasonMissing, AmountTooLarge, FundOverdrawn),
)
def move_aid(request_id: UUID, body: AidMoveCreate, work: Work) -> AidRequestStateRead:
    """Refuse, cancel, dispute or reverse a request."""
    request = service.take_request(work, request_id)
    return AidRequestStateRead.of(
        service.move_request(work, request, body.to, body.reason, lost=body.lost)
    )


@router.post(
    "/aid-requests/{request_id}/release",
    needs=Permission.AID_APPROVE,
    readiness=NotWork("ends a hold; approval and payment then require readiness"),
    changes=True,
    raises=_MOVE,
)
def release_aid(request_id: UUID, body: AidReleaseCreate, work: Work) -> AidRequestStateRead:
    """Let a possible duplicate go on, after looking at it."""
    request = service.take_request(work, request_id)
    return AidRequestStateRead.of(service.release_request(work, request, body.reason))


@router.post(
    "/aid-requests/{request_id}/hand-overs",
    needs=Permission.AID_APPROVE,
    readiness=NotWork("changes who carries the request out; its payment requires readiness"),
    creates=True,
    raises=[AidNotFound, MemberNotEligible],
)
def hand_over_aid(request_id: UUID, body: HandOverCreate, work: Work) -> AidRequestStateRead:
    """Give a request to another member of the team, to bring the money or to confirm it."""
    request = service.get_request(work, request_id)
    service.hand_over(work, request, body.to)
    return AidRequestStateRead.of(request)


@router.get("/aid/moves", needs=Permission.AID_READ)
def list_aid_moves(work: Work) -> AidRulesRead:
    """List the rules of aid as they are applied: moves, currencies and tiers."""
    return AidRulesRead.current(work.deployment.organisation_settings)
