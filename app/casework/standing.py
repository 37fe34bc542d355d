"""Who counts in a quorum: members who are active now, by person; and who worked on a case.

- An approval or a verdict counts while the member who gave it stands: active, not removed, with a
  row that is as the program wrote it.
- Who logged a case, followed it, coordinated it, wrote in it, escorted its person or handled its
  aid is no vetter of it, nor of a case that another one was merged into.

Knows plain rows; opens nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import select

from app.accounts.models import Member, MemberStatus
from app.cases.models import Assignment, Case, CaseNote
from app.relocation.models import Leg, Traveller
from app.store.authenticated import leave_out_altered
from app.vault.models import Grant, GrantReason
from app.work import Work

_INVOLVING: Final = (
    GrantReason.INTAKE,
    GrantReason.TRIAGE,
    GrantReason.ASSIGNMENT,
    GrantReason.ESCORT,
    GrantReason.AID,
)


def standing_members(work: Work, member_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Return those of these members who stand now; a row with a wrong MAC does not."""
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
    queries = (
        select(Case.opened_by).where(Case.id.in_(cases)),
        select(Assignment.member_id).where(Assignment.case_id.in_(cases)),
        select(CaseNote.written_by).where(CaseNote.case_id.in_(cases)),
        select(Grant.holder_id).where(Grant.case_id.in_(cases), Grant.reason.in_(_INVOLVING)),
        select(Grant.holder_id)
        .join(Leg, Leg.id == Grant.about)
        .join(Traveller, Traveller.plan_id == Leg.plan_id)
        .where(Traveller.case_id.in_(cases), Grant.reason == GrantReason.ESCORT),
    )
    return frozenset().union(*(work.session.scalars(query).all() for query in queries))
