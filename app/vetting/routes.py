"""HTTP face of vetting."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from app.cases import service as intake
from app.cases.errors import CaseNotFound
from app.casework import clearance
from app.casework.errors import DuplicateOpen
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
    VettersInvalid,
    VettingInProgress,
    VoucherMissing,
)
from app.vetting.schemas import (
    AddCheck,
    CheckReceipt,
    ClearanceShown,
    Decide,
    RequestVetting,
    RoundReceipt,
    RoundShown,
    clearance_shown,
    round_receipt,
    round_shown,
)
from app.work import Work

router = Router(tags=["vetting"])


@router.post(
    "/cases/{case_id}/vetting",
    needs=Permission.VETTING_REQUEST,
    readiness=NotWork("begins vetting; what leaves triage requires Task.LEAVE_TRIAGE"),
    creates=True,
    status_code=201,
    raises=[CaseNotFound, VettersInvalid, VettingInProgress, CannotBeVetted, DuplicateOpen],
)
def request_vetting(case_id: UUID, body: RequestVetting, work: Work) -> RoundReceipt:
    """Send a case to two vetters. Nothing of what they write is shown to who asked."""
    case = intake.get_case(work, case_id)
    round_ = service.request_vetting(work, case, body.vetter_ids, body.reason)
    work.session.flush()
    return round_receipt(round_)


@router.get(
    "/cases/{case_id}/vetting",
    needs=Permission.VETTING_REQUEST,
    raises=[CaseNotFound, RoundNotFound],
)
def read_case_vetting(case_id: UUID, work: Work) -> RoundReceipt:
    """How the newest vetting of a case stands."""
    round_ = service.get_newest_round(work, intake.get_case(work, case_id))
    return round_receipt(round_)


@router.post(
    "/cases/{case_id}/vetting/withdrawal",
    needs=Permission.VETTING_REQUEST,
    readiness=NotWork("ends a round"),
    changes=True,
    raises=[CaseNotFound, RoundNotFound, RoundEnded],
)
def withdraw_vetting(case_id: UUID, work: Work) -> RoundReceipt:
    """Take a case back from its vetters before they have decided."""
    round_ = service.withdraw_vetting(work, intake.get_case(work, case_id))
    work.session.flush()
    return round_receipt(round_)


@router.get("/cases/{case_id}/clearance", needs=Permission.CASE_READ, raises=[CaseNotFound])
def read_clearance(case_id: UUID, work: Work) -> ClearanceShown:
    """Whether two vetters have verified who this is, and until when that holds."""
    case = intake.get_case(work, case_id)
    return clearance_shown(clearance.clearance(work, case.id))


@router.get("/vettings", needs=Permission.VETTING_READ)
def list_vettings(work: Work, page: PageQuery) -> Page[RoundReceipt]:
    """One's own open vettings, oldest first."""
    after = position(work, page, date, UUID)
    rows = service.list_rounds(work, limit=page.limit + 1, after=after)
    return page_of(
        work,
        page,
        rows,
        keys=lambda round_: (round_.opened_on, round_.id),
        show=lambda shown: [round_receipt(round_) for round_ in shown],
    )


@router.get("/vettings/{round_id}", needs=Permission.VETTING_READ, raises=[RoundNotFound])
def read_vetting(round_id: UUID, work: Work) -> RoundShown:
    """A vetting with its checks, one's own decisions, and both decisions of turns that are over."""
    round_ = service.get_round(work, round_id)
    return round_shown(service.read_round(work, round_))


@router.post(
    "/vettings/{round_id}/checks",
    needs=Permission.VETTING_DECIDE,
    readiness=NotWork("vetting decides whether the case becomes ready"),
    creates=True,
    status_code=201,
    raises=[RoundNotFound, RoundEnded, VoucherMissing, LinkUnknown],
)
def add_check(round_id: UUID, body: AddCheck, work: Work) -> CheckReceipt:
    """Add what one source said."""
    check = service.add_check(
        work,
        round_id,
        source=body.source,
        finding=body.finding,
        source_note=body.source_note,
        voucher=body.voucher,
        linked_to=body.linked_to,
    )
    return CheckReceipt(id=check.id, round_id=check.round_id)


@router.post(
    "/vettings/{round_id}/decisions",
    needs=Permission.VETTING_DECIDE,
    readiness=NotWork("vetting decides whether the case becomes ready"),
    changes=True,
    raises=[RoundNotFound, RoundEnded, CaseMovedOn, AlreadyDecided, TooFewSources],
)
def decide_vetting(round_id: UUID, body: Decide, work: Work) -> RoundReceipt:
    """Decide for oneself; the second decision settles the turn."""
    round_ = service.decide(work, round_id, body.verdict, body.grounds, body.valid_for_days)
    work.session.flush()
    return round_receipt(round_)
