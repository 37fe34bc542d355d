"""Escalation of silence: late, overdue, missing; who is notified, and who acknowledged it.

- Escalation needs no key: the worker does it while no member is signed in.
- A contact ends a silence; levels that are reached later belong to the next silence.
- Each level raises an alert, which comes to who is on duty, to coordinators and to leads in turn.
- Acknowledging a level acknowledges the lower ones too.
- Where clocks disagree, levels are reached by the earliest of them. What a clock that was ahead has
  raised or put off is set right: the level is reached again at its true time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import select

from app.alerts.levels import SILENCES
from app.alerts.models import AlertKind
from app.alerts.service import acknowledge_leg_alerts, raise_alert
from app.audit.events import EventKind
from app.casework.danger import end_danger
from app.relocation.details import list_escalations
from app.relocation.legs import lock_leg, require_planner
from app.relocation.models import Leg, Plan
from app.relocation.timer import bring_back, levels_reached
from app.store.authenticated import leave_out_altered
from app.text.dates import minute_of
from app.totality import require_rows
from app.watch.errors import NothingToAcknowledge
from app.watch.models import (
    UNSEEN,
    Acknowledgement,
    CheckIn,
    EscalationLevel,
    LegEscalation,
    NotifiedGroup,
    Word,
)
from app.work import Work

LEGS_A_RUN = 500
DURESS: Literal["duress"] = "duress"
NOT_UNDERSTOOD: Literal["not_understood"] = "not_understood"
DANGER_OVER: Literal["danger_over"] = "danger_over"
Acknowledgeable: TypeAlias = EscalationLevel | Literal["duress", "not_understood", "danger_over"]
_ALERTS: Final = MappingProxyType(
    {
        Word.DURESS: AlertKind.DURESS_AT_CHECK_IN,
        Word.NOT_UNDERSTOOD: AlertKind.NOT_UNDERSTOOD,
    }
)
HEARD: Final[Mapping[str, Word]] = MappingProxyType(
    {DURESS: Word.DURESS, NOT_UNDERSTOOD: Word.NOT_UNDERSTOOD}
)
"""What was heard on a leg and waits for a planner to look at it."""

NOTIFIED: Final[Mapping[EscalationLevel, NotifiedGroup]] = MappingProxyType(
    {
        EscalationLevel.LATE: NotifiedGroup.ON_DUTY,
        EscalationLevel.OVERDUE: NotifiedGroup.COORDINATORS,
        EscalationLevel.MISSING: NotifiedGroup.COORDINATORS_AND_LEADS,
    }
)
"""Who is notified when a level is reached; what its alert then does is in ``alerts.levels``."""
require_rows("NOTIFIED", NOTIFIED, EscalationLevel, file="app/watch/escalation.py")


def escalate_due(work: Work) -> int:
    """Escalate every silent leg as far as the clock says; returns how many levels were reached.

    Takes the longest silent first, a bounded number a run. A job of the worker.
    """
    now, latest = work.deployment.time_span()
    _bring_back_timers(work, latest)
    _void_early_levels(work, now)
    silent = work.session.scalars(
        select(Leg)
        .where(Leg.expected_at < now, Leg.id.not_in(_legs_at_last_level(work)))
        .order_by(Leg.expected_at, Leg.id)
        .limit(LEGS_A_RUN)
    ).all()
    return escalate(work, silent, now)


def _legs_at_last_level(work: Work) -> set[UUID]:
    """Return the legs whose silence has reached the last level, by rows as they were written."""
    missing = (
        select(LegEscalation)
        .join(Leg, Leg.id == LegEscalation.leg_id)
        .where(
            LegEscalation.silence == Leg.silence,
            LegEscalation.level == EscalationLevel.MISSING,
            Leg.expected_at.is_not(None),
        )
    )
    rows = leave_out_altered(work.session, work.session.scalars(missing))
    return {row.leg_id for row in rows}


def _bring_back_timers(work: Work, latest: datetime) -> None:
    """Bring back the timers that a clock which was ahead has put off."""
    put_off = select(Leg).where(Leg.expected_at > latest, Leg.expected_at > Leg.due_at)
    for leg in work.session.scalars(put_off).all():
        if bring_back(leg, latest):
            work.trail.record(EventKind.LEG_TIMER_RESET, leg.case_id, leg=str(leg.id))
    work.session.flush()


def _void_early_levels(work: Work, now: datetime) -> None:
    """Begin another silence where a level was reached before its time, by a wrong clock.

    The rows of the false alarm stay, with who acknowledged them; the true one is raised again.
    """
    reached = work.session.execute(
        select(Leg, LegEscalation.level)
        .join(LegEscalation, LegEscalation.leg_id == Leg.id)
        .where(Leg.expected_at.is_not(None), LegEscalation.silence == Leg.silence)
    ).all()
    early = {
        leg.id: leg
        for leg, level in reached
        if level not in levels_reached(leg.expected_at, leg.grace_minutes, now)
    }
    for leg in early.values():
        leg.silence += 1
        work.trail.record(EventKind.LEG_TIMER_RESET, leg.case_id, leg=str(leg.id))
    work.session.flush()


def escalate(work: Work, legs: Sequence[Leg], now: datetime) -> int:
    """Write the levels that these legs have reached by ``now``; returns how many are new."""
    known = {(row.leg_id, row.level) for row in list_escalations(work, legs)}
    reached = 0
    for leg in legs:
        for level in levels_reached(leg.expected_at, leg.grace_minutes, now):
            if (leg.id, level) not in known:
                _write_escalation(work, leg, level)
                reached += 1
    return reached


def _write_escalation(work: Work, leg: Leg, level: EscalationLevel) -> None:
    notified = NOTIFIED[level]
    work.session.add(
        LegEscalation(
            case_id=leg.case_id,
            leg_id=leg.id,
            silence=leg.silence,
            level=level,
            notified=notified,
            reached_on=work.today(),
        )
    )
    work.trail.record(
        EventKind.LEG_SILENT,
        leg.case_id,
        leg=str(leg.id),
        level=level.value,
        notified=notified.value,
    )
    raise_leg_alert(work, leg, SILENCES[level])


def alert_of(said: Word) -> AlertKind:
    """Return the alert that a check-in writes: most say nothing."""
    return _ALERTS.get(said, AlertKind.NOTHING)


def raise_leg_alert(work: Work, leg: Leg, kind: AlertKind) -> None:
    """Write an alert about a leg, with its team, and who brought what was said."""
    plan = work.session.get_one(Plan, leg.plan_id)
    raise_alert(
        work,
        kind,
        member_id=work.principal.id,
        team_id=plan.team_id,
        case_id=leg.case_id,
        leg_id=leg.id,
        silence=leg.silence,
    )


# ---------------------------------------------------------------------- acknowledging


def acknowledge(work: Work, leg_id: UUID, what: Acknowledgeable, note: str | None = None) -> Leg:
    """Acknowledge a level, and those below it, or what was heard on a leg; returns the leg.

    Raises ``LegNotFound``, ``NotPlanner`` for one who does not plan the journey,
    ``NothingToAcknowledge``.
    """
    leg = lock_leg(work, leg_id)
    require_planner(work, leg)
    kinds: frozenset[AlertKind] = frozenset()
    if what == DANGER_OVER:
        done = end_danger(work, work.session.get_one(Plan, leg.plan_id))
    elif what in HEARD:
        done = _acknowledge_heard(work, leg, HEARD[what])
        kinds = frozenset({alert_of(HEARD[what])})
    else:
        level = EscalationLevel(what)
        done = _acknowledge_level(work, leg, level, note)
        kinds = frozenset(SILENCES[one] for one in EscalationLevel if one.rank <= level.rank)
    if not done:
        raise NothingToAcknowledge
    acknowledge_leg_alerts(work, leg.id, kinds)
    work.trail.record(EventKind.LEG_ACKNOWLEDGED, leg.case_id, leg=str(leg.id), what=str(what))
    return leg


def _acknowledge_level(work: Work, leg: Leg, level: EscalationLevel, note: str | None) -> bool:
    escalate(work, [leg], work.deployment.time_span()[0])
    work.session.flush()
    waiting = [row for row in list_escalations(work, [leg]) if row.acknowledged_on is None]
    if level not in {row.level for row in waiting}:
        return False
    for row in waiting:
        if row.level.rank <= level.rank:
            row.acknowledged_on = work.today()
            taken = Acknowledgement(work.principal.id, minute_of(work.now()), note)
            work.vault.seal(row.acknowledgement, taken)
    return True


def _acknowledge_heard(work: Work, leg: Leg, word: Word) -> bool:
    found = False
    for check_in in work.session.scalars(select(CheckIn).where(CheckIn.leg_id == leg.id)).all():
        record = work.vault.open(check_in.record)
        if record.word is word and record.seen_by == UNSEEN:
            work.vault.seal(check_in.record, replace(record, seen_by=work.principal.id))
            found = True
    return found
