"""HTTP face of relocation: plans, legs, check-ins, the watch."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from uuid import UUID

from app.cases.errors import CaseNotFound
from app.casework.errors import CaseNotReady
from app.casework.readiness import Task
from app.http.needs import NotWork
from app.http.paging import Page, PageQuery, page_of, position
from app.http.routing import Router
from app.permissions import Permission
from app.relocation import errors, escorts, files, service
from app.relocation.bodies import AssignEscort, DraftLegs, MoveLeg, MovePlan, OpenPlan
from app.relocation.schemas import (
    LegLine,
    LegShown,
    LegsShown,
    MovesShown,
    PlanReceipt,
    PlanShown,
    leg_line,
    leg_shown,
    moves_shown,
    plan_receipt,
    plan_shown,
)
from app.work import Work

router = Router(tags=["relocation"])

_LAYING = (errors.DueOutOfRange, errors.DueOutOfOrder, errors.WordsAlike, errors.TooManyLegs)


# ---------------------------------------------------------------------- plans


@router.post(
    "/cases/{case_id}/plans",
    needs=Permission.PLAN_CHANGE,
    readiness=Task.PLAN,
    creates=True,
    status_code=201,
    raises=(CaseNotFound, CaseNotReady, errors.PlanOpenAlready, *_LAYING),
)
def open_plan(case_id: UUID, body: OpenPlan, work: Work) -> PlanShown:
    """Open a plan of legs for a case that is active, or in an emergency."""
    drafts = [leg.to_draft() for leg in body.legs]
    plan = service.open_plan(work, case_id, body.to_outline(), drafts)
    work.session.flush()
    return plan_shown(files.read_plan(work, plan))


@router.get(
    "/cases/{case_id}/plan",
    needs=Permission.PLAN_READ,
    raises=(CaseNotFound, errors.PlanNotFound),
)
def read_plan(case_id: UUID, work: Work) -> PlanShown:
    """Read the newest plan of a case, with its legs and its figures."""
    return plan_shown(files.read_plan(work, service.get_plan(work, case_id)))


@router.post(
    "/plans/{plan_id}/legs",
    needs=Permission.PLAN_CHANGE,
    readiness=NotWork("goes on with a plan that was opened when the case was ready"),
    creates=True,
    status_code=201,
    raises=(errors.PlanNotFound, errors.PlanOver, *_LAYING),
)
def extend_plan(plan_id: UUID, body: DraftLegs, work: Work) -> LegsShown:
    """Add legs at the end of an open plan."""
    legs = service.add_legs(work, plan_id, [leg.to_draft() for leg in body.legs])
    return LegsShown(items=[leg_shown(file) for file in files.open_legs(work, legs)])


@router.post(
    "/plans/{plan_id}/moves",
    needs=Permission.PLAN_CHANGE,
    readiness=NotWork("ends a plan"),
    changes=True,
    raises=(errors.PlanNotFound, errors.PlanOver),
)
def abandon_plan(plan_id: UUID, body: MovePlan, work: Work) -> PlanReceipt:
    """Give a plan up; every escort's access ends."""
    return plan_receipt(service.abandon_plan(work, plan_id, body.reason))


# ---------------------------------------------------------------------- lists


@router.get("/legs/moves", needs=Permission.LEG_READ)
def list_leg_moves() -> MovesShown:
    """List every move that a leg may make, and who makes it."""
    return moves_shown()


@router.get("/legs", needs=Permission.LEG_READ)
def list_legs(page: PageQuery, work: Work) -> Page[LegLine]:
    """List the legs still due that you hold: your own as an escort, your cases' otherwise."""
    after = cast("tuple[datetime, UUID] | None", position(work, page, datetime, UUID))
    legs = files.list_legs(work, after=after, limit=page.limit + 1)
    return page_of(
        work,
        page,
        legs,
        keys=lambda leg: (leg.expected_at or work.now(), leg.id),
        show=lambda rows: [
            leg_line(leg, plan)
            for leg, plan in zip(rows, work.vault.open_listed([r.plan for r in rows]), strict=True)
        ],
    )


# ---------------------------------------------------------------------- one leg


@router.get("/legs/{leg_id}", needs=Permission.LEG_READ, raises=(errors.LegNotFound,))
def read_leg(leg_id: UUID, work: Work) -> LegShown:
    """Read a leg: where, how, and by which phrases people know each other."""
    return leg_shown(files.read_leg(work, leg_id))


@router.post(
    "/legs/{leg_id}/moves",
    needs=Permission.LEG_CHECK_IN,
    readiness=NotWork("records how a leg goes that was planned when the case was ready"),
    changes=True,
    raises=(
        errors.LegNotFound,
        errors.PlanOver,
        errors.MoveNotAllowed,
        errors.MoveNotYours,
        errors.HappenedOutOfRange,
    ),
)
def move_leg(leg_id: UUID, body: MoveLeg, work: Work) -> LegShown:
    """Move a leg along: ready, departed, arrived, missed or aborted."""
    leg = service.move_leg(work, leg_id, body.to, reason=body.reason, at=body.at)
    return leg_shown(files.open_legs(work, [leg])[0])


@router.post(
    "/legs/{leg_id}/escort",
    needs=Permission.PLAN_CHANGE,
    readiness=NotWork("for a leg that was planned when the case was ready"),
    changes=True,
    raises=(
        errors.LegNotFound,
        errors.MoveNotYours,
        errors.LegOver,
        errors.EscortUnavailable,
        errors.EscortKnowsPerson,
        errors.EscortHasLeg,
    ),
)
def assign_escort(leg_id: UUID, body: AssignEscort, work: Work) -> LegShown:
    """Give a leg to a volunteer, or take it back."""
    leg = escorts.assign_escort(work, leg_id, body.volunteer_id)
    return leg_shown(files.open_legs(work, [leg])[0])


@router.post(
    "/legs/{leg_id}/reroutes",
    needs=Permission.PLAN_CHANGE,
    readiness=NotWork("people on the way need another way, whatever the status"),
    changes=True,
    status_code=201,
    raises=(
        errors.LegNotFound,
        errors.PlanOver,
        errors.MoveNotAllowed,
        errors.MoveNotYours,
        *_LAYING,
    ),
)
def reroute_leg(leg_id: UUID, body: DraftLegs, work: Work) -> LegsShown:
    """Let new legs take over from this one and the later ones that have not departed."""
    legs = service.reroute(work, leg_id, [leg.to_draft() for leg in body.legs])
    return LegsShown(items=[leg_shown(file) for file in files.open_legs(work, legs)])
