"""Plans of journeys: opening, extending, rerouting, ending; and who escorts a leg.

- The coordinators who hold a case plan its journeys: they hold the plan, its words and every leg.
- The safe word and the duress word belong to the journey: a reroute or a new leg keeps them.
- An escort is granted one leg for as long as it lasts: not the origin, not the destination, not the
  name. So an escort has never worked on the case and never has two legs of it at a time. What the
  person says is heard from them until a month after the journey.

Knows cells and grants; no HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from app.accounts import service as accounts
from app.audit.events import EventKind
from app.cases import service as cases
from app.cases.models import Case
from app.casework.involvement import require_may_plan
from app.casework.journeys import (
    find_present_plan,
    grant_hearing,
    grant_hearing_to_followers,
    list_travellers,
    travels_on,
    words_scope,
)
from app.casework.readiness import Task, require_ready
from app.permissions import Role
from app.relocation.errors import (
    EscortHasLeg,
    EscortKnowsPerson,
    EscortUnavailable,
    LegOver,
    LegWalkedLater,
    PlanNotFound,
    PlanOpenAlready,
)
from app.relocation.legs import (
    LegDraft,
    WalkedLeg,
    add_legs,
    grant_to_planners,
    insert_walked_leg,
    is_on_the_road,
    leg_scope,
    list_plan_legs,
    lock_journey,
    lock_plan,
    plan_scope,
    require_planner,
)
from app.relocation.models import JourneyWords, Leg, LegStatus, Outline, Plan, PlanStatus
from app.relocation.moves import DUE, UNRESOLVED, end_plan, require_open
from app.relocation.words import complete_words, seal_words
from app.store.queries import next_number
from app.vault.models import OF_A_JOURNEY, Grant, GrantReason
from app.work import Work

# ---------------------------------------------------------------------- plans


def open_plan(
    work: Work,
    case_id: UUID,
    outline: Outline,
    drafts: Sequence[LegDraft],
    words: JourneyWords | None = None,
    *,
    proposed: UUID | None = None,
) -> Plan:
    """Open a plan for a case; the coordinators of its team who hold the case become its planners.

    Words that are not given are made up. Raises ``CaseNotFound``, ``CaseNotReady``,
    ``PlanOpenAlready``, ``VetsCase``, ``IdTaken``, and as ``add_legs`` does.
    """
    case = cases.get_case(work, case_id)
    number = next_number(work.session, Plan.number, Plan.case_id == case.id)
    require_ready(work, case, Task.PLAN)
    require_may_plan(work, case)
    require_no_journey(work, case)
    plan = Plan(
        id=work.id_for(Plan, proposed, case_id=case.id),
        case_id=case.id,
        number=number,
        team_id=case.team_id,
        status=PlanStatus.OPEN,
        opened_on=work.today(),
        moved_on=work.today(),
        opened_by=work.principal.id,
    )
    scopes = [plan_scope(plan.id), words_scope(plan.id)]
    work.grants.mint(case.id, scopes)
    work.vault.seal(plan.outline, outline)
    seal_words(work, plan, words or complete_words(None, None))
    work.session.add(plan)
    work.session.flush()
    legs = add_legs(work, plan, drafts, position=1, not_before=work.now())
    scopes += [leg_scope(leg.id) for leg in legs]
    grant_to_planners(work, plan, list_planners(work, case), scopes)
    grant_hearing_to_followers(work, plan, case.id)
    work.trail.record(EventKind.PLAN_OPENED, case.id, plan=str(plan.id), legs=len(legs))
    return plan


def list_planners(work: Work, case: Case) -> Iterable[UUID]:
    """Return the coordinators of its team who hold a case: they plan its journeys."""
    holders = set(work.grants.holders(case.id))
    team = accounts.list_members(work, case.team_id, Role.COORDINATOR)
    return [member.id for member in team if member.id in holders]


def require_no_journey(work: Work, case: Case) -> None:
    """Raise ``PlanOpenAlready`` where a case is on an open journey, its own or another's."""
    present = find_present_plan(work, case.id)
    if present is None or present.status is not PlanStatus.OPEN:
        return
    if travels_on(work, present, case.id):
        raise PlanOpenAlready


def get_plan(work: Work, case_id: UUID) -> Plan:
    """Return the plan of the journey that a case is on, else its newest; one must hold the case.

    Raises ``CaseNotFound``, ``PlanNotFound``.
    """
    case = cases.get_case(work, case_id)
    plan = find_present_plan(work, case.id)
    if plan is None:
        raise PlanNotFound
    return plan


def extend_plan(work: Work, plan_id: UUID, drafts: Sequence[LegDraft]) -> list[Leg]:
    """Add legs at the end of an open plan, and return them.

    Raises ``PlanNotFound``, ``PlanOver``, ``CaseNotReady`` before anybody has departed, and as
    ``add_legs`` does.
    """
    plan = lock_plan(work, plan_id)
    require_open(plan)
    require_plan_ready(work, plan)
    legs = [leg for leg in list_plan_legs(work, plan) if leg.status is not LegStatus.REROUTED]
    last = legs[-1] if legs else None
    return extend_with(work, plan, drafts, after=last, position=last.position + 1 if last else 1)


