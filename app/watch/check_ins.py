"""Check-ins: the safe word, the duress word, no answer, or what nobody understood.

- A check-in is never refused: from who held a leg, follows the case or plans the journey,
  until a month after its end, whatever the status of the leg, the sender's clock, the version or
  the count of tries.
- It counts where the traveller is now: on the leg under way, else on the next one, even when it
  was brought for a leg that is over or was replaced.
- The response to a duress word is the response to a safe word: the same rows of the same sizes are
  written, the same columns change, the same event is recorded, the same bytes are returned.
- Each check-in also writes an alert for the leads, which nearly always says nothing.
- What holds no agreed word ends no silence. It is sealed as it came, and is on the watch until a
  planner has looked at it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.audit.events import EventKind
from app.cases import service as cases
from app.casework.danger import note_danger
from app.casework.journeys import hears, list_heard_plans, travels_on
from app.errors import IdTaken
from app.relocation.errors import LegNotFound, PlanNotFound
from app.relocation.legs import holds_leg, list_plan_legs, lock_row
from app.relocation.models import Leg, LegStatus, Plan, PlanStatus
from app.relocation.moves import DUE, UNRESOLVED
from app.relocation.timer import heard_at, put_off, record_contact
from app.relocation.words import recognise
from app.store.base import new_id
from app.store.counters import count_one
from app.text.dates import minute_of
from app.watch.escalation import alert_of, raise_leg_alert
from app.watch.models import CheckIn, CheckInRecord, Word
from app.work import Work

FREE_TRIES = 5
"""So many words that nobody understood are called so within a minute; later ones are heard too."""

_CONTACTS = frozenset({Word.SAFE, Word.DURESS})


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInReport:
    """What somebody brings. ``word`` None: no answer. ``at``: when it was, if not just now.

    ``next_sign_at``: when the person said that they will be heard again. ``is_reason``: the note is
    the reason of a move, which ``texts`` judges.
    """

    word: str | None
    note: str | None = None
    at: datetime | None = None
    next_sign_at: datetime | None = None
    id: UUID | None = None
    is_reason: bool = False


@dataclass(frozen=True, slots=True)
class CheckInReceipt:
    """What the member who checked in gets to know: that it was recorded.

    ``leg_id``: the leg it was brought for, None for a case. ``expected_at``: None for who neither
    holds the leg under way nor follows the case. ``understood``: None after many tries.
    """

    id: UUID
    leg_id: UUID | None
    expected_at: datetime | None
    understood: bool | None


def check_in(work: Work, leg_id: UUID, report: CheckInReport) -> CheckInReceipt:
    """Record what was said to somebody who holds or held a leg, or follows its case.

    Raises ``LegNotFound``.
    """
    leg = work.session.get(Leg, leg_id)
    plan = None if leg is None else work.session.get_one(Plan, leg.plan_id)
    if leg is None or plan is None or not hears(work, plan):
        raise LegNotFound
    others = [other for other in list_heard_plans(work, leg.case_id) if other.id != plan.id]
    return _record(work, [plan, *others], report, brought_for=leg)


def check_in_on_case(work: Work, case_id: UUID, report: CheckInReport) -> CheckInReceipt:
    """Record what was said to somebody who follows a case, on the journey of that case.

    Raises ``CaseNotFound``, ``PlanNotFound``.
    """
    cases.get_case(work, case_id)
    plans = list_heard_plans(work, case_id)
    if not plans:
        raise PlanNotFound
    return _record(work, plans, report, brought_for=None, of_case=case_id)


def _record(
    work: Work,
    plans: list[Plan],
    report: CheckInReport,
    *,
    brought_for: Leg | None,
    of_case: UUID | None = None,
) -> CheckInReceipt:
    plan, leg = find_place(work, plans, brought_for)
    said, moment = _judge(work, plans, report), heard_at(work, report.at)
    check_in = CheckIn(
        id=_id_for(work, report.id),
        case_id=leg.case_id,
        plan_id=plan.id,
        leg_id=leg.id,
        made_on=work.today(),
    )
    record = CheckInRecord(
        said,
        moment.at,
        work.principal.id,
        report.note,
        said_at=moment.said_at,
        said=report.word if said is Word.NOT_UNDERSTOOD else None,
        next_sign_at=report.next_sign_at,
    )
    work.vault.seal(check_in.record, record)
    work.session.add(check_in)
    note_danger(work, plan, said)
    raise_leg_alert(work, leg, alert_of(said))
    is_on_it = of_case is None or travels_on(work, plan, of_case)
    if said in _CONTACTS and moment.is_fresh and is_on_it:
        _restart_timer(work, plan, leg, moment.at, report.next_sign_at)
    work.trail.record(EventKind.LEG_CHECKED_IN, leg.case_id, leg=str(leg.id))
    shown = leg.expected_at if holds_leg(work, leg) or work.grants.holds(leg.case_id) else None
    asked = None if brought_for is None else brought_for.id
    return CheckInReceipt(check_in.id, asked, shown, _understood(work, plan, said))


def _id_for(work: Work, proposed: UUID | None) -> UUID:
    """Return the proposed id where it is free, else another: what was said is heard."""
    with suppress(IdTaken):
        return work.id_for(CheckIn, proposed)
    return new_id()


def find_place(work: Work, plans: list[Plan], brought_for: Leg | None) -> tuple[Plan, Leg]:
    """Return the journey and the leg on which a report counts, both locked."""
    open_plans = [plan for plan in plans if plan.status is PlanStatus.OPEN]
    plan = lock_row(work, Plan, (open_plans or plans)[0].id)
    legs = list_plan_legs(work, plan, lock=True)
    asked = [leg for leg in legs if brought_for is not None and leg.id == brought_for.id]
    if asked and asked[0].status in UNRESOLVED:
        return plan, asked[0]
    under_way = [leg for leg in reversed(legs) if leg.status is LegStatus.DEPARTED]
    missed = [leg for leg in reversed(legs) if leg.status is LegStatus.MISSED]
    waiting = [leg for leg in legs if leg.status in DUE]
    return plan, [*under_way, *missed, *waiting, *asked, legs[-1]][0]


def _judge(work: Work, plans: list[Plan], report: CheckInReport) -> Word:
    """Return what was said; a duress word counts in the note as well."""
    said = Word.NO_ANSWER
    if report.word is not None and report.word.strip():
        said = recognise(work, plans, report.word)
    noted = recognise(work, plans, "" if report.is_reason else report.note or "")
    return noted if noted is Word.DURESS else said


def _restart_timer(
    work: Work, plan: Plan, leg: Leg, at: datetime, next_sign_at: datetime | None
) -> None:
    present = work.deployment.time_span()
    record_contact(leg, at, present)
    if next_sign_at is not None:
        later = [other for other in list_plan_legs(work, plan) if other.position > leg.position]
        put_off(leg, later, next_sign_at, present)


def _understood(work: Work, plan: Plan, said: Word) -> bool | None:
    """Return whether an agreed word was heard; None after many that were not, lest one guess."""
    if said is not Word.NOT_UNDERSTOOD:
        return True
    now = minute_of(work.now())
    counter = work.deployment.counter_id("not understood", plan.id)
    tries = count_one(work.session, counter, at=now, since=now - timedelta(minutes=1))
    return False if tries <= FREE_TRIES else None
