"""HTTP routes of vetting: rounds, checks, decisions, clearances."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from app.cases import service as cases
from app.cases.errors import CaseNotFound
from app.casework import clearance
from app.casework.errors import ComparisonDue, DuplicateOpen
from app.http.needs import NotWork
from app.http.paging import Page, PageQuery, page_of, position
from app.http.routing import Router
from app.permissions import Permission
from app.vetting import service
from app.vetting.errors import (
    AlreadyDecided,
    CannotBeVetted,
    CaseMovedOn,
    LinkUnknown,
    RoundEnded,
    RoundNotFound,
    TooFewSources,
    VetterInvolved,
    VettersInvalid,
    VettingInProgress,
    VoucherMissing,
)
from app.vetting.schemas import (
    ClearanceRead,
    VettingCheckCreate,
    VettingCheckStateRead,
    VettingCreate,
    VettingDecisionCreate,
    VettingRead,
    VettingStateRead,
    VettingSummary,
)
from app.work import Work

router = Router(tags=["vetting"])


@router.post(
    "/cases/{case_id}/vetting",
    needs=Permission.VETTING_REQUEST,
    readiness=NotWork("begins vetting; what leaves triage requires Task.LEAVE_TRIAGE"),
    creates=True,
    status_code=201,
    raises=[
        CaseNotFound, VettersInvalid, VetterInvolved, VettingInProgress, CannotBeVetted,
        DuplicateOpen,
    ],
)  # fmt: skip
def request_vetting(case_id: UUID, body: VettingCreate, work: Work) -> VettingStateRead:
    """Send a case to two vetters. What they write is not shown to the member who requested it."""
    case = cases.get_case(work, case_id)
    round_ = service.request_vetting(work, case, body.vetter_ids, body.reason, proposed=body.id)
    work.session.flush()
    return VettingStateRead.of(round_)


@router.get(
    "/cases/{case_id}/vetting",
    needs=Permission.VETTING_REQUEST,
    raises=[CaseNotFound, RoundNotFound],
)
def read_case_vetting(case_id: UUID, work: Work) -> VettingStateRead:
    """Read the state of the newest vetting of a case."""
    round_ = service.get_newest_round(work, cases.get_case(work, case_id))
    return VettingStateRead.of(round_)


@router.post(
    "/cases/{case_id}/vetting/withdrawal",
    needs=Permission.VETTING_REQUEST,
    readiness=NotWork("ends a round"),
    changes=True,
    raises=[CaseNotFound, RoundNotFound, RoundEnded],
)
def withdraw_vetting(case_id: UUID, work: Work) -> VettingStateRead:
    """Withdraw a case from its vetters before they have decided."""
    round_ = service.withdraw_vetting(work, cases.get_case(work, case_id))
    work.session.flush()
    return VettingStateRead.of(round_)


@router.get("/cases/{case_id}/clearance", needs=Permission.CASE_READ, raises=[CaseNotFound])
def read_clearance(case_id: UUID, work: Work) -> ClearanceRead:
    """Read whether two vetters have verified who this is, and until when that holds."""
    case = cases.get_case(work, case_id)
    return ClearanceRead.of(clearance.clearance(work, case.id))


@router.get("/vettings", needs=Permission.VETTING_READ)
def list_vettings(work: Work, page: PageQuery) -> Page[VettingSummary]:
    """List one's own open vettings, oldest first."""
    after = position(work, page, date, UUID)
    rows = service.list_rounds(work, limit=page.limit + 1, after=after)
    return page_of(
        work,
        page,
        rows,
        keys=lambda round_: (round_.opened_on, round_.id),
        show=lambda shown: list(map(VettingSummary.of, shown)),
    )


@router.get("/vettings/{round_id}", needs=Permission.VETTING_READ, raises=[RoundNotFound])
def read_vetting(round_id: UUID, work: Work) -> VettingRead:
    """Read a vetting with its checks, one's own decisions, and those of attempts that are over."""
    round_ = service.get_round(work, round_id)
    return VettingRead.of_opened(service.read_round(work, round_))


@router.post(
    "/vettings/{round_id}/checks",
    needs=Permission.VETTING_DECIDE,
    readiness=NotWork("vetting decides whether the case becomes ready"),
    creates=True,
    status_code=201,
    raises=[RoundNotFound, RoundEnded, VoucherMissing, LinkUnknown],
)
def add_check(round_id: UUID, body: VettingCheckCreate, work: Work) -> VettingCheckStateRead:
    """Add what one source said."""
    check = service.add_check(
        work,
        round_id,
        source=body.source,
        finding=body.finding,
        source_note=body.source_note,
        voucher=body.voucher,
        linked_to=body.linked_to,
        proposed=body.id,
    )
    return VettingCheckStateRead.of(check)


@router.post(
    "/vettings/{round_id}/decisions",
    needs=Permission.VETTING_DECIDE,
    readiness=NotWork("a refusal needs nothing; to say verified requires Task.END_VETTING"),
    changes=True,
    raises=[
        RoundNotFound, RoundEnded, CaseMovedOn, VetterInvolved, AlreadyDecided, DuplicateOpen,
        ComparisonDue, TooFewSources,
    ],
)  # fmt: skip
def decide_vetting(round_id: UUID, body: VettingDecisionCreate, work: Work) -> VettingStateRead:
    """Decide for oneself; the second decision ends the attempt."""
    round_ = service.decide(work, round_id, body.verdict, body.grounds, body.valid_for_days)
    work.session.flush()
    return VettingStateRead.of(round_)
