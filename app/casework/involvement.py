"""Who counts in a quorum: members who are active now, by person; and who worked on a case.

- An approval or a verdict counts while the member who gave it is active: not removed or suspended,
  with a row that is as the program wrote it.
- Who logged a case, followed it, wrote in it, escorted its person or had a part in its aid is no
  vetter of it, nor of a case that another one was merged into; nor, by the group's preset, who
  planned it, or who coordinated it at all. Who vets a case does none of this afterwards.

Knows plain rows; opens nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from app.accounts.models import Member, MemberStatus
from app.aid.models import AidStep
from app.cases.models import Assignment, Case, CaseNote
from app.casework.errors import VetsCase
from app.presets import PRESETS, PlannerVets
from app.relocation.models import Leg, Plan, Traveller
from app.store.authenticated import leave_out_altered
from app.vault.models import Grant, GrantReason
from app.vetting.models import VettingDecision
from app.work import Work


def active_members(work: Work, member_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Return those of these members who are active now, by rows whose MAC is right."""
    rows = work.session.scalars(
        select(Member).where(Member.id.in_(set(member_ids)), Member.status == MemberStatus.ACTIVE)
    )
    return frozenset(member.id for member in leave_out_altered(work.session, rows))


def merged_cases(work: Work, case_id: UUID) -> frozenset[UUID]:
    """Return the ids of a case and of every case that was merged into it, over however many."""
    found = {case_id}
    newest = found
    while newest:
        merged = work.session.scalars(select(Case.id).where(Case.merged_into.in_(newest))).all()
        newest = set(merged) - found
        found |= newest
    return frozenset(found)


def involved_members(work: Work, case: Case) -> frozenset[UUID]:
    """Return who has had to do with a case other than as its vetter."""
    cases = merged_cases(work, case.id)
    planner_vets = PRESETS[work.deployment.organisation_settings.preset].planner_vets
    queries = [
        select(Case.opened_by).where(Case.id.in_(cases)),
        select(Assignment.member_id).where(Assignment.case_id.in_(cases)),
        select(CaseNote.written_by).where(CaseNote.case_id.in_(cases)),
        select(AidStep.member_id).where(AidStep.case_id.in_(cases)),
        select(Grant.holder_id).where(Grant.case_id.in_(cases), Grant.reason == GrantReason.INTAKE),
        select(Grant.holder_id)
        .join(Leg, Leg.id == Grant.about)
        .join(Traveller, Traveller.plan_id == Leg.plan_id)
        .where(Traveller.case_id.in_(cases), Grant.reason == GrantReason.ESCORT),
        select(Grant.holder_id).where(Grant.case_id.in_(cases), Grant.reason == GrantReason.ESCORT),
    ]
    if planner_vets is not PlannerVets.UNLESS_FOLLOWING:
        queries.append(select(Plan.opened_by).where(Plan.case_id.in_(cases)))
    if planner_vets is PlannerVets.NEVER:
        coordinated = (GrantReason.TRIAGE, GrantReason.AID)
        queries.append(
            select(Grant.holder_id).where(Grant.case_id.in_(cases), Grant.reason.in_(coordinated))
        )
    return frozenset().union(*(work.session.scalars(query).all() for query in queries))


def require_not_vetter(work: Work, case: Case, member_id: UUID) -> None:
    """Raise ``VetsCase`` for who vets or has vetted a case, and would now have to do with it."""
    cases = merged_cases(work, case.id)
    granted = select(Grant.holder_id).where(
        Grant.case_id.in_(cases), Grant.reason == GrantReason.VETTING
    )
    decided = select(VettingDecision.vetter_id).where(VettingDecision.case_id.in_(cases))
    if any(member_id in work.session.scalars(query).all() for query in (granted, decided)):
        raise VetsCase


def require_may_plan(work: Work, case: Case) -> None:
    """Raise ``VetsCase`` where who plans a case must not have vetted it."""
    planner_vets = PRESETS[work.deployment.organisation_settings.preset].planner_vets
    if planner_vets is not PlannerVets.UNLESS_FOLLOWING:
        require_not_vetter(work, case, work.principal.id)