def add_walked_leg(work: Work, plan_id: UUID, walked: WalkedLeg) -> Leg:
    """Put a leg on record that was walked already, with its day, before the legs still to come.

    Raises ``PlanNotFound``, ``LegWalkedLater``, ``TooManyLegs``.
    """
    plan = lock_plan(work, plan_id)
    if walked.walked_on > work.today():
        raise LegWalkedLater("walked_on")
    leg = insert_walked_leg(work, plan, walked)
    planners = work.grants.holders(plan.case_id, plan_scope(plan.id))
    grant_to_planners(work, plan, planners, [leg_scope(leg.id)])
    work.trail.record(EventKind.LEG_WALKED, plan.case_id, plan=str(plan.id), leg=str(leg.id))
    work.session.flush()
    return leg


def abandon_plan(work: Work, plan_id: UUID, reason: str | None = None) -> Plan:
    """Abandon a plan: each leg that is still open ends, and so does every escort's access.

    Raises ``PlanNotFound``, ``PlanOver``, and as ``Work.claim`` does.
    """
    plan = lock_plan(work, plan_id)
    work.claim(plan)
    require_open(plan)
    outline = work.vault.open(plan.outline)
    work.vault.seal(plan.outline, replace(outline, ended_because=reason))
    end_plan(work, plan, PlanStatus.ABANDONED)
    work.session.flush()
    return plan


def require_plan_ready(work: Work, plan: Plan) -> None:
    """Raise ``CaseNotReady`` where a case on it has ended, unless people are on the road."""
    on_the_road = is_on_the_road(work, plan)
    travelling = [traveller.case_id for traveller in list_travellers(work, [plan.id])]
    for case in work.session.scalars(select(Case).where(Case.id.in_([plan.case_id, *travelling]))):
        require_ready(work, case, Task.CONTINUE_PLAN, on_the_road=on_the_road)


def extend_with(
    work: Work, plan: Plan, drafts: Sequence[LegDraft], *, after: Leg | None, position: int
) -> list[Leg]:
    """Add legs after one of an open plan; an escort who is still on that one keeps the phrase."""
    phrase, due = None, work.now()
    if after is not None and after.status in UNRESOLVED:
        instructions = work.vault.open(after.instructions)
        phrase, due = instructions.handover_phrase, after.due_at or instructions.due_at
    legs = add_legs(work, plan, drafts, position=position, not_before=due, meeting_phrase=phrase)
    planners = work.grants.holders(plan.case_id, plan_scope(plan.id))
    grant_to_planners(work, plan, planners, [leg_scope(leg.id) for leg in legs])
    work.trail.record(EventKind.PLAN_EXTENDED, plan.case_id, plan=str(plan.id), legs=len(legs))
    return legs


# ---------------------------------------------------------------------- escorts


def assign_escort(work: Work, leg_id: UUID, volunteer_id: UUID | None) -> Leg:
    """Assign a leg to a volunteer and end the grant of its escort until now; None only ends it.

    Raises ``LegNotFound``, ``NotPlanner``, ``LegOver``, ``EscortUnavailable``,
    ``EscortKnowsPerson``, ``EscortHasLeg``, ``KeyNotCertified``, ``CaseNotReady`` before anybody
    has departed, and as ``Work.claim`` does. Ending an escort's access needs no ready case.
    """
    plan, leg = lock_journey(work, leg_id)
    work.claim(leg)
    require_planner(work, leg)
    if leg.status not in DUE:
        raise LegOver
    if volunteer_id is not None:
        require_plan_ready(work, plan)
        _check_escort(work, plan, leg, volunteer_id)
    work.grants.end(leg.case_id, about=leg.id)
    if volunteer_id is not None:
        work.grants.grant(
            leg.case_id,
            volunteer_id,
            [leg_scope(leg.id)],
            reason=GrantReason.ESCORT,
            about=leg.id,
        )
        grant_hearing(work, plan, [volunteer_id], about=plan.id)
    leg.escort_id = volunteer_id
    escort = None if volunteer_id is None else str(volunteer_id)
    work.trail.record(EventKind.LEG_ESCORTED, leg.case_id, leg=str(leg.id), escort=escort)
    work.session.flush()
    return leg


def knows_person(work: Work, member_id: UUID, case_ids: Sequence[UUID]) -> bool:
    """Return whether a member has worked on one of these cases other than on its journeys."""
    work.session.flush()
    worked = select(Grant.id).where(
        Grant.case_id.in_(case_ids),
        Grant.holder_id == member_id,
        Grant.reason.not_in(OF_A_JOURNEY),
    )
    return work.session.scalars(worked.limit(1)).first() is not None


def _check_escort(work: Work, plan: Plan, leg: Leg, volunteer_id: UUID) -> None:
    team = accounts.list_members(work, plan.team_id, Role.VOLUNTEER)
    if volunteer_id not in {member.id for member in team}:
        raise EscortUnavailable("volunteer_id")
    travelling = [traveller.case_id for traveller in list_travellers(work, [plan.id])]
    if knows_person(work, volunteer_id, [plan.case_id, *travelling]):
        raise EscortKnowsPerson
    other = select(Leg.id).where(
        Leg.case_id == leg.case_id,
        Leg.escort_id == volunteer_id,
        Leg.id != leg.id,
        Leg.status.in_(UNRESOLVED),
    )
    if work.session.scalars(other.limit(1)).first() is not None:
        raise EscortHasLeg
