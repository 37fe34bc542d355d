"""What is still open on a case: asked before it is closed, and before it is merged away.

Knows plain rows; opens nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select

from app.aid.models import AidRequest, AidStatus
from app.cases.models import Case
from app.casework.journeys import list_plans, list_travellers
from app.registration.models import Registration, RegistrationStatus
from app.relocation.models import Leg, LegStatus, Plan, PlanStatus
from app.work import Work

_AID: Final = (AidStatus.REQUESTED, AidStatus.APPROVED, AidStatus.PAID, AidStatus.DISPUTED)
_CODES: Final = (
    RegistrationStatus.REQUESTED,
    RegistrationStatus.SUBMITTED,
    RegistrationStatus.ISSUED,
)


class OpenKind(StrEnum):
    """What kind of thing is open."""

    DEPARTED_LEG = "departed_leg"
    OPEN_PLAN = "open_plan"
    TRAVELS_ALONG = "travels_along"
    AID = "aid"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class OpenThing:
    """One thing that is open on a case: which row, and its status."""

    kind: OpenKind
    id: UUID
    status: str


def list_open_work(work: Work, case: Case) -> list[OpenThing]:
    """Return what is open on a case: who is on the road first, then aid, then codes."""
    return list(_open_things(work, case.id))


def _open_things(work: Work, case_id: UUID) -> Iterator[OpenThing]:
    session = work.session
    along = [
        (traveller, plan)
        for plan in list_plans(work, case_id)
        for traveller in list_travellers(work, [plan.id])
        if traveller.case_id == case_id and plan.status is PlanStatus.OPEN
    ]
    shared = [plan.id for _, plan in along]
    legs = select(Leg).where(
        or_(Leg.case_id == case_id, Leg.plan_id.in_(shared)), Leg.status == LegStatus.DEPARTED
    )
    for leg in session.scalars(legs.order_by(Leg.id)):
        yield OpenThing(OpenKind.DEPARTED_LEG, leg.id, leg.status.value)
    plans = select(Plan).where(Plan.case_id == case_id, Plan.status == PlanStatus.OPEN)
    for plan in session.scalars(plans.order_by(Plan.id)):
        yield OpenThing(OpenKind.OPEN_PLAN, plan.id, plan.status.value)
    for traveller, plan in along:
        yield OpenThing(OpenKind.TRAVELS_ALONG, traveller.id, plan.status.value)
    aid = select(AidRequest).where(AidRequest.case_id == case_id, AidRequest.status.in_(_AID))
    for request in session.scalars(aid.order_by(AidRequest.id)):
        yield OpenThing(OpenKind.AID, request.id, request.status.value)
    codes = select(Registration).where(
        Registration.case_id == case_id, Registration.status.in_(_CODES)
    )
    for code in session.scalars(codes.order_by(Registration.id)):
        yield OpenThing(OpenKind.CODE, code.id, code.status.value)
