"""HTTP routes of registration: requests, codes, revocations, redemptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from app.cases import service as cases
from app.cases.errors import CaseNotFound
from app.casework.errors import (
    CaseNotReady,
    ComparisonDue,
    DuplicateOpen,
    FullCodeElsewhere,
    NotCleared,
)
from app.casework.readiness import Task
from app.casework.schemas import MoveRuleListRead
from app.http.needs import NotWork
from app.http.paging import Page, PageQuery, PageRequest, page_of, position
from app.http.routing import Router
from app.permissions import Permission
from app.registration import recording, redemption, service
from app.registration.errors import (
    CodeMistyped,
    CodesNotMadeHere,
    CodeSuspended,
    CodeTaken,
    DisputeSaid,
    FullFits,
    NoCodeFits,
    NoRegistrar,
    PreFits,
    RedemptionBudgetSpent,
    RegistrationExists,
    RegistrationMoveRefused,
    RegistrationNotFound,
)
from app.registration.models import Registration
from app.registration.moves import MOVES
from app.registration.schemas import (
    CodeCreate,
    CodeRead,
    DeliveryCreate,
    DisputeCreate,
    RecordedCodeCreate,
    RecordedCodeListCreate,
    RecordedCodeListRead,
    RedemptionCreate,
    RedemptionRead,
    RegistrationCreate,
    RegistrationMoveCreate,
    RegistrationRead,
    RegistrationStateRead,
    RegistrationSummary,
    RevocationCreate,
)
from app.work import Work

router = Router(tags=["registration"])


@router.post(
    "/cases/{case_id}/registrations",
    needs=Permission.CODE_REQUEST,
    readiness=Task.REQUEST_CODE,
    creates=True,
    status_code=201,
    raises=[
        CaseNotFound,
        CaseNotReady,
        NotCleared,
        FullCodeElsewhere,
        DuplicateOpen,
        ComparisonDue,
        PreFits,
        FullFits,
        NoCodeFits,
        RegistrationExists,
        NoRegistrar,
    ],
)
def request_registration(
    case_id: UUID, body: RegistrationCreate, work: Work
) -> RegistrationStateRead:
    """Request a code from the team's registrars."""
    case = cases.get_case(work, case_id)
    return _state(work, service.request_registration(work, case, body.kind, proposed=body.id))


@router.get("/cases/{case_id}/registrations", needs=Permission.CODE_REQUEST, raises=[CaseNotFound])
def list_case_registrations(
    case_id: UUID, work: Work, page: PageQuery
) -> Page[RegistrationSummary]:
    """List the registrations of a case, oldest first, without what registrars wrote."""
    case = cases.get_case(work, case_id)
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
    case_id: UUID, registration_id: UUID, body: RevocationCreate, work: Work
) -> RegistrationStateRead:
    """Revoke a code of a case, or the request for one."""
    case = cases.get_case(work, case_id)
    registration = service.get_registration_of_case(work, case, registration_id)
    return _state(work, service.revoke_registration(work, registration, body.reason))


@router.get("/registrations/moves", needs=Permission.SELF_READ)
def list_registration_moves() -> MoveRuleListRead:
    """List every allowed move of a registration, who may make it, and by which act."""
    return MoveRuleListRead.of(MOVES)


@router.get("/registrations", needs=Permission.CODE_READ)
def list_registrations(work: Work, page: PageQuery) -> Page[RegistrationSummary]:
    """List the registrations that one holds a grant on, oldest first."""
    rows = service.list_registrations(
        work, limit=page.limit + 1, after=position(work, page, date, UUID)
    )
    return _page(work, page, rows)


@router.get(
    "/registrations/{registration_id}",
    needs=Permission.CODE_READ,
    raises=[RegistrationNotFound],
)
def read_registration(registration_id: UUID, work: Work) -> RegistrationRead:
    """Read a registration with what registrars wrote."""
    registration = service.get_registration(work, registration_id)
    notes = service.read_notes(work, registration)
    return RegistrationRead.of_opened(registration, notes, work.today())


@router.post(
    "/registrations/{registration_id}/moves",
    needs=Permission.CODE_ISSUE,
    readiness=NotWork("notes what the authority was sent or said; a code requires readiness"),
    changes=True,
    raises=[RegistrationNotFound, RegistrationMoveRefused],
)
def move_registration(
    registration_id: UUID, body: RegistrationMoveCreate, work: Work
) -> RegistrationStateRead:
    """Submit a request to the authority, or refuse it."""
    moved = service.move_registration(work, registration_id, body.to, body.reason)
    return _state(work, moved)


@router.post(
    "/registrations/{registration_id}/code",
    needs=Permission.CODE_ISSUE,
    readiness=Task.ISSUE_CODE,
    creates=True,
    changes=True,
    status_code=201,
    raises=[
        RegistrationNotFound,
        RegistrationMoveRefused,
        CaseNotReady,
        NotCleared,
        FullCodeElsewhere,
        DuplicateOpen,
        ComparisonDue,
        PreFits,
        FullFits,
        NoCodeFits,
        CodesNotMadeHere,
    ],
)
def issue_code(registration_id: UUID, body: CodeCreate, work: Work) -> CodeRead:
    """Make the code and show it, this once, where the group is itself the authority."""
    issued = service.issue_code(work, registration_id, body.valid_for_days)
    work.session.flush()
    return CodeRead.of_issued(issued, work.today())


