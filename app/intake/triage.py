"""The first decision on an intake: accept it, decline it, or merge it into another case.

Knows cases and their cells. The routes say who may decide.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from uuid import UUID

from app.audit.events import EventKind
from app.cases.models import Case, CaseStatus
from app.cases.moves import end_triage, move_case
from app.cases.service import add_note, get_case, request_indexing
from app.casework.readiness import Task, require_ready
from app.intake.errors import MergeRefused, TriageDone
from app.text import identifiers
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
        return accept_case(work, case_id)
    if into is not None:
        return merge_case(work, case_id, into, reason)
    return decline_case(work, case_id, reason)


def accept_case(work: Work, case_id: UUID) -> Case:
    """Accept an intake: it stays submitted until it is sent to vetting.

    Raises ``CaseNotFound``, ``TriageDone``, and as ``Work.claim`` does.
    """
    case = _claimed(work, case_id)
    if case.triaged_on is not None:
        raise TriageDone
    end_triage(work, case)
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


def merge_case(work: Work, case_id: UUID, into_id: UUID, reason: str | None) -> Case:
    """End an intake in favour of another case, and carry over what is new.

    Numbers, handles and the account are added to the other case. Raises ``CaseNotFound`` for
    either, ``MergeRefused``, ``TriageDone``, and as ``Work.claim`` does.
    """
    case = _claimed(work, case_id)
    into = get_case(work, into_id)
    if into.id == case.id or into.status in {CaseStatus.MERGED, CaseStatus.ERASED}:
        raise MergeRefused("into")
    _carry_over(work, case, into)
    case.merged_into = into.id
    move_case(work, case, CaseStatus.MERGED, reason)
    work.trail.record(EventKind.CASE_MERGED, case.id, into=str(into.id))
    work.trail.record(EventKind.CASE_JOINED, into.id, merged=str(case.id))
    return case


def _claimed(work: Work, case_id: UUID) -> Case:
    case = get_case(work, case_id)
    work.claim(case)
    if case.status is not CaseStatus.SUBMITTED:
        raise TriageDone
    return case


def _carry_over(work: Work, case: Case, into: Case) -> None:
    """Add what only the merged case knows to the one that goes on."""
    contact, known = work.vault.find(case.contact), work.vault.find(into.contact)
    if contact is not None and known is not None:
        joined = replace(
            known,
            phones=_joined(known.phones, contact.phones, identifiers.phones),
            handles=_joined(known.handles, contact.handles, identifiers.handle),
        )
        if joined != known:
            work.vault.seal(into.contact, joined)
            request_indexing(into)
    account = work.vault.find(case.account)
    if account is not None:
        add_note(work, into.id, account.says)


def _joined(
    known: tuple[str, ...], more: tuple[str, ...], normalise: Callable[[str], frozenset[str]]
) -> tuple[str, ...]:
    there = frozenset[str]().union(*map(normalise, known))
    fresh = (text for text in more if text not in known and not normalise(text) & there)
    return (*known, *fresh)
