"""HTTP routes of retention: what goes when, holds, and the days that leads choose."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from app.cases.errors import CaseHasOpenWork, CaseNotFound
from app.http.needs import NotWork
from app.http.paging import Page, PageQuery, page_of, position
from app.http.routing import Router
from app.permissions import Permission
from app.retention import choices, holds, looks, requests, service
from app.retention.errors import (
    AskedByYou,
    ChoiceNotFound,
    ChoiceOver,
    DaysTooMany,
    ErasureNotFound,
    ErasureNotPossible,
    ErasureOver,
    HoldNotFound,
    HoldOnNothing,
    HoldOver,
    HoldTooLong,
    LookedAlready,
    NothingToLookAt,
    RuleUnknown,
)
from app.retention.schemas import (
    CaseRetentionRead,
    ChosenDaysCreate,
    ChosenDaysRead,
    ErasureCreate,
    ErasureRead,
    ErasureStateRead,
    HoldCreate,
    HoldRead,
    HoldStateRead,
    LookCreate,
    LookRead,
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


@router.post(
    "/cases/{case_id}/erasure",
    needs=Permission.ERASURE_REQUEST,
    readiness=NotWork("a person may ask to be erased whatever was decided about them"),
    creates=True,
    status_code=201,
    raises=[CaseNotFound, ErasureNotPossible, CaseHasOpenWork],
)
def ask_for_erasure(case_id: UUID, body: ErasureCreate, work: Work) -> ErasureStateRead:
    """Take down that a person wants to be erased: the case is shut to everybody at once."""
    asked = requests.ask_for_erasure(
        work, case_id, body.reason, codes_die=body.codes_die, proposed=body.id
    )
    return ErasureStateRead.of(asked)


@router.post(
    "/cases/{case_id}/looks",
    needs=Permission.RETENTION_LOOK,
    readiness=NotWork("says whether a refused person must still be known"),
    creates=True,
    status_code=201,
    raises=[CaseNotFound, NothingToLookAt, LookedAlready],
)
def look_again(case_id: UUID, body: LookCreate, work: Work) -> LookRead:
    """Note, as one of two people, whether a refused person must be known to the last day."""
    return LookRead.of(looks.look_again(work, case_id, needed=body.needed, proposed=body.id))


@router.get("/erasures", needs=Permission.ERASURE_READ)
def list_erasures(work: Work, page: PageQuery) -> Page[ErasureRead]:
    """List the people who asked to be erased and wait for a lead, oldest first."""
    after = position(work, page, date, UUID)
    found = requests.list_erasures(work, after=after, limit=page.limit + 1)
    return page_of(
        work,
        page,
        found,
        keys=lambda asked: (asked.asked_on, asked.id),
        show=lambda shown: [
            ErasureRead.of_opened(*opened) for opened in requests.open_erasures(work, shown)
        ],
    )


@router.post(
    "/erasures/{erasure_id}/agreement",
    needs=Permission.CASE_ERASE,
    readiness=NotWork("ends everything that is known of the person"),
    changes=True,
    raises=[ErasureNotFound, ErasureOver, AskedByYou],
)
def agree_to_erasure(erasure_id: UUID, work: Work) -> ErasureStateRead:
    """Agree, as a lead who did not take the wish down: the case is destroyed within a minute."""
    return ErasureStateRead.of(requests.agree_to_erasure(work, erasure_id))


@router.post(
    "/erasures/{erasure_id}/refusal",
    needs=Permission.CASE_ERASE,
    readiness=NotWork("opens the case again as it was"),
    changes=True,
    raises=[ErasureNotFound, ErasureOver],
)
def refuse_erasure(erasure_id: UUID, work: Work) -> ErasureStateRead:
    """Open a case again: the wish was a mistake, or the person took it back."""
    return ErasureStateRead.of(requests.refuse_erasure(work, erasure_id))


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
