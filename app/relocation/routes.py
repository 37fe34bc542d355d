"""HTTP routes of relocation: plans, legs, escorts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.cases.errors import CaseNotFound
from app.casework.errors import CaseNotReady, NotCleared, VetsCase
from app.casework.readiness import Task
from app.casework.schemas import MoveRuleListRead
from app.http.needs import NotHeard, NotWork
from app.http.paging import Page, PageQuery, page_of, position
from app.http.routing import Router
from app.permissions import Permission
from app.relocation import details, errors, moves, reroutes, service, travellers, words
from app.relocation.schemas import (
    EscortUpdate,
    LegDueUpdate,
    LegListCreate,
    LegListRead,
    LegRead,
    LegSummary,
    PlanCreate,
    PlanMoveCreate,
    PlanOpenedRead,
    PlanRead,
    PlanStateRead,
    TravellerCreate,
    TravellerLeavingCreate,
    TravellerRead,
    WalkedLegCreate,
    WordsToldCreate,
    WordsToldRead,
)
from app.work import Work

router = Router(tags=["relocation"])

_AGREED = NotHeard("the words of the journey are agreed in it")
_ADDING_LEGS = (errors.DueOutOfRange, errors.DueOutOfOrder, errors.TooManyLegs)


# ---------------------------------------------------------------------- plans


@router.post(
    "/cases/{case_id}/plans",
    needs=Permission.PLAN_CHANGE,
    readiness=Task.PLAN,
    not_heard=_AGREED,
    creates=True,
    status_code=201,
    raises=(
        CaseNotFound,
        CaseNotReady,
        errors.PlanOpenAlready,
        VetsCase,
        errors.WordsAlike,
        *_ADDING_LEGS,
    ),
)
def open_plan(case_id: UUID, body: PlanCreate, work: Work) -> PlanOpenedRead:
    """Open a plan of legs for a case that is active, or in an emergency."""
    drafts = [leg.to_draft() for leg in body.legs]
    agreed = words.complete_words(body.safe_word, body.duress_word)
    plan = service.open_plan(work, case_id, body.to_outline(), drafts, agreed, proposed=body.id)
    work.session.flush()
    return PlanOpenedRead.opened(details.read_plan(work, plan), body, agreed)


@router.get(
    "/cases/{case_id}/plan",
    needs=Permission.PLAN_READ,
    raises=(CaseNotFound, errors.PlanNotFound),
)
def read_plan(case_id: UUID, work: Work) -> PlanRead:
    """Read the newest plan of a case, with its legs and its figures."""
    return PlanRead.of(details.read_plan(work, service.get_plan(work, case_id)))


@router.post(
    "/plans/{plan_id}/words",
    needs=Permission.PLAN_CHANGE,
    readiness=NotWork("the words of a journey are told whatever the status"),
    not_heard=_AGREED,
    changes=True,
    raises=(errors.PlanNotFound, errors.WordsAlike),
)
def tell_words(plan_id: UUID, body: WordsToldCreate, work: Work) -> WordsToldRead:
    """Record that the person was told new words; the duress words of before go on alarming."""
    plan, told = words.tell_words(work, plan_id, body.safe_word, body.duress_word)
    return WordsToldRead.of(plan, body, told)


@router.post(
    "/plans/{plan_id}/legs",
    needs=Permission.PLAN_CHANGE,
    readiness=Task.CONTINUE_PLAN,
    creates=True,
    status_code=201,
    raises=(CaseNotReady, errors.PlanNotFound, errors.PlanOver, *_ADDING_LEGS),
)
def extend_plan(plan_id: UUID, body: LegListCreate, work: Work) -> LegListRead:
    """Add legs at the end of an open plan; but no journey begins once its case has ended."""
    legs = service.extend_plan(work, plan_id, [leg.to_draft() for leg in body.legs])
    return LegListRead.of(details.open_legs(work, legs))


@router.post(
    "/plans/{plan_id}/walked-legs",
    needs=Permission.PLAN_CHANGE,
    readiness=NotWork("puts on record what has happened"),
    creates=True,
    status_code=201,
    raises=(errors.PlanNotFound, errors.LegWalkedLater, errors.TooManyLegs),
)
def add_walked_leg(plan_id: UUID, body: WalkedLegCreate, work: Work) -> LegRead:
    """Put a leg on record that was walked already, with its day."""
    leg = service.add_walked_leg(work, plan_id, body.to_walked())
    return LegRead.of(details.open_legs(work, [leg])[0])


@router.post(
    "/plans/{plan_id}/moves",
    needs=Permission.PLAN_CHANGE,
    readiness=NotWork("ends a plan"),
    changes=True,
    raises=(errors.PlanNotFound, errors.PlanOver),
)
def abandon_plan(plan_id: UUID, body: PlanMoveCreate, work: Work) -> PlanStateRead:
    """Abandon a plan; every escort's access ends."""
    return PlanStateRead.of(service.abandon_plan(work, plan_id, body.reason))


