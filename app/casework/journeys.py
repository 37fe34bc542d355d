"""Which journeys a case is on, and who may record and read check-ins on them.

- A journey has one plan, which belongs to the case that it was opened for. Cases that travel
  along on it are its travellers.
- The words of a journey and what was heard on it are a scope of their own: who holds it hears a
  check-in without reading a place.
- Planners hold it. So does each escort from their first leg on, and who follows the case, until
  a month after the journey is over.

Knows rows of plans and grants; opens no cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from app.cases.models import Assignment
from app.casework.involvement import merged_cases
from app.permissions import Compartment
from app.relocation.models import Plan, PlanStatus, Traveller
from app.vault.models import Grant, GrantReason
from app.vault.queries import live_grants
from app.vault.scopes import Scope, find_entry
from app.work import Work

HEARD_FOR: Final = timedelta(days=31)
"""How long after the end of a journey its words are still heard."""


def words_scope(plan_id: UUID) -> Scope:
    """Return the scope of a journey's words, and of what was heard on it."""
    return Scope(Compartment.WORDS, plan_id)


def hears(work: Work, plan: Plan) -> bool:
    """Return whether the principal may record a check-in on a journey."""
    return work.grants.holds(plan.case_id, words_scope(plan.id))


def list_plans(work: Work, case_id: UUID) -> Sequence[Plan]:
    """Return the journeys of a case: its own, and those of others on which it travels along.

    The one that it is on comes first, those that it has left last; else the newest first.
    """
    own = work.session.scalars(
        select(Plan).where(Plan.case_id == case_id).order_by(Plan.number.desc())
    ).all()
    joined = work.session.execute(
        select(Plan, Traveller)
        .join(Traveller, Traveller.plan_id == Plan.id)
        .where(Traveller.case_id == case_id)
        .order_by(Traveller.sequence.desc())
    ).all()
    present = [*own, *(row.Plan for row in joined if row.Traveller.left_on is None)]
    present.sort(key=lambda plan: plan.status is not PlanStatus.OPEN)
    return list(dict.fromkeys([*present, *(row.Plan for row in joined)]))


def list_heard_plans(work: Work, case_id: UUID) -> list[Plan]:
    """Return the journeys of a case on which words are heard and which the principal hears.

    Those of cases that were merged into it too: who follows the one that goes on hears them.
    """
    plans = list_plans(work, case_id)
    for merged in sorted(merged_cases(work, case_id) - {case_id}):
        plans = [*plans, *list_plans(work, merged)]
    return [plan for plan in plans if is_heard_still(plan, work.today()) and hears(work, plan)]


def travels_on(work: Work, plan: Plan, case_id: UUID) -> bool:
    """Return whether a journey is a case's own, or one on which it still travels along."""
    return plan.case_id == case_id or any(
        row.case_id == case_id for row in list_travellers(work, [plan.id])
    )


def list_travellers(
    work: Work, plan_ids: Iterable[UUID], *, with_left: bool = False
) -> Sequence[Traveller]:
    """Return the cases that travel along on these journeys; ``with_left``: or did once."""
    found = select(Traveller).where(Traveller.plan_id.in_(plan_ids))
    if not with_left:
        found = found.where(Traveller.left_on.is_(None))
    return work.session.scalars(found.order_by(Traveller.sequence)).all()


def find_present_plan(work: Work, case_id: UUID) -> Plan | None:
    """Return the journey that a case is on, else its newest, or None; the row only."""
    return next(iter(list_plans(work, case_id)), None)


def is_heard_still(plan: Plan, today: date) -> bool:
    """Return whether words are still heard on a journey: it is open, or ended within the month."""
    return plan.status is PlanStatus.OPEN or plan.moved_on + HEARD_FOR >= today


def grant_hearing(work: Work, plan: Plan, holders: Iterable[UUID], *, about: UUID) -> None:
    """Let members hear the check-ins of a journey; those who do already are passed over."""
    scope = words_scope(plan.id)
    known = set(work.grants.holders(plan.case_id, scope))
    work.grants.grant_all(
        plan.case_id,
        [holder for holder in holders if holder not in known],
        [scope],
        reason=GrantReason.WORDS,
        about=about,
    )


def grant_hearing_to_followers(work: Work, plan: Plan, case_id: UUID) -> None:
    """Let the volunteers who follow a case hear the check-ins of a journey it travels on."""
    following = select(Assignment).where(
        Assignment.case_id == case_id, Assignment.ended_on.is_(None)
    )
    for assignment in work.session.scalars(following).all():
        grant_hearing(work, plan, [assignment.member_id], about=assignment.id)


def grant_hearing_of_case(work: Work, case_id: UUID, holder_id: UUID, *, about: UUID) -> None:
    """Let somebody who follows a case from now on hear its journeys, as far as one hears them."""
    for plan in list_heard_plans(work, case_id):
        grant_hearing(work, plan, [holder_id], about=about)


def end_hearing(work: Work) -> int:
    """End the grants by which words were heard on journeys that ended more than a month ago.

    Returns how many. A job of the worker.
    """
    rows = work.session.execute(
        select(Plan, Grant)
        .join(Grant, Grant.case_id == Plan.case_id)
        .where(
            Plan.status != PlanStatus.OPEN,
            Plan.moved_on < work.today() - HEARD_FOR,
            Grant.reason == GrantReason.WORDS,
            live_grants(work.today()),
        )
    ).all()
    over = [grant for plan, grant in rows if _names(grant, words_scope(plan.id))]
    return work.grants.end_each(over)


def _names(grant: Grant, scope: Scope) -> bool:
    return find_entry(grant.entries, scope.head, None) is not None
