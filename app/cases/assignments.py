"""Assigning a case to a volunteer, ending an assignment, and granting a case by the custody key.

An assignment makes a grant and ends with it. Knows members by id and role.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from app.accounts.service import get_member, list_members
from app.audit.events import EventKind
from app.cases.errors import AssigneeNotEligible, AssignmentExists, AssignmentNotFound, CaseNotFound
from app.cases.models import Assignment, Case, CaseStatus
from app.cases.moves import end_assignment
from app.cases.service import CASEWORK_SCOPES, get_case
from app.casework.erased import is_shut
from app.casework.involvement import require_not_vetter
from app.casework.journeys import grant_hearing_of_case
from app.casework.readiness import Task, require_ready
from app.errors import Invalid
from app.permissions import Compartment, Role
from app.store.base import new_id
from app.store.queries import in_order
from app.vault.errors import ErasureAsked
from app.vault.models import Grant, GrantReason, ScopeRow
from app.vault.scopes import SUMMARY, Scope
from app.work import Work


@dataclass(frozen=True, slots=True)
class Regrant:
    """A grant by a lead, and the compartments that the case had to give."""

    grant: Grant
    compartments: list[Compartment]


def assign_case(
    work: Work, case_id: UUID, member_id: UUID, *, proposed: UUID | None = None
) -> Assignment:
    """Assign a case to a volunteer of its team: they can read and work on it from now on.

    Raises ``CaseNotFound``, ``CaseNotReady``, ``AssigneeNotEligible``, ``AssignmentExists``,
    ``VetsCase``, ``KeyNotCertified``, ``IdTaken``.
    """
    case = get_case(work, case_id)
    require_ready(work, case, Task.ASSIGN)
    if member_id not in {m.id for m in list_members(work, case.team_id, Role.VOLUNTEER)}:
        raise AssigneeNotEligible("member_id")
    require_not_vetter(work, case, member_id)
    if any(assignment.member_id == member_id for assignment in list_assignments(work, case)):
        raise AssignmentExists
    assignment = Assignment(
        id=work.id_for(Assignment, proposed, case_id=case.id),
        case_id=case.id,
        member_id=member_id,
        assigned_by=work.principal.id,
        assigned_on=work.today(),
    )
    work.session.add(assignment)
    work.grants.grant(
        case.id,
        member_id,
        CASEWORK_SCOPES,
        reason=GrantReason.ASSIGNMENT,
        about=assignment.id,
    )
    grant_hearing_of_case(work, case.id, member_id, about=assignment.id)
    work.trail.record(
        EventKind.CASE_ASSIGNED, case.id, assignment=str(assignment.id), member=str(member_id)
    )
    return assignment


def unassign_case(work: Work, case_id: UUID, assignment_id: UUID) -> Assignment:
    """End an assignment: the volunteer's grant ends, and nothing of the case opens to them.

    Raises ``CaseNotFound``, ``AssignmentNotFound``.
    """
    case = get_case(work, case_id)
    assignment = work.session.get(Assignment, assignment_id)
    if assignment is None or assignment.case_id != case.id or assignment.ended_on is not None:
        raise AssignmentNotFound
    end_assignment(work, assignment)
    work.grants.end(case.id, about=assignment.id)
    return assignment


def list_assignments(work: Work, case: Case) -> Sequence[Assignment]:
    """Return who works on the case now, longest first."""
    return work.session.scalars(
        in_order(
            select(Assignment).where(Assignment.case_id == case.id, Assignment.ended_on.is_(None)),
            Assignment.assigned_on,
        )
    ).all()


def regrant_case(
    work: Work,
    case_id: UUID,
    member_id: UUID,
    compartments: Iterable[Compartment],
    until: date | None = None,
    *,
    proposed: UUID | None = None,
) -> Regrant:
    """Grant compartments of a case to a member by the custody key, as a lead who has stepped up.

    For a case that nobody holds any more. The summary always goes along, and parts
    (legs, requests) go with their compartment; who is given routes hears the check-ins on them.
    What the case does not have yet is left out.
    Raises ``CaseNotFound``, ``ErasureAsked``, ``MemberNotFound``, ``Invalid`` for a last day that
    is past, ``StepUpRequired``, ``CustodySharesMissing``, ``ScopeOutOfReach``,
    ``KeyNotCertified``, ``IdTaken``.
    """
    if until is not None and until < work.today():
        raise Invalid("until")
    case = work.session.get(Case, case_id)
    if case is None or case.status is CaseStatus.ERASED:
        raise CaseNotFound
    if is_shut(work, case.id):
        raise ErasureAsked
    member = get_member(work, member_id)
    work.custody.open_cases([case.id])
    scopes = _scopes_of(work, case, compartments)
    grant = work.grants.grant(
        case.id, member.id, scopes, reason=GrantReason.LEAD, about=new_id(), until=until,
        grant_id=work.id_for(Grant, proposed, case_id=case.id),
    )  # fmt: skip
    return Regrant(grant, sorted({scope.compartment for scope in scopes}))


def _scopes_of(work: Work, case: Case, compartments: Iterable[Compartment]) -> list[Scope]:
    """Return every scope of these compartments that the case has, and the summary."""
    asked = set(compartments)
    if Compartment.ROUTE in asked:
        asked.add(Compartment.WORDS)  # planners hold both: else nobody would hear a check-in
    rows = work.session.execute(
        select(ScopeRow.compartment, ScopeRow.part)
        .where(ScopeRow.case_id == case.id, ScopeRow.compartment.in_(asked))
        .distinct()
    ).all()
    scopes = {Scope(row.compartment, row.part) for row in rows}
    return sorted({SUMMARY, *scopes}, key=lambda scope: scope.head)