@router.post(
    "/registrations/{registration_id}/recorded-code",
    needs=Permission.CODE_ISSUE,
    readiness=Task.ISSUE_CODE,
    creates=True,
    changes=True,
    status_code=201,
    raises=[
        RegistrationNotFound,
        RegistrationMoveRefused,
        CaseNotReady,
        NotCleared,
        FullCodeElsewhere,
        DuplicateOpen,
        ComparisonDue,
        PreFits,
        FullFits,
        NoCodeFits,
        CodeMistyped,
        CodeTaken,
    ],
)
def record_code(
    registration_id: UUID, body: RecordedCodeCreate, work: Work
) -> RegistrationStateRead:
    """Record the code that the authority gave. It is not shown again."""
    row = recording.CodeRow(registration_id, body.code, body.expires_on)
    return _state(work, recording.record_code(work, row))


@router.post(
    "/registrations/recorded-codes",
    needs=Permission.CODE_ISSUE,
    readiness=NotWork("requires it of each row, which is refused by itself"),
    creates=True,
)
def record_codes(body: RecordedCodeListCreate, work: Work) -> RecordedCodeListRead:
    """Record a file of the authority's codes row by row, or say what would be recorded."""
    rows = [row.to_row() for row in body.rows]
    results = recording.record_codes(work, rows, dry_run=body.dry_run)
    return RecordedCodeListRead.of(results, dry_run=body.dry_run)


@router.post(
    "/registrations/{registration_id}/dispute",
    needs=Permission.CODE_ISSUE,
    readiness=NotWork("corrects the use of a code"),
    changes=True,
    raises=[RegistrationNotFound, RegistrationMoveRefused, DisputeSaid],
)
def dispute_code(registration_id: UUID, body: DisputeCreate, work: Work) -> RegistrationStateRead:
    """Say, as a registrar, that a code of one's team was used by another person."""
    registration = service.get_registration_of_team(work, registration_id)
    return _state(work, service.dispute_code(work, registration, body.reason))


@router.post(
    "/cases/{case_id}/registrations/{registration_id}/dispute",
    needs=Permission.CODE_REQUEST,
    readiness=NotWork("corrects the use of a code"),
    changes=True,
    raises=[CaseNotFound, RegistrationNotFound, RegistrationMoveRefused, DisputeSaid],
)
def dispute_case_code(
    case_id: UUID, registration_id: UUID, body: DisputeCreate, work: Work
) -> RegistrationStateRead:
    """Say, as a coordinator, that a code of a case was used by another person."""
    case = cases.get_case(work, case_id)
    registration = service.get_registration_of_case(work, case, registration_id)
    return _state(work, service.dispute_code(work, registration, body.reason))


@router.post(
    "/registrations/{registration_id}/delivery",
    needs=Permission.CODE_DELIVER,
    readiness=NotWork("hands over a code that was issued when the case was ready"),
    changes=True,
    raises=[RegistrationNotFound, RegistrationMoveRefused, CodeSuspended],
)
def deliver_code(registration_id: UUID, body: DeliveryCreate, work: Work) -> RegistrationStateRead:
    """Record how the code was handed over: it is valid from now on, and ends the pre code."""
    return _state(work, service.deliver_code(work, registration_id, body.handed_over))


@router.post(
    "/registrations/{registration_id}/revocation",
    needs=Permission.CODE_ISSUE,
    readiness=NotWork("revokes"),
    changes=True,
    raises=[RegistrationNotFound, RegistrationMoveRefused],
)
def revoke_registration(
    registration_id: UUID, body: RevocationCreate, work: Work
) -> RegistrationStateRead:
    """Revoke a code of one's team, also after the work on it is over."""
    registration = service.get_registration_of_team(work, registration_id)
    return _state(work, service.revoke_registration(work, registration, body.reason))


@router.post(
    "/registrations/redemptions",
    needs=Permission.CODE_REDEEM,
    readiness=NotWork("uses up a code that was issued when the case was ready"),
    creates=True,
    raises=[CodeMistyped, RedemptionBudgetSpent],
)
def redeem_code(body: RedemptionCreate, work: Work) -> RedemptionRead:
    """Use a code up. Returns whether it was valid, its kind and last day; nothing of the person."""
    return RedemptionRead.of(redemption.redeem(work, body.code))


def _state(work: Work, registration: Registration) -> RegistrationStateRead:
    work.session.flush()
    return RegistrationStateRead.of(registration, work.today())


def _page(work: Work, page: PageRequest, rows: Sequence[Registration]) -> Page[RegistrationSummary]:
    return page_of(
        work,
        page,
        rows,
        keys=lambda registration: (registration.requested_on, registration.id),
        show=lambda shown: [RegistrationSummary.of(row, work.today()) for row in shown],
    )
