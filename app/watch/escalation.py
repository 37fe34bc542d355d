"""Silence, noticed: rungs that a leg climbs when nothing is heard of it past its time.

Climbing needs no key, so the worker does it whoever is signed in. A sign of life ends a silence;
what is reached after that belongs to the next one. Knows who is told; reaches nobody itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias
from uuid import UUID

from sqlalchemy import exists, select

from app.alerts.models import AlertKind
from app.alerts.service import raise_alert
from app.audit.events import EventKind
from app.relocation.errors import NothingToAcknowledge
from app.relocation.holding import lock_leg, require_planner
from app.relocation.models import Leg, Plan
from app.relocation.states import TOLD, rungs_reached
from app.text.dates import minute_of
from app.watch.models import (
    UNSEEN,
    Acknowledgement,
    CheckIn,
    CheckInRecord,
    EscalationLevel,
    LegEscalation,
    Word,
)
from app.work import Work

LEGS_A_RUN = 500
_ORDER = list(EscalationLevel)
DURESS: Literal["duress"] = "duress"
What: TypeAlias = EscalationLevel | Literal["duress"]


def climb_due(work: Work) -> int:
    """Let every silent leg climb to where the clock has it; returns how many rungs were reached.

    Takes the longest silent first, a bounded number a run.
    """
    at_the_top = exists().where(
        LegEscalation.leg_id == Leg.id,
        LegEscalation.silence == Leg.silence,
        LegEscalation.rung == EscalationLevel.MISSING,
    )
    silent = work.session.scalars(
        select(Leg)
        .where(Leg.expected_at < work.now(), ~at_the_top)
        .order_by(Leg.expected_at, Leg.id)
        .limit(LEGS_A_RUN)
    ).all()
    return climb(work, silent)


def climb(work: Work, legs: Sequence[Leg]) -> int:
    """Write the rungs that these legs have reached by now; returns how many are new."""
    known = {(rung.leg_id, rung.rung) for rung in list_rungs(work, legs)}
    reached = 0
    for leg in legs:
        for rung in rungs_reached(leg.expected_at, leg.grace_minutes, work.now()):
            if (leg.id, rung) not in known:
                _reach(work, leg, rung)
                reached += 1
    return reached


def _reach(work: Work, leg: Leg, rung: EscalationLevel) -> None:
    work.session.add(
        LegEscalation(
            case_id=leg.case_id,
            leg_id=leg.id,
            silence=leg.silence,
            rung=rung,
            told=TOLD[rung],
            reached_on=work.today(),
        )
    )
    work.trail.record(
        EventKind.LEG_SILENT, leg.case_id, leg=str(leg.id), rung=rung.value, told=TOLD[rung].value
    )
    if rung is EscalationLevel.MISSING:
        raise_leg_alert(work, leg, AlertKind.MISSING)


def list_rungs(work: Work, legs: Sequence[Leg]) -> list[LegEscalation]:
    """Return the rungs reached in the present silence of these legs, lowest first: one query."""
    silences = {leg.id: leg.silence for leg in legs}
    rows = work.session.scalars(
        select(LegEscalation).where(LegEscalation.leg_id.in_(silences))
    ).all()
    present = [row for row in rows if row.silence == silences[row.leg_id]]
    return sorted(present, key=lambda row: _ORDER.index(row.rung))


def hear(leg: Leg, at: datetime, now: datetime) -> None:
    """End a leg's silence: the next sign of life is due a grace later, and never sooner than was.

    News older than the grace ends nothing: the silence goes on.
    """
    due = minute_of(at) + timedelta(minutes=leg.grace_minutes)
    if leg.expected_at is None or due <= now:
        return
    leg.expected_at = max(leg.expected_at, due)
    leg.silence += 1


def raise_leg_alert(work: Work, leg: Leg, kind: AlertKind) -> None:
    """Write an alert about a leg, with the team that leads are to ask."""
    team_id = work.session.get_one(Plan, leg.plan_id).team_id
    raise_alert(work, kind, team_id=team_id, case_id=leg.case_id, leg_id=leg.id)


# ---------------------------------------------------------------------- acknowledging


def acknowledge(work: Work, leg_id: UUID, what: What, note: str | None = None) -> Leg:
    """Take a rung, and those below it, or a leg's duress, in hand; returns the leg.

    Raises ``LegNotFound``, ``MoveNotYours`` for one who does not plan the journey,
    ``NothingToAcknowledge``.
    """
    leg = lock_leg(work, leg_id)
    require_planner(work, leg)
    done = (
        _see_duress(work, leg)
        if what == DURESS
        else _take_rungs(work, leg, EscalationLevel(what), note)
    )
    if not done:
        raise NothingToAcknowledge
    work.trail.record(EventKind.LEG_ACKNOWLEDGED, leg.case_id, leg=str(leg.id), what=str(what))
    return leg


def _take_rungs(work: Work, leg: Leg, rung: EscalationLevel, note: str | None) -> bool:
    climb(work, [leg])
    work.session.flush()
    waiting = {r.rung: r for r in list_rungs(work, [leg]) if r.acknowledged_on is None}
    if rung not in waiting:
        return False
    for lower in _ORDER[: _ORDER.index(rung) + 1]:
        if (row := waiting.get(lower)) is not None:
            row.acknowledged_on = work.today()
            taken = Acknowledgement(work.principal.id, minute_of(work.now()), note)
            work.vault.seal(row.acknowledgement, taken)
    return True


def _see_duress(work: Work, leg: Leg) -> bool:
    unseen = find_unseen_duress(work, [leg])
    for check_in, saying in unseen:
        work.vault.seal(check_in.saying, replace(saying, seen_by=work.principal.id))
    return bool(unseen)


def find_unseen_duress(work: Work, legs: Sequence[Leg]) -> list[tuple[CheckIn, CheckInRecord]]:
    """Return the duress answers on these legs that no planner has acknowledged yet."""
    rows = work.session.scalars(
        select(CheckIn).where(CheckIn.leg_id.in_([leg.id for leg in legs]))
    ).all()
    opened = [(row, work.vault.open(row.saying)) for row in rows]
    return [
        (row, said) for row, said in opened if said.word is Word.DURESS and said.seen_by == UNSEEN
    ]