@router.post(
    "/plans/{plan_id}/travellers",
    needs=Permission.PLAN_CHANGE,
    readiness=Task.PLAN,
    creates=True,
    status_code=201,
    raises=(
        CaseNotFound,
        CaseNotReady,
        NotCleared,
        errors.PlanNotFound,
        errors.PlanOver,
        errors.PlanOpenAlready,
        errors.TravellerRefused,
        errors.EscortKnowsPerson,
    ),
)
def add_traveller(plan_id: UUID, body: TravellerCreate, work: Work) -> TravellerRead:
    """Put another case on this journey: it travels along, and who follows it hears check-ins."""
    return TravellerRead.of(travellers.add_traveller(work, plan_id, body.case_id, proposed=body.id))


@router.post(
    "/plans/{plan_id}/travellers/{traveller_id}/leaving",
    needs=Permission.PLAN_CHANGE,
    readiness=NotWork("says that somebody does not travel along any more"),
    creates=True,
    status_code=201,
    raises=(CaseNotFound, errors.PlanNotFound, errors.TravellerNotFound),
)
def end_travel(
    plan_id: UUID, traveller_id: UUID, body: TravellerLeavingCreate, work: Work
) -> TravellerRead:
    """Note that a case has left a journey that goes on without it, and why."""
    return TravellerRead.of(travellers.end_travel(work, plan_id, traveller_id, body.reason))


# ---------------------------------------------------------------------- lists


@router.get("/legs/moves", needs=Permission.LEG_READ)
def list_leg_moves() -> MoveRuleListRead:
    """List every allowed move of a leg, and what it requires."""
    return MoveRuleListRead.of(moves.MOVES)


@router.get("/legs", needs=Permission.LEG_READ)
def list_legs(page: PageQuery, work: Work) -> Page[LegSummary]:
    """List the legs still due that you hold: your own as an escort, your cases' otherwise."""
    after = position(work, page, datetime, UUID)
    legs = details.list_legs(work, after=after, limit=page.limit + 1)
    return page_of(
        work,
        page,
        legs,
        keys=lambda leg: (leg.expected_at or work.now(), leg.id),
        show=lambda rows: [LegSummary.of(*row) for row in details.open_listed(work, rows)],
    )


# ---------------------------------------------------------------------- one leg


@router.get("/legs/{leg_id}", needs=Permission.LEG_READ, raises=(errors.LegNotFound,))
def read_leg(leg_id: UUID, work: Work) -> LegRead:
    """Read a leg: where, how, and by which phrases people know each other."""
    return LegRead.of(details.read_leg(work, leg_id))


@router.post(
    "/legs/{leg_id}/due",
    needs=Permission.PLAN_CHANGE,
    readiness=NotWork("moves when a sign is due of who is on the road"),
    changes=True,
    raises=(
        errors.LegNotFound,
        errors.NotPlanner,
        errors.LegOver,
        errors.DueOutOfRange,
        errors.DueOutOfOrder,
    ),
)
def move_due(leg_id: UUID, body: LegDueUpdate, work: Work) -> LegRead:
    """Move the time at which a leg is due; the legs behind it move along when it is put off."""
    leg = moves.move_due(work, leg_id, body.due_at, body.reason)
    return LegRead.of(details.open_legs(work, [leg])[0])


@router.post(
    "/legs/{leg_id}/escort",
    needs=Permission.PLAN_CHANGE,
    readiness=NotWork("ends access whatever the status; giving it requires Task.CONTINUE_PLAN"),
    changes=True,
    raises=(
        CaseNotReady,
        errors.LegNotFound,
        errors.NotPlanner,
        errors.LegOver,
        errors.EscortUnavailable,
        errors.EscortKnowsPerson,
        errors.EscortHasLeg,
    ),
)
def assign_escort(leg_id: UUID, body: EscortUpdate, work: Work) -> LegRead:
    """Assign a leg to a volunteer, or end its escort's access."""
    leg = service.assign_escort(work, leg_id, body.volunteer_id)
    return LegRead.of(details.open_legs(work, [leg])[0])


@router.post(
    "/legs/{leg_id}/reroutes",
    needs=Permission.PLAN_CHANGE,
    readiness=Task.CONTINUE_PLAN,
    changes=True,
    status_code=201,
    raises=(
        CaseNotReady,
        errors.LegNotFound,
        errors.PlanOver,
        errors.LegMoveRefused,
        errors.NotPlanner,
        *_ADDING_LEGS,
    ),
)
def reroute_leg(leg_id: UUID, body: LegListCreate, work: Work) -> LegListRead:
    """Replace this leg, and the later ones that have not departed, by new legs."""
    legs = reroutes.reroute(work, leg_id, [leg.to_draft() for leg in body.legs])
    return LegListRead.of(details.open_legs(work, legs))
