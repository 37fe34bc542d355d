"""The first decision on an intake: accept it, decline it, or merge it into another case.

Knows cases and their cells. The routes say who may decide.
"""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from app.audit.events import EventKind
from app.cases.models import Case, CaseStatus
from app.cases.moves import accept, end_triage, move_case, write_move
from app.cases.service import get_case
from app.casework.readiness import Task, require_ready
from app.intake.errors import MergeRefused, TriageDone
from app.intake.merging import merge
from app.work import Work


class Triage(StrEnum):
    """What may be decided on an intake."""

    ACCEPT = "accept"
    DECLINE = "decline"
    MERGE = "merge"


def decide_triage(
    work: Work,
    case_id: UUID,
    decision: Triage,
    *,
    reason: str | None = None,
    into: UUID | None = None,
) -> Case:
    """Take one of the three decisions; raises as each of them does."""
    if (into is not None) is not (decision is Triage.MERGE):
        raise MergeRefused("into")
    if decision is Triage.ACCEPT:
        return accept_case(work, case_id, reason)
    if into is not None:
        return merge_case(work, case_id, into, reason)
    return decline_case(work, case_id, reason)


def accept_case(work: Work, case_id: UUID, reason: str | None = None) -> Case:
    """Accept an intake, which stays submitted until it is sent to vetting; list why with its moves.

    Raises ``CaseNotFound``, ``TriageDone``, and as ``Work.claim`` does.
    """
    case = _claimed(work, case_id)
    if case.triaged_on is not None:
        raise TriageDone
    end_triage(work, case)
    accept(work, case)
    if reason is not None:
        write_move(work, case, case.status, reason)
    work.trail.record(EventKind.CASE_ACCEPTED, case.id)
    return case


def decline_case(work: Work, case_id: UUID, reason: str | None) -> Case:
    """Decline an intake; likely duplicates must be settled first.

    Raises ``CaseNotFound``, ``TriageDone``, ``DuplicateOpen``, and as ``Work.claim`` does.
    """
    case = _claimed(work, case_id)
    require_ready(work, case, Task.LEAVE_TRIAGE)
    move_case(work, case, CaseStatus.DECLINED, reason)
    return case


def merge_case(
    work: Work, case_id: UUID, into_id: UUID, reason: str | None, *, reopen: bool = False
) -> Case:
    """End an intake in favour of another case, which then holds everything of both.

    Raises ``TriageDone``, and as ``merging.merge`` and ``Work.claim`` do.
    """
    case = _claimed(work, case_id)
    merge(work, case_id, into_id, reason, reopen=reopen)
    return case


def _claimed(work: Work, case_id: UUID) -> Case:
    case = get_case(work, case_id)
    work.claim(case)
    if case.status is not CaseStatus.SUBMITTED:
        raise TriageDone
    return case
