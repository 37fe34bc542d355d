"""Cases that travel along on another's journey: a family, or people who go together.

- A journey keeps its one plan, its legs and its words. What is said by any of its travellers counts
  for all of them, and each may be spoken for by who follows their case.
- Who puts a case on a journey plans that journey and holds the case. The case must be ready to
  travel, is on no other open journey, and no escort on the way may know its person.
- Its coordinators become planners of the journey, its volunteers hear the check-ins on it.
- Who has left a journey is heard on it for as long as everybody else, but their word ends no
  silence of those who went on.

Knows grants and plain rows, and why somebody left; no HTTP.
"""

from __future__ import annotations

from uuid import UUID

from app.audit.events import EventKind
from app.cases import service as cases
from app.cases.models import Case, FreeText
from app.casework.journeys import (
    grant_hearing_to_followers,
    list_travellers,
    travels_on,
    words_scope,
)
from app.casework.readiness import Task, require_ready
from app.relocation.errors import (
    EscortKnowsPerson,
    TravellerNotFound,
    TravellerRefused,
)
from app.relocation.legs import (
    grant_to_planners,
    leg_scope,
    list_plan_legs,
    lock_plan,
    plan_scope,
)
from app.relocation.models import Plan, Traveller
from app.relocation.moves import UNRESOLVED, require_open
from app.relocation.service import knows_person, list_planners, require_no_journey
from app.work import Work


def add_traveller(
    work: Work, plan_id: UUID, case_id: UUID, *, proposed: UUID | None = None
) -> Traveller:
    """Put a case on another's open journey.

    Raises ``PlanNotFound``, ``PlanOver``, ``CaseNotFound``, ``TravellerRefused``, ``CaseNotReady``,
    ``NotCleared``, ``PlanOpenAlready``, ``EscortKnowsPerson``, ``IdTaken``.
    """
    plan = lock_plan(work, plan_id)
    require_open(plan)
    case = cases.get_case(work, case_id)
    require_ready(work, case, Task.PLAN)
    if case.team_id != plan.team_id or travels_on(work, plan, case.id):
        raise TravellerRefused("case_id")
    require_no_journey(work, case)
    _require_unknown_to_escorts(work, plan, case)
    traveller = Traveller(
        id=work.id_for(Traveller, proposed, case_id=case.id),
        case_id=case.id,
        plan_id=plan.id,
        other_id=plan.case_id,
        joined_on=work.today(),
        joined_by=work.principal.id,
    )
    work.session.add(traveller)
    _grant(work, plan, case)
    for one in (plan.case_id, case.id):
        work.trail.record(
            EventKind.PLAN_JOINED, one, plan=str(plan.id), traveller=str(traveller.id)
        )
    work.session.flush()
    return traveller


def end_travel(work: Work, plan_id: UUID, traveller_id: UUID, reason: str) -> Traveller:
    """Note that a case has left a journey that goes on without it, and why.

    Raises ``PlanNotFound``, ``TravellerNotFound``, ``CaseNotFound``, ``NoGrant``.
    """
    plan = lock_plan(work, plan_id)
    travellers = list_travellers(work, [plan.id])
    traveller = next((one for one in travellers if one.id == traveller_id), None)
    if traveller is None:
        raise TravellerNotFound
    case = cases.get_case(work, traveller.case_id)
    traveller.left_on, traveller.left_by = work.today(), work.principal.id
    work.vault.seal(traveller.left_because, FreeText(reason))
    for one in (plan.case_id, case.id):
        work.trail.record(EventKind.PLAN_LEFT, one, plan=str(plan.id), traveller=str(traveller.id))
    work.session.flush()
    return traveller


def _require_unknown_to_escorts(work: Work, plan: Plan, case: Case) -> None:
    for leg in list_plan_legs(work, plan):
        escorted = leg.status in UNRESOLVED and leg.escort_id is not None
        if escorted and leg.escort_id and knows_person(work, leg.escort_id, [case.id]):
            raise EscortKnowsPerson


def _grant(work: Work, plan: Plan, case: Case) -> None:
    planners = set(work.grants.holders(plan.case_id, plan_scope(plan.id)))
    scopes = [plan_scope(plan.id), words_scope(plan.id)]
    scopes += [leg_scope(leg.id) for leg in list_plan_legs(work, plan)]
    new = [one for one in list_planners(work, case) if one not in planners]
    if new:
        grant_to_planners(work, plan, new, scopes)
    grant_hearing_to_followers(work, plan, case.id)
