"""Who goes along on a leg: given its key and nothing else, for as long as it lasts.

A helper who is caught knows one leg: not the origin, not the destination, not the name. So an
escort has never worked on the case, and never holds two legs of one journey at a time.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.accounts import service as accounts
from app.audit.events import EventKind
from app.permissions import Role
from app.relocation.errors import EscortHasLeg, EscortKnowsPerson, EscortUnavailable, LegOver
from app.relocation.holding import leg_scope, lock_journey, require_planner
from app.relocation.models import Leg, Plan
from app.relocation.states import DUE, UNRESOLVED
from app.vault.models import Grant, GrantReason
from app.work import Work


def assign_escort(work: Work, leg_id: UUID, volunteer_id: UUID | None) -> Leg:
    """Give a leg to a volunteer, and take it from whoever had it; None takes it only.

    Raises ``LegNotFound``, ``MoveNotYours``, ``LegOver``, ``EscortUnavailable``,
    ``EscortKnowsPerson``, ``EscortHasLeg``, ``KeyNotCertified``, and as ``Work.claim`` does.
    """
    plan, leg = lock_journey(work, leg_id)
    work.claim(leg)
    require_planner(work, leg)
    if leg.status not in DUE:
        raise LegOver
    if volunteer_id is not None:
        _check(work, plan, leg, volunteer_id)
    work.grants.end(leg.case_id, about=leg.id)
    if volunteer_id is not None:
        work.grants.grant(
            leg.case_id,
            volunteer_id,
            [leg_scope(leg.id)],
            reason=GrantReason.ESCORT,
            about=leg.id,
        )
    leg.escort_id = volunteer_id
    escort = None if volunteer_id is None else str(volunteer_id)
    work.trail.record(EventKind.LEG_ESCORTED, leg.case_id, leg=str(leg.id), escort=escort)
    work.session.flush()
    return leg


def _check(work: Work, plan: Plan, leg: Leg, volunteer_id: UUID) -> None:
    team = accounts.list_members(work, plan.team_id, Role.VOLUNTEER)
    if volunteer_id not in {member.id for member in team}:
        raise EscortUnavailable("volunteer_id")
    work.session.flush()
    worked = select(Grant.id).where(
        Grant.case_id == leg.case_id,
        Grant.holder_id == volunteer_id,
        Grant.reason != GrantReason.ESCORT,
    )
    if work.session.scalars(worked.limit(1)).first() is not None:
        raise EscortKnowsPerson
    other = select(Leg.id).where(
        Leg.case_id == leg.case_id,
        Leg.escort_id == volunteer_id,
        Leg.id != leg.id,
        Leg.status.in_(UNRESOLVED),
    )
    if work.session.scalars(other.limit(1)).first() is not None:
        raise EscortHasLeg
