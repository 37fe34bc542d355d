"""Who holds which leg: plans and legs are there only for those whose keys open them.

A planner holds the case's whole route; whoever helps on one leg holds that leg's scope and finds
nothing else. Rows that are about to change are locked here, the plan before its legs, so that two
changes of one journey wait for each other. Knows grants; no rules of the road, no HTTP.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from app.permissions import Compartment
from app.relocation.errors import LegNotFound, MoveNotYours, PlanNotFound
from app.relocation.models import Leg, Plan
from app.vault.scopes import Scope
from app.work import Work

ROUTE = Scope(Compartment.ROUTE)
"""The whole route of a case: the outline of its plans. Held by those who plan."""

Row = TypeVar("Row", Plan, Leg)


def leg_scope(leg_id: UUID) -> Scope:
    """Return the scope of one leg."""
    return Scope(Compartment.ROUTE, leg_id)


def plans(work: Work, case_id: UUID) -> bool:
    """Return whether the principal holds the whole route of a case."""
    return work.grants.holds(case_id, ROUTE)


def require_planner(work: Work, leg: Leg) -> None:
    """Raise ``MoveNotYours`` unless the principal plans this leg's journey."""
    if not plans(work, leg.case_id):
        raise MoveNotYours


def holds_leg(work: Work, leg: Leg) -> bool:
    """Return whether the principal holds a leg's scope."""
    return work.grants.holds(leg.case_id, leg_scope(leg.id))


def get_leg(work: Work, leg_id: UUID) -> Leg:
    """Return a leg whose key the principal holds; raises ``LegNotFound``."""
    leg = work.session.get(Leg, leg_id)
    if leg is None or not holds_leg(work, leg):
        raise LegNotFound
    return leg


def lock_leg(work: Work, leg_id: UUID) -> Leg:
    """Return a leg as ``get_leg`` does, newly read and locked until this work ends."""
    return _locked(work, Leg, get_leg(work, leg_id).id)


def lock_journey(work: Work, leg_id: UUID) -> tuple[Plan, Leg]:
    """Return a leg and its plan, both locked until this work ends; raises ``LegNotFound``."""
    leg = get_leg(work, leg_id)
    plan = _locked(work, Plan, leg.plan_id)
    return plan, _locked(work, Leg, leg.id)


def lock_plan(work: Work, plan_id: UUID) -> Plan:
    """Return a plan that the principal planned or plans, locked; raises ``PlanNotFound``."""
    plan = work.session.get(Plan, plan_id)
    if plan is None or not plans(work, plan.case_id):
        raise PlanNotFound
    return _locked(work, Plan, plan.id)


def list_plan_legs(work: Work, plan: Plan, *, lock: bool = False) -> Sequence[Leg]:
    """Return every leg of a plan in order; what was rerouted stands before what took over."""
    query = select(Leg).where(Leg.plan_id == plan.id).order_by(Leg.position, Leg.number)
    if lock:
        # What is read anew must not undo what this work has changed so far.
        work.session.flush()
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return work.session.scalars(query).all()


def _locked(work: Work, kind: type[Row], row_id: UUID) -> Row:
    # FOR NO KEY UPDATE: rungs and check-ins that only refer to the row need not wait.
    query = select(kind).where(kind.id == row_id).with_for_update(key_share=True)
    return work.session.scalars(query.execution_options(populate_existing=True)).one()
