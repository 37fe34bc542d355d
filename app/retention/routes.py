"""HTTP routes of retention: what goes when, holds, and the days that leads choose."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from app.cases.errors import CaseNotFound
from app.http.needs import Heard, NotWork
from app.http.paging import Page, PageQuery, page_of, position
from app.http.routing import Router
from app.permissions import Permission
from app.retention import choices, holds, service
from app.retention.errors import (
    AskedByYou,
    ChoiceNotFound,
    ChoiceOver,
    DaysTooMany,
    HoldNotFound,
    HoldOnNothing,
    HoldOver,
    HoldTooLong,
    RuleUnknown,
)
from app.retention.schemas import (
    CaseRetentionRead,
    ChosenDaysCreate,
    ChosenDaysRead,
    HoldCreate,
    HoldRead,
    HoldStateRead,
    ScheduleRead,
)
from app.work import Work

router = Router(tags=["retention"])


@router.get("/cases/{case_id}/retention", needs=Permission.CASE_READ, raises=[CaseNotFound])
def read_case_retention(case_id: UUID, work: Work) -> CaseRetentionRead:
    """Read what goes of a case when, what stops it, and its holds."""
    return CaseRetentionRead.of(service.read_case_retention(work, case_id))


@router.post(
    "/cases/{case_id}/holds",
    needs=Permission.HOLD_REQUEST,
    readiness=NotWork("keeps what is there, whatever the status"),
    heard=Heard("reason", "case_id"),
    creates=True,
    status_code=201,
    raises=[CaseNotFound, HoldOnNothing, HoldTooLong],
)
def ask_for_hold(case_id: UUID, body: HoldCreate, work: Work) -> HoldStateRead:
    """Ask to keep a case, or a part of it, past its time; a lead agrees within 14 days."""
    hold = holds.ask_for_hold(work, case_id, body.what, body.reason, body.until, proposed=body.id)
    return HoldStateRead.of(hold)


@router.get("/holds", needs=Permission.HOLD_END)
def list_holds(work: Work, page: PageQuery) -> Page[HoldRead]:
    """List the holds that keep something or wait for a lead, newest first."""
    after = position(work, page, date, UUID)
    found = holds.list_holds(work, after=after, limit=page.limit + 1)
    return page_of(
        work,
        page,
        found,
        keys=lambda hold: (hold.asked_on, hold.id),
        show=lambda shown: list(map(HoldRead.of_details, holds.open_holds(work, shown))),
    )


@router.post(
    "/holds/{hold_id}/agreement",
    needs=Permission.HOLD_DECIDE,
    readiness=NotWork("keeps what is there, whatever the status"),
    changes=True,
    raises=[HoldNotFound, HoldOver, AskedByYou],
)
def agree_to_hold(hold_id: UUID, work: Work) -> HoldStateRead:
    """Agree, as a lead, to a hold that a coordinator asked for."""
    return HoldStateRead.of(holds.agree_to_hold(work, hold_id))


@router.post(
    "/holds/{hold_id}/ending",
    needs=Permission.HOLD_END,
    readiness=NotWork("lets the schedule go on"),
    changes=True,
    raises=[HoldNotFound, HoldOver],
)
def end_hold(hold_id: UUID, work: Work) -> HoldStateRead:
    """End a hold before its last day, or take it back; what is due then goes."""
    return HoldStateRead.of(holds.end_hold(work, hold_id))


@router.get("/retention", needs=Permission.RETENTION_READ)
def read_schedule(work: Work) -> ScheduleRead:
    """Read the schedule as it counts here, who chose what, and what the last pass counted."""
    return ScheduleRead.of(service.read_schedule(work))


@router.post(
    "/retention/days",
    needs=Permission.RETENTION_CHANGE,
    creates=True,
    status_code=201,
    raises=[RuleUnknown, DaysTooMany],
)
def choose_days(body: ChosenDaysCreate, work: Work) -> ChosenDaysRead:
    """Ask for other days for a rule; another lead agrees within 14 days."""
    return ChosenDaysRead.of(choices.choose_days(work, body.rule, body.days, proposed=body.id))


@router.post(
    "/retention/days/{choice_id}/agreement",
    needs=Permission.RETENTION_CHANGE,
    changes=True,
    raises=[ChoiceNotFound, ChoiceOver, AskedByYou],
)
def agree_to_days(choice_id: UUID, work: Work) -> ChosenDaysRead:
    """Agree, as another lead, to days that were asked for: they count from now on."""
    return ChosenDaysRead.of(choices.agree_to_days(work, choice_id))
