"""Holds: keeping a case, or a part of one, past its time, with a reason and an end.

- A coordinator asks, a lead agrees. Until then it keeps as well, for 14 days at most, so that
  nothing goes while it waits.
- A hold ends within 180 days. Two weeks before, it is announced; it is renewed by asking again.
- Who holds the case, and every lead, sees that a hold exists. Its reason is sealed under a scope
  of its own: leads read it and the summary while it waits for them, and nothing else of the case.
- What is due goes as soon as its hold has ended; its reason 90 days later, or with the case.

Knows plain rows and reasons; decides nothing about days of rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from app.accounts.service import list_members
from app.alerts.models import AlertKind
from app.alerts.service import raise_alert
from app.audit.events import EventKind
from app.cases import service as cases
from app.cases.models import Case, FreeText, Summary
from app.permissions import Compartment, Role
from app.retention.errors import (
    AskedByYou,
    HoldNotFound,
    HoldOnNothing,
    HoldOver,
    HoldTooLong,
)
from app.retention.models import RetentionHold
from app.retention.schedule import LAPSE_DAYS, WITH_CASE
from app.store.authenticated import is_altered, leave_out_altered
from app.store.kept_counts import add_to_count, read_count
from app.store.models import ErasedPart
from app.store.queries import in_order
from app.vault.models import Grant, GrantReason
from app.vault.queries import granted_to, live_grants
from app.vault.scopes import SUMMARY, Scope
from app.work import Work

LONGEST: Final = timedelta(days=180)
_LAPSE: Final = timedelta(days=LAPSE_DAYS)
_HOLDS: Final = "holds of a case"
"""How many there must be, in the keystore: one that somebody deleted is missed."""
_ANNOUNCED: Final = timedelta(days=14)
_REASON_KEPT: Final = timedelta(days=90)


class HoldStatus(StrEnum):
    """Whether a hold keeps anything."""

    ASKED = "asked"
    AGREED = "agreed"
    ENDED = "ended"
    LAPSED = "lapsed"


class Held(NamedTuple):
    """What a hold keeps: a part of a case, or None for the whole of it."""

    case_id: UUID
    what: ErasedPart | None


@dataclass(frozen=True, slots=True)
class HoldDetails:
    """A hold, opened as far as it was granted; ``shut``: what was granted does not open."""

    hold: RetentionHold
    status: HoldStatus
    summary: Summary | None
    reason: str | None
    shut: bool


def ask_for_hold(
    work: Work,
    case_id: UUID,
    what: ErasedPart | None,
    reason: str,
    until: date,
    *,
    proposed: UUID | None = None,
) -> RetentionHold:
    """Ask for a hold on a case, or on a part of it.

    Raises ``CaseNotFound``, ``HoldOnNothing``, ``HoldTooLong``, ``IdTaken``.
    """
    case = cases.get_case(work, case_id)
    if what in WITH_CASE:
        raise HoldOnNothing("what")
    if not work.today() <= until <= work.today() + LONGEST:
        raise HoldTooLong("until")
    hold = RetentionHold(
        id=work.id_for(RetentionHold, proposed, case_id=case.id),
        case_id=case.id,
        what=what,
        asked_by=work.principal.id,
        asked_on=work.today(),
        until=until,
    )
    own = Scope(Compartment.SUMMARY, hold.id)
    work.grants.mint(case.id, [own])
    work.vault.seal(hold.reason, FreeText(reason))
    work.session.add(hold)
    add_to_count(work.session, _HOLDS, case.id, 1)
    show_to_leads(work, case, own, until=work.today() + _LAPSE)
    work.trail.record(
        EventKind.HOLD_REQUESTED, case.id, hold=str(hold.id), what=what and what.value,
        until=str(until),
    )  # fmt: skip
    work.session.flush()
    return hold


def agree_to_hold(work: Work, hold_id: UUID) -> RetentionHold:
    """Agree, as a lead, to a hold that waits.

    Raises ``HoldNotFound``, ``HoldOver``, ``AskedByYou``, and as ``Work.claim`` does.
    """
    hold = _get_hold(work, hold_id)
    work.claim(hold)
    if status_of(hold, work.today()) is not HoldStatus.ASKED:
        raise HoldOver
    if hold.asked_by == work.principal.id:
        raise AskedByYou
    hold.agreed_by, hold.agreed_on = work.principal.id, work.today()
    work.grants.end(hold.case_id, about=hold.id, reasons=[GrantReason.LEAD])
    work.trail.record(EventKind.HOLD_AGREED, hold.case_id, hold=str(hold.id))
    work.session.flush()
    return hold


def end_hold(work: Work, hold_id: UUID) -> RetentionHold:
    """End a hold before its last day, or take back one that waits; what is due then goes.

    Raises ``HoldNotFound``, ``HoldOver``, and as ``Work.claim`` does.
    """
    hold = _get_hold(work, hold_id)
    work.claim(hold)
    if status_of(hold, work.today()) not in {HoldStatus.ASKED, HoldStatus.AGREED}:
        raise HoldOver
    hold.ended_by, hold.ended_on = work.principal.id, work.today()
    work.grants.end(hold.case_id, about=hold.id, reasons=[GrantReason.LEAD])
    work.trail.record(EventKind.HOLD_ENDED, hold.case_id, hold=str(hold.id))
    work.session.flush()
    return hold


def list_holds(
    work: Work, *, after: tuple[date, UUID] | None = None, limit: int
) -> Sequence[RetentionHold]:
    """Return a page of the holds that keep or wait, newest first: all of them to leads, to others
    those on cases that they hold.
    """
    query = select(RetentionHold).where(_keeping(work.today()))
    if not work.acts_as(Role.LEAD):
        mine = granted_to(work.principal.id, work.today(), case_id=RetentionHold.case_id)
        query = query.where(mine)
    page = in_order(query, RetentionHold.asked_on, after=after, limit=limit, newest_first=True)
    return work.session.scalars(page).all()


def list_holds_on(work: Work, case: Case) -> Sequence[RetentionHold]:
    """Return every hold that a case has had, oldest first."""
    query = select(RetentionHold).where(RetentionHold.case_id == case.id)
    return work.session.scalars(in_order(query, RetentionHold.asked_on)).all()


def open_holds(work: Work, holds: Sequence[RetentionHold]) -> list[HoldDetails]:
    """Open the reasons of holds that were granted to the principal, with their cases' summaries."""
    ids = [hold.id for hold in holds if hold.reason.envelope is not None]
    granted = set(
        work.session.scalars(
            select(Grant.about).where(
                Grant.about.in_(ids),
                Grant.holder_id == work.principal.id,
                live_grants(work.today()),
            )
        )
    )
    shown = [hold for hold in holds if hold.id in granted]
    found = select(Case).where(Case.id.in_({hold.case_id for hold in shown}))
    of_case = {case.id: case for case in work.session.scalars(found)}
    summaries = work.vault.open_listed([of_case[hold.case_id].summary for hold in shown])
    reasons = work.vault.open_listed([hold.reason for hold in shown])
    pairs = zip(summaries, reasons, strict=True)
    of_hold = {hold.id: pair for hold, pair in zip(shown, pairs, strict=True)}
    details = []
    for hold in holds:
        summary, words = of_hold.get(hold.id, (None, None))
        text = None if words is None else words.text
        shut = hold.id in of_hold and text is None
        details.append(HoldDetails(hold, status_of(hold, work.today()), summary, text, shut))
    return details


