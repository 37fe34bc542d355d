"""Whether a case is cleared, and until when. Knows the rounds' plain rows; opens nothing.

Other domains use this. Outcome and days are plain, because their callers hold no key to a
vetting; the row's MAC keeps a writer of the database from clearing anyone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select

from app.audit.events import EventKind
from app.store.authenticated import is_altered
from app.vault.errors import Tampered
from app.vetting.models import VettingOutcome, VettingRound
from app.work import Work


class Lapse(StrEnum):
    """Why a case that two vetters decided on is not cleared today."""

    REFUSED = "refused"
    EXPIRED = "expired"


_AGREED = frozenset({VettingOutcome.VERIFIED, VettingOutcome.REFUSED})


@dataclass(frozen=True, slots=True)
class Clearance:
    """Two vetters verified who this person is, and it still holds."""

    case_id: UUID
    round_id: UUID
    verified_on: date
    valid_until: date


def clearance(work: Work, case_id: UUID) -> Clearance | None:
    """Return the clearance that holds today, or None: never verified, expired, or refused since.

    Raises ``Tampered`` where an outcome is not what vetting wrote. Needs no key; who may know
    of the case is for the caller to see to.
    """
    newest = _find_newest(work, case_id)
    if newest is None or newest.outcome is not VettingOutcome.VERIFIED:
        return None
    if newest.ended_on is None or newest.valid_until is None or newest.valid_until < work.today():
        return None
    return Clearance(case_id, newest.id, newest.ended_on, newest.valid_until)


def is_refused(work: Work, case_id: UUID) -> bool:
    """Return whether the newest outcome is a refusal. Raises and asks as ``clearance`` does."""
    newest = _find_newest(work, case_id)
    return newest is not None and newest.outcome is VettingOutcome.REFUSED


def find_lapse(work: Work, case_id: UUID) -> Lapse | None:
    """Return why the newest outcome clears nobody today; None where it does or there is none.

    Raises and asks as ``clearance`` does.
    """
    newest = _find_newest(work, case_id)
    if newest is None:
        return None
    if newest.outcome is VettingOutcome.REFUSED:
        return Lapse.REFUSED
    return None if clearance(work, case_id) is not None else Lapse.EXPIRED


def withdraw_rounds(work: Work, case_id: UUID) -> None:
    """End the rounds of a case that is not vetted any more, without an outcome."""
    running = select(VettingRound).where(
        VettingRound.case_id == case_id, VettingRound.ended_on.is_(None)
    )
    for round_ in work.session.scalars(running).all():
        round_.outcome = VettingOutcome.WITHDRAWN
        round_.ended_on = work.today()
        work.grants.end(case_id, about=round_.id)
        work.trail.record(
            EventKind.VETTING_ENDED, case_id, round=str(round_.id), outcome=round_.outcome.value
        )


def _find_newest(work: Work, case_id: UUID) -> VettingRound | None:
    """Return the newest round that two vetters agreed in, after checking every round."""
    rounds = work.session.scalars(
        select(VettingRound)
        .where(VettingRound.case_id == case_id)
        .order_by(VettingRound.number.desc())
    ).all()
    for round_ in rounds:
        if is_altered(work.session, round_):
            raise Tampered
    return next((round_ for round_ in rounds if round_.outcome in _AGREED), None)
