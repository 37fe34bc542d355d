"""The figures that matter on the road: how long, how many moves, how long without a sign of life.

Counted from what is sealed on the legs, so only for those who hold them. Whole minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from sqlalchemy import select

from app.relocation.holding import holds_leg
from app.relocation.models import Leg, LegRecord, Plan, PlanStatus
from app.relocation.states import MOVING
from app.watch.models import CheckIn, CheckInRecord, Word
from app.work import Work


@dataclass(frozen=True, slots=True)
class Figures:
    """Of all plans of a case: time between first departure and last arrival (or now), moves from
    place to place, and the longest time on the road in which nothing was heard.
    """

    minutes_in_transit: int
    moves: int
    longest_silence_minutes: int


@dataclass(frozen=True, slots=True)
class _Leg:
    leg: Leg
    record: LegRecord
    moving: bool
    sayings: list[CheckInRecord]


def figures(work: Work, case_id: UUID) -> Figures:
    """Count the figures of a case from the legs that the principal holds."""
    plans = work.session.scalars(select(Plan).where(Plan.case_id == case_id)).all()
    legs = _open_legs(work, case_id)
    in_transit = silence = timedelta()
    for plan in plans:
        signs = _signs([leg for leg in legs if leg.leg.plan_id == plan.id])
        if not signs:
            continue
        if plan.status is PlanStatus.OPEN:
            signs.append(work.now())
        in_transit += signs[-1] - signs[0]
        silence = max(silence, *(later - sooner for sooner, later in pairwise([signs[0], *signs])))
    moves = sum(leg.moving and leg.record.left_at is not None for leg in legs)
    return Figures(_minutes(in_transit), moves, _minutes(silence))


def _open_legs(work: Work, case_id: UUID) -> list[_Leg]:
    rows = work.session.scalars(select(Leg).where(Leg.case_id == case_id)).all()
    held = [leg for leg in rows if holds_leg(work, leg)]
    heard: dict[UUID, list[CheckInRecord]] = {leg.id: [] for leg in held}
    for row in work.session.scalars(select(CheckIn).where(CheckIn.case_id == case_id)).all():
        if row.leg_id in heard:
            heard[row.leg_id].append(work.vault.open(row.saying))
    return [
        _Leg(
            leg,
            work.vault.open(leg.record),
            work.vault.open(leg.plan).kind in MOVING,
            heard[leg.id],
        )
        for leg in held
    ]


def _signs(legs: Sequence[_Leg]) -> list[datetime]:
    """Return when something was heard since the first departure, in order; empty before it."""
    left = [leg.record.left_at for leg in legs if leg.record.left_at is not None]
    arrived = [leg.record.arrived_at for leg in legs if leg.record.arrived_at is not None]
    said = [
        saying.at for leg in legs for saying in leg.sayings if saying.word is not Word.NO_ANSWER
    ]
    if not left:
        return []
    return sorted(at for at in (*left, *arrived, *said) if at >= min(left))


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