def status_of(hold: RetentionHold, today: date) -> HoldStatus:
    """Return whether a hold keeps anything today."""
    if hold.ended_on is not None or hold.until < today:
        return HoldStatus.ENDED
    if hold.agreed_on is not None:
        return HoldStatus.AGREED
    return HoldStatus.ASKED if hold.asked_on + _LAPSE >= today else HoldStatus.LAPSED


def read_holds(work: Work, case_ids: Iterable[UUID]) -> list[Held]:
    """Return what holds keep of these cases now.

    A hold that somebody altered or deleted keeps the whole case, until that is found out.
    """
    wanted, today = set(case_ids), work.today()
    rows = work.session.scalars(select(RetentionHold).where(RetentionHold.case_id.in_(wanted)))
    count: Counter[UUID] = Counter()
    held = []
    for row in rows:
        count[row.case_id] += 1
        if is_altered(work.session, row):
            held.append(Held(row.case_id, None))
        elif status_of(row, today) in {HoldStatus.ASKED, HoldStatus.AGREED}:
            held.append(Held(row.case_id, row.what))
    marks = work.deployment.marks
    marks.read_ahead(_HOLDS, [case_id.hex for case_id in wanted])
    missing = [one for one in wanted if count[one] < read_count(marks, _HOLDS, one)]
    return [*held, *(Held(case_id, None) for case_id in missing)]


def look_after_holds(work: Work, case_ids: Sequence[UUID]) -> None:
    """Announce what ends within two weeks; delete reasons of what ended 90 days ago.

    A step of the worker's daily pass, for some cases.
    """
    today = work.today()
    query = select(RetentionHold).where(RetentionHold.case_id.in_(case_ids))
    for hold in leave_out_altered(work.session, work.session.scalars(query).all()):
        ended = min(hold.until, hold.ended_on or hold.until)
        status = status_of(hold, today)
        if status is HoldStatus.AGREED and hold.reminded_on is None:
            if hold.until <= today + _ANNOUNCED:
                _announce(work, hold)
        elif hold.reason.envelope is not None and ended + _REASON_KEPT <= today:
            setattr(hold, RetentionHold.reason.slot, None)
            work.trail.record(EventKind.HOLD_REASON_ERASED, hold.case_id, hold=str(hold.id))


def _announce(work: Work, hold: RetentionHold) -> None:
    case = work.session.get_one(Case, hold.case_id)
    hold.reminded_on = work.today()
    raise_alert(work, AlertKind.HOLD_ENDS, team_id=case.team_id, case_id=case.id)
    work.trail.record(EventKind.HOLD_REMINDED, case.id, hold=str(hold.id))


def show_to_leads(work: Work, case: Case, own: Scope, *, until: date | None) -> None:
    """Grant the summary and one scope of a case to every lead, and to who coordinates it."""
    leads = {member.id for member in list_members(work, None, Role.LEAD)}
    team = {member.id for member in list_members(work, case.team_id, Role.COORDINATOR)}
    coordinators = team & set(work.grants.holders(case.id))
    for members, why in ((leads, GrantReason.LEAD), (coordinators, GrantReason.TRIAGE)):
        work.grants.grant_all(
            case.id,
            sorted(members),
            [SUMMARY, own],
            reason=why,
            about=own.part,
            until=until if members is leads else None,
        )


def _get_hold(work: Work, hold_id: UUID) -> RetentionHold:
    hold = work.session.get(RetentionHold, hold_id)
    may_know = work.acts_as(Role.LEAD)
    if hold is None or not (may_know or work.grants.holds(hold.case_id)):
        raise HoldNotFound
    return hold


def _keeping(today: date) -> ColumnElement[bool]:
    agreed = or_(RetentionHold.agreed_on.is_not(None), RetentionHold.asked_on >= today - _LAPSE)
    return and_(RetentionHold.ended_on.is_(None), RetentionHold.until >= today, agreed)
