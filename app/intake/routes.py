"""HTTP routes of intake: logging a first contact, triage, likely duplicates."""

from __future__ import annotations

from uuid import UUID

from app.cases import service as cases
from app.cases import views
from app.cases.errors import (
    CaseNotFound,
)
from app.casework import duplicates, held
from app.casework.errors import DuplicateOpen
from app.http.needs import NotWork
from app.http.routing import Router
from app.intake import schemas, service, triage
from app.intake.errors import (
    CaseExists,
    DismissalExists,
    DuplicateNotFound,
    MemberUncertified,
    MergeRefused,
    TriageDone,
)
from app.intake.schemas import DuplicateList, duplicate_shown
from app.permissions import Permission
from app.vault.errors import KeyCopyMissing
from app.work import Work

router = Router(tags=["intake"])


@router.post(
    "/cases",
    needs=Permission.CASE_OPEN,
    creates=True,
    status_code=201,
    raises=[CaseExists, MemberUncertified],
)
def open_case(body: schemas.OpenCase, work: Work) -> views.CaseReceipt:
    """Log a first contact. The team's coordinators can read it from the same moment."""
    case = service.open_case(work, body.to_draft())
    work.session.flush()
    return views.case_receipt(case)


@router.post(
    "/cases/{case_id}/triage",
    needs=Permission.CASE_TRIAGE,
    readiness=NotWork("decides about the status; what leaves triage requires Task.LEAVE_TRIAGE"),
    changes=True,
    raises=[CaseNotFound, TriageDone, DuplicateOpen, MergeRefused],
)
def decide_triage(case_id: UUID, body: schemas.DecideTriage, work: Work) -> views.CaseReceipt:
    """Decide on an intake. Whoever logged it holds it no longer, unless it is assigned to them."""
    case = triage.decide_triage(work, case_id, body.decision, reason=body.reason, into=body.into)
    work.session.flush()
    return views.case_receipt(case)


@router.get(
    "/cases/{case_id}/duplicates",
    needs=Permission.CASE_TRIAGE,
    raises=[CaseNotFound, KeyCopyMissing],
)
def list_duplicates(case_id: UUID, work: Work) -> DuplicateList:
    """Propose held cases that may be the same person, and say why."""
    proposals = duplicates.list_duplicates(work, cases.get_case(work, case_id))
    summaries = held.list_summaries(work, [proposal.row for proposal in proposals])
    return DuplicateList(items=list(map(duplicate_shown, proposals, summaries)))


@router.post(
    "/cases/{case_id}/duplicates/{other_id}/dismissal",
    needs=Permission.CASE_TRIAGE,
    readiness=NotWork("settles what readiness asks about"),
    creates=True,
    status_code=204,
    raises=[CaseNotFound, DuplicateNotFound, DismissalExists, KeyCopyMissing],
)
def dismiss_duplicate(
    case_id: UUID, other_id: UUID, body: schemas.DismissDuplicate, work: Work
) -> None:
    """Say that a proposed duplicate is another person, and why."""
    case = cases.get_case(work, case_id)
    service.dismiss_duplicate(work, case, other_id, body.reason)
