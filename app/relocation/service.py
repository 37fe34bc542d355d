"""Plans and their legs: opening, extending, moving, ending. What other modules call stands here.

A plan's outline is sealed under the whole route of its case, each leg under a scope of its own;
coordinators of the case hold all of them, an escort exactly one. Knows cells and grants, no HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.accounts import service as accounts
from app.audit.events import EventKind
from app.cases import service as intake
from app.cases.models import Case
from app.casework.readiness import Task, require_ready
from app.permissions import Compartment, Role
from app.relocation.drafts import LegDraft, hand_to_planners, lay_legs
from app.relocation.errors import (
    MoveNotAllowed,
    PlanNotFound,
    PlanOpenAlready,
    PlanOver,
)
from app.relocation.holding import (
    ROUTE,
    list_plan_legs,
    lock_journey,
    lock_plan,
    require_planner,
)
from app.relocation.models import Leg, LegStatus, Outline, Plan, PlanStatus
from app.relocation.states import DUE, UNRESOLVED, WAITING, Mover, find_move
from app.vault.models import ScopeRow
from app.watch.check_ins import happened_at
from app.watch.escalation import hear
from app.work import Work

# ---------------------------------------------------------------------- plans


def open_plan(work: Work, case_id: UUID, outline: Outline, drafts: Sequence[LegDraft]) -> Plan:
    """Open a plan for a case, in the hands of the team's coordinators who hold the case.

    Raises ``CaseNotFound``, ``CaseNotReady``, ``PlanOpenAlready``, ``NoGrant`` where an earlier
    route of the case is not the principal's to open, and as ``lay_legs`` does.
    """
    case = intake.get_case(work, case_id)
    require_ready(work, case, Task.PLAN)
    newest = find_newest_plan(work, case_id)
    if newest is not None and newest.status is PlanStatus.OPEN:
        raise PlanOpenAlready
    plan = Plan(
        case_id=case.id,
        number=1 if newest is None else newest.number + 1,
        team_id=case.team_id,
        status=PlanStatus.OPEN,
        opened_on=work.today(),
        moved_on=work.today(),
        opened_by=work.principal.id,
    )
    if not _route_exists(work, case.id):
        work.grants.mint(case.id, [ROUTE])
    work.vault.seal(plan.outline, outline)
    work.session.add(plan)
    work.session.flush()
    legs = lay_legs(work, plan, drafts, position=1, number=0, not_before=work.now())
    hand_to_planners(work, plan, _coordinators(work, case), legs)
    work.trail.record(EventKind.PLAN_OPENED, case.id, plan=str(plan.id), legs=len(legs))
    return plan


def _route_exists(work: Work, case_id: UUID) -> bool:
    query = select(ScopeRow.id).where(
        ScopeRow.case_id == case_id,
        ScopeRow.compartment == Compartment.ROUTE,
        ScopeRow.part == ROUTE.part,
    )
    return work.session.scalars(query.limit(1)).first() is not None


def _coordinators(work: Work, case: Case) -> Iterable[UUID]:
    held = set(work.grants.holders(case.id))
    team = accounts.list_members(work, case.team_id, Role.COORDINATOR)
    return [member.id for member in team if member.id in held]


def find_newest_plan(work: Work, case_id: UUID) -> Plan | None:
    """Return the newest plan of a case, open or over; its row only."""
    return work.session.scalars(
        select(Plan).where(Plan.case_id == case_id).order_by(Plan.number.desc()).limit(1)
    ).first()


def get_plan(work: Work, case_id: UUID) -> Plan:
    """Return the newest plan of a case that the principal holds.

    Raises ``CaseNotFound``, ``PlanNotFound``.
    """
    case = intake.get_case(work, case_id)
    plan = find_newest_plan(work, case.id)
    if plan is None:
        raise PlanNotFound
    return plan


def add_legs(work: Work, plan_id: UUID, drafts: Sequence[LegDraft]) -> list[Leg]:
    """Add legs at the end of an open plan, and return them.

    Raises ``PlanNotFound``, ``PlanOver``, and as ``lay_legs`` does.
    """
    plan = lock_plan(work, plan_id)
    _require_open(plan)
    legs = [leg for leg in list_plan_legs(work, plan) if leg.status is not LegStatus.REROUTED]
    last = legs[-1] if legs else None
    return _extend(work, plan, drafts, after=last, position=last.position + 1 if last else 1)


def abandon_plan(work: Work, plan_id: UUID, reason: str | None = None) -> Plan:
    """Give a plan up: whatever is still open of it ends, and so does every escort's access.

    Raises ``PlanNotFound``, ``PlanOver``, and as ``Work.claim`` does.
    """
    plan = lock_plan(work, plan_id)
    work.claim(plan)
    _require_open(plan)
    outline = work.vault.open(plan.outline)
    work.vault.seal(plan.outline, replace(outline, ended_because=reason))
    _end_plan(work, plan, PlanStatus.ABANDONED)
    work.session.flush()
    return plan


def _require_open(plan: Plan) -> None:
    if plan.status is not PlanStatus.OPEN:
        raise PlanOver


def _end_plan(work: Work, plan: Plan, status: PlanStatus) -> None:
    """End a plan. Who arrived at its end has come past what was still under way before it."""
    under_way = LegStatus.ARRIVED if status is PlanStatus.FINISHED else LegStatus.ABORTED
    for leg in list_plan_legs(work, plan, lock=True):
        if leg.status in DUE:
            over = under_way if leg.status is LegStatus.DEPARTED else LegStatus.ABORTED
            _set_status(work, leg, over)
        elif leg.status in UNRESOLVED:
            work.grants.end(leg.case_id, about=leg.id)
    plan.status = status
    plan.moved_on = work.today()
    work.trail.record(EventKind.PLAN_MOVED, plan.case_id, plan=str(plan.id), became=status.value)


# ---------------------------------------------------------------------- legs


def move_leg(
    work: Work,
    leg_id: UUID,
    to: LegStatus,
    *,
    reason: str | None = None,
    at: datetime | None = None,
) -> Leg:
    """Move a leg along; the arrival of the last one finishes the plan, and no other.

    ``at`` is when it happened, where that is not now. Raises ``LegNotFound``, ``PlanOver``,
    ``MoveNotAllowed``, ``MoveNotYours``, ``HappenedOutOfRange``, and as ``Work.claim`` does.
    """
    plan, leg = lock_journey(work, leg_id)
    work.claim(leg)
    _require_open(plan)
    move = find_move(leg.status, to)
    if move is None or move.by is Mover.REROUTE:
        raise MoveNotAllowed
    if move.by is Mover.PLANNER:
        require_planner(work, leg)
    _record_move(work, leg, to, reason, happened_at(work, at))
    _set_status(work, leg, to)
    if to is LegStatus.ARRIVED and _is_last(work, plan, leg):
        _end_plan(work, plan, PlanStatus.FINISHED)
    work.session.flush()
    return leg


def _record_move(work: Work, leg: Leg, to: LegStatus, reason: str | None, moment: datetime) -> None:
    record = work.vault.open(leg.record)
    if to is LegStatus.DEPARTED:
        record = replace(record, left_at=moment)
    elif to is LegStatus.ARRIVED:
        record = replace(record, arrived_at=moment)
    if to in {LegStatus.DEPARTED, LegStatus.ARRIVED}:
        record = replace(record, heard_at=max(record.heard_at or moment, moment))
        hear(leg, moment, work.now())
    work.vault.seal(leg.record, replace(record, reason=reason or record.reason))


def _set_status(work: Work, leg: Leg, to: LegStatus) -> None:
    was = leg.status
    leg.status = to
    leg.moved_on = work.today()
    if to not in DUE:
        leg.expected_at = None
    if to not in UNRESOLVED:
        work.grants.end(leg.case_id, about=leg.id)
    work.trail.record(
        EventKind.LEG_MOVED, leg.case_id, leg=str(leg.id), was=was.value, became=to.value
    )


def _is_last(work: Work, plan: Plan, leg: Leg) -> bool:
    return not any(
        other.position > leg.position and other.status in UNRESOLVED
        for other in list_plan_legs(work, plan)
    )


def reroute(work: Work, leg_id: UUID, drafts: Sequence[LegDraft]) -> list[Leg]:
    """Let new legs, with new phrases, take over from a leg and the later ones that wait.

    Returns the new legs. Raises ``LegNotFound``, ``PlanOver``, ``MoveNotAllowed``,
    ``MoveNotYours``, and as ``Work.claim`` and ``lay_legs`` do.
    """
    plan, leg = lock_journey(work, leg_id)
    work.claim(leg)
    require_planner(work, leg)
    _require_open(plan)
    if find_move(leg.status, LegStatus.REROUTED) is None:
        raise MoveNotAllowed
    legs = list_plan_legs(work, plan, lock=True)
    before = [
        other
        for other in legs
        if other.position < leg.position and other.status is not LegStatus.REROUTED
    ]
    for other in legs:
        later = other.position > leg.position and other.status in WAITING
        if other.id == leg.id or later:
            _set_status(work, other, LegStatus.REROUTED)
    after = before[-1] if before else None
    return _extend(work, plan, drafts, after=after, position=leg.position)


def _extend(
    work: Work, plan: Plan, drafts: Sequence[LegDraft], *, after: Leg | None, position: int
) -> list[Leg]:
    """Lay legs after one of an open plan: its escort, still on the road, keeps their phrase."""
    phrase, due = None, work.now()
    if after is not None and after.status in UNRESOLVED:
        planned = work.vault.open(after.plan)
        phrase, due = planned.handover_phrase, planned.due_at
    legs = lay_legs(
        work,
        plan,
        drafts,
        position=position,
        number=len(list_plan_legs(work, plan)),
        not_before=due,
        meeting_phrase=phrase,
    )
    hand_to_planners(work, plan, work.grants.holders(plan.case_id, ROUTE), legs)
    work.trail.record(EventKind.PLAN_EXTENDED, plan.case_id, plan=str(plan.id), legs=len(legs))
    return legs
