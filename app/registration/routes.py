"""HTTP face of registration."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from app.cases import service as intake
from app.cases.errors import CaseNotFound
from app.casework.errors import CaseNotReady, NotCleared
from app.casework.readiness import Task
from app.http.needs import NotWork
from app.http.paging import Page, PageAsked, PageQuery, page_of, position
from app.http.routing import Router
from app.permissions import Permission
from app.registration import redemption, service
from app.registration.errors import (
    CodeMistyped,
    NoRegistrar,
    RedemptionBudgetSpent,
    RegistrationExists,
    RegistrationMoveRefused,
    RegistrationNotFound,
)
from app.registration.models import Registration
from app.registration.schemas import (
    CodeShown,
    DeliverCode,
    IssueCode,
    MoveRegistration,
    MovesShown,
    RedeemCode,
    RedemptionShown,
    RegistrationReceipt,
    RegistrationShown,
    RequestRegistration,
    RevokeRegistration,
    code_shown,
    moves_shown,
    redemption_shown,
    registration_receipt,
    registration_shown,
)
from app.work import Work

router = Router(tags=["registration"])


@router.post(
    "/cases/{case_id}/registrations",
    needs=Permission.CODE_REQUEST,
    readiness=Task.REQUEST_CODE,
    creates=True,
    status_code=201,
    raises=[CaseNotFound, CaseNotReady, NotCleared, RegistrationExists, NoRegistrar],
)
def request_registration(
    case_id: UUID, body: RequestRegistration, work: Work
) -> RegistrationReceipt:
    """Ask the team's registrars for a code."""
    case = intake.get_case(work, case_id)
    return _receipt(work, service.request_registration(work, case, body.kind))


@router.get("/cases/{case_id}/registrations", needs=Permission.CODE_REQUEST, raises=[CaseNotFound])
def list_case_registrations(
    case_id: UUID, work: Work, page: PageQuery
) -> Page[RegistrationReceipt]:
    """The registrations of a case, oldest first, as far as they are no registrar's secret."""
    case = intake.get_case(work, case_id)
    rows = service.list_registrations_of_case(
        work, case, limit=page.limit + 1, after=position(work, page, date, UUID)
    )
    return _page(work, page, rows)


@router.post(
    "/cases/{case_id}/registrations/{registration_id}/revocation",
    needs=Permission.CODE_REQUEST,
    readiness=NotWork("revokes"),
    changes=True,
    raises=[CaseNotFound, RegistrationNotFound, RegistrationMoveRefused],
)
def revoke_case_registration(
    case_id: UUID, registration_id: UUID, body: RevokeRegistration, work: Work
) -> RegistrationReceipt:
    """Take back a code, or the request for one, of a case in hand."""
    case = intake.get_case(work, case_id)
    registration = service.get_registration_of_case(work, case, registration_id)
    return _receipt(work, service.revoke_registration(work, registration, body.reason))


@router.get("/registrations/moves", needs=Permission.SELF_READ)
def list_registration_moves() -> MovesShown:
    """Where a registration may go from where it stands."""
    return moves_shown()


@router.get("/registrations", needs=Permission.CODE_READ)
def list_registrations(work: Work, page: PageQuery) -> Page[RegistrationReceipt]:
    """The registrations in one's hands, oldest first."""
    rows = service.list_registrations(
        work, limit=page.limit + 1, after=position(work, page, date, UUID)
    )
    return _page(work, page, rows)


@router.get(
    "/registrations/{registration_id}",
    needs=Permission.CODE_READ,
    raises=[RegistrationNotFound],
)
def read_registration(registration_id: UUID, work: Work) -> RegistrationShown:
    """A registration with what registrars wrote."""
    registration = service.get_registration(work, registration_id)
    notes = service.read_notes(work, registration)
    return registration_shown(registration, notes, work.today())


@router.post(
    "/registrations/{registration_id}/moves",
    needs=Permission.CODE_ISSUE,
    readiness=NotWork("notes what the authority was sent or said; a code requires readiness"),
    changes=True,
    raises=[RegistrationNotFound, RegistrationMoveRefused],
)
def move_registration(
    registration_id: UUID, body: MoveRegistration, work: Work
) -> RegistrationReceipt:
    """Submit a request to the authority, or refuse it."""
    moved = service.move_registration(work, registration_id, body.to, body.reason)
    return _receipt(work, moved)


@router.post(
    "/registrations/{registration_id}/code",
    needs=Permission.CODE_ISSUE,
    readiness=Task.ISSUE_CODE,
    creates=True,
    changes=True,
    status_code=201,
    raises=[RegistrationNotFound, RegistrationMoveRefused, CaseNotReady, NotCleared],
)
def issue_code(registration_id: UUID, body: IssueCode, work: Work) -> CodeShown:
    """Make the code and show it, this once. A full code revokes the case's pre code."""
    issued = service.issue_code(work, registration_id, body.valid_for_days)
    work.session.flush()
    return code_shown(issued.registration, issued.code, work.today())


@router.post(
    "/registrations/{registration_id}/delivery",
    needs=Permission.CODE_DELIVER,
    readiness=NotWork("hands over a code that was issued when the case was ready"),
    changes=True,
    raises=[RegistrationNotFound, RegistrationMoveRefused],
)
def deliver_code(registration_id: UUID, body: DeliverCode, work: Work) -> RegistrationReceipt:
    """Note how the code was handed over; the registration then leaves one's hands."""
    return _receipt(work, service.deliver_code(work, registration_id, body.handed_over))


@router.post(
    "/registrations/{registration_id}/revocation",
    needs=Permission.CODE_ISSUE,
    readiness=NotWork("revokes"),
    changes=True,
    raises=[RegistrationNotFound, RegistrationMoveRefused],
)
def revoke_registration(
    registration_id: UUID, body: RevokeRegistration, work: Work
) -> RegistrationReceipt:
    """Take back a code of one's team, also after the work on it is over."""
    registration = service.get_registration_of_team(work, registration_id)
    return _receipt(work, service.revoke_registration(work, registration, body.reason))


@router.post(
    "/registrations/redemptions",
    needs=Permission.CODE_REDEEM,
    readiness=NotWork("uses up a code that was issued when the case was ready"),
    creates=True,
    raises=[CodeMistyped, RedemptionBudgetSpent],
)
def redeem_code(body: RedeemCode, work: Work) -> RedemptionShown:
    """Use a code up. Says whether it was valid, of which kind and until when; nothing of whom."""
    return redemption_shown(redemption.redeem(work, body.code))


def _receipt(work: Work, registration: Registration) -> RegistrationReceipt:
    work.session.flush()
    return registration_receipt(registration, work.today())


def _page(work: Work, page: PageAsked, rows: Sequence[Registration]) -> Page[RegistrationReceipt]:
    return page_of(
        work,
        page,
        rows,
        keys=lambda registration: (registration.requested_on, registration.id),
        show=lambda shown: [registration_receipt(row, work.today()) for row in shown],
    )
