"""HTTP routes of intake: logging a first contact, triage, likely duplicates."""

from __future__ import annotations

from uuid import UUID

from app.cases import service as cases
from app.cases.errors import CaseNotFound
from app.cases.schemas import CaseStateRead
from app.casework import duplicates, held, matches
from app.casework.errors import DuplicateOpen
from app.consents.errors import PartnerMissing
from app.http.needs import NotWork
from app.http.routing import Router
from app.intake import elsewhere, merging, service, triage
from app.intake.errors import (
    DismissalExists,
    DuplicateNotFound,
    MemberUncertified,
    MergeLeavesWork,
    MergeRefused,
    SurvivorShut,
    TriageDone,
)
from app.intake.schemas import (
    CaseCreate,
    DismissalCreate,
    DuplicateElsewhereRead,
    DuplicateListRead,
    DuplicateRead,
    MergerCreate,
    MergerRead,
    TriageCreate,
)
from app.permissions import Permission
from app.vault.errors import KeyCopyMissing
from app.work import Work

router = Router(tags=["intake"])


@router.post(
    "/cases",
    needs=Permission.CASE_OPEN,
    creates=True,
    status_code=201,
    raises=[MemberUncertified, PartnerMissing],
)
def open_case(body: CaseCreate, work: Work) -> CaseStateRead:
    """Log a first contact. The team's coordinators can read it from the same moment."""
    case = service.open_case(work, body.to_intake())
    work.session.flush()
    return CaseStateRead.of(case)


@router.post(
    "/cases/{case_id}/triage",
    needs=Permission.CASE_TRIAGE,
    readiness=NotWork("decides about the status; what leaves triage requires Task.LEAVE_TRIAGE"),
    changes=True,
    raises=[
        CaseNotFound, TriageDone, DuplicateOpen, MergeRefused, SurvivorShut, MergeLeavesWork,
    ],
)  # fmt: skip
def decide_triage(case_id: UUID, body: TriageCreate, work: Work) -> CaseStateRead:
    """Decide on an intake. The grant of who logged it ends, unless the case is assigned to them."""
    case = triage.decide_triage(work, case_id, body.decision, reason=body.reason, into=body.into)
    work.session.flush()
    return CaseStateRead.of(case)


@router.post(
    "/cases/{case_id}/merger",
    needs=Permission.CASE_TRIAGE,
    readiness=NotWork("ends a case in favour of another, and settles what readiness asks about"),
    changes=True,
    raises=[CaseNotFound, MergeRefused, SurvivorShut, MergeLeavesWork],
)
def merge_case(case_id: UUID, body: MergerCreate, work: Work) -> MergerRead:
    """Merge a case into another one, or show what that one would hold."""
    case = cases.get_case(work, case_id)
    work.claim(case)
    if body.dry_run:
        merger = merging.plan_merger(work, case_id, body.into, reopen=body.reopen)
    else:
        merger = merging.merge(work, case_id, body.into, body.reason, reopen=body.reopen)
    work.session.flush()
    return MergerRead.of(merger, dry_run=body.dry_run)


@router.get(
    "/cases/{case_id}/duplicates",
    needs=Permission.CASE_TRIAGE,
    raises=[CaseNotFound, KeyCopyMissing],
)
def list_duplicates(case_id: UUID, work: Work) -> DuplicateListRead:
    """Propose held cases that may be the same person, and say why; and whether another team may
    know them.
    """
    case = cases.get_case(work, case_id)
    matches.compare_if_due(work, case)
    proposals = duplicates.list_duplicates(work, case)
    summaries = held.list_summaries(work, [proposal.row for proposal in proposals])
    others = elsewhere.list_elsewhere(work, case)
    return DuplicateListRead(
        items=list(map(DuplicateRead.of, proposals, summaries)),
        elsewhere=list(map(DuplicateElsewhereRead.of, others)),
    )


@router.post(
    "/cases/{case_id}/duplicates/{match_id}/agreement",
    needs=Permission.CASE_TRIAGE,
    readiness=NotWork("lets two teams compare what readiness asks about"),
    creates=True,
    raises=[CaseNotFound, DuplicateNotFound],
)
def agree_to_look(case_id: UUID, match_id: UUID, work: Work) -> DuplicateElsewhereRead:
    """Agree to compare a case with one that another team holds."""
    case = cases.get_case(work, case_id)
    return DuplicateElsewhereRead.of(elsewhere.agree_to_look(work, case, match_id))


@router.post(
    "/cases/{case_id}/duplicates/{other_id}/dismissal",
    needs=Permission.CASE_TRIAGE,
    readiness=NotWork("settles what readiness asks about"),
    creates=True,
    status_code=204,
    raises=[CaseNotFound, DuplicateNotFound, DismissalExists, KeyCopyMissing],
)
def dismiss_duplicate(case_id: UUID, other_id: UUID, body: DismissalCreate, work: Work) -> None:
    """Dismiss a proposed duplicate as another person, with the reason."""
    case = cases.get_case(work, case_id)
    service.dismiss_duplicate(work, case, other_id, body.reason)
