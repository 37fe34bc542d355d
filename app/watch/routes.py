"""HTTP routes of the watch: the coordinators' list, news, check-ins, acknowledgements."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.cases.errors import CaseNotFound
from app.http.needs import NotWork
from app.http.paging import Page, PageQuery, page_of, position
from app.http.routing import Router
from app.permissions import Permission
from app.relocation import errors
from app.relocation.details import open_legs
from app.relocation.errors import LegNotFound, NotPlanner, PlanNotFound
from app.relocation.schemas import LegMoveCreate, LegRead
from app.watch import check_ins, escalation, service
from app.watch.check_ins import CheckInReceipt
from app.watch.errors import NothingToAcknowledge
from app.watch.news import bring_news
from app.watch.schemas import (
    AcknowledgementCreate,
    CheckInCreate,
    CheckInStateRead,
    WatchedLegSummary,
)
from app.work import Work

router = Router(tags=["watch"])


@router.get("/legs/watch", needs=Permission.LEG_WATCH)
def list_watched_legs(page: PageQuery, work: Work) -> Page[WatchedLegSummary]:
    """List who is on the road and who is silent, on the journeys that you plan, worst first."""
    after = position(work, page, int, datetime, UUID)
    watched = service.list_watched(work, after=after, limit=page.limit + 1)
    return page_of(
        work,
        page,
        watched,
        keys=lambda row: row.position,
        show=lambda rows: [WatchedLegSummary.of(row) for row in rows],
    )


@router.post(
    "/legs/{leg_id}/moves",
    needs=Permission.LEG_CHECK_IN,
    readiness=NotWork("records how a leg goes that was planned when the case was ready"),
    changes=True,
    raises=(
        errors.LegNotFound,
        errors.PlanOver,
        errors.LegMoveRefused,
        errors.NotPlanner,
        errors.HappenedOutOfRange,
        errors.HappenedOutOfOrder,
    ),
)
def move_leg(leg_id: UUID, body: LegMoveCreate, work: Work) -> LegRead | CheckInStateRead:
    """Move a leg to another status: ready, departed, arrived, missed or aborted.

    From who held it once, and holds it no more, it moves nothing and is kept as a check-in.
    """
    found = bring_news(work, leg_id, body.to, reason=body.reason, at=body.at)
    if isinstance(found, CheckInReceipt):
        return CheckInStateRead.of(found)
    return LegRead.of(open_legs(work, [found])[0])


@router.post(
    "/legs/{leg_id}/check-ins",
    needs=Permission.LEG_CHECK_IN,
    readiness=NotWork("contact is recorded whatever the status"),
    creates=True,
    always_heard=True,
    status_code=201,
    raises=(LegNotFound,),
)
def check_in_on_leg(leg_id: UUID, body: CheckInCreate, work: Work) -> CheckInStateRead:
    """Record what was said, or that there was no answer; never refused to who held the leg.

    Also to who follows the case: until a month after the journey.
    """
    return CheckInStateRead.of(check_ins.check_in(work, leg_id, body.to_report()))


@router.post(
    "/cases/{case_id}/check-ins",
    needs=Permission.LEG_CHECK_IN,
    readiness=NotWork("contact is recorded whatever the status"),
    creates=True,
    always_heard=True,
    status_code=201,
    raises=(CaseNotFound, PlanNotFound),
)
def check_in_on_case(case_id: UUID, body: CheckInCreate, work: Work) -> CheckInStateRead:
    """Record what was said on the journey of a case that you follow, without reading its legs."""
    return CheckInStateRead.of(check_ins.check_in_on_case(work, case_id, body.to_report()))


@router.post(
    "/legs/{leg_id}/acknowledgements",
    needs=Permission.LEG_WATCH,
    readiness=NotWork("an alert is answered whatever the status"),
    creates=True,
    status_code=201,
    raises=(LegNotFound, NotPlanner, NothingToAcknowledge),
)
def acknowledge_leg(leg_id: UUID, body: AcknowledgementCreate, work: Work) -> LegRead:
    """Acknowledge a silence, or a duress word."""
    leg = escalation.acknowledge(work, leg_id, body.what, body.note)
    work.session.flush()
    return LegRead.of(open_legs(work, [leg])[0])
