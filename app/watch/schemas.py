"""Requests and responses of the watch. Values arrive already opened."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from app.http.schema import Reason, Schema, ShortText
from app.relocation.files import Reached
from app.relocation.models import Leg, LegStatus
from app.relocation.states import reached_at
from app.watch.check_ins import Heard
from app.watch.models import CheckInRecord, EscalationLevel, NotifiedGroup, Word
from app.watch.service import Watched

WORDS: dict[Word, Literal["safe", "duress", "no_answer"]] = {
    Word.SAFE: "safe",
    Word.DURESS: "duress",
    Word.NO_ANSWER: "no_answer",
}


class EscalationRead(Schema):
    """A rung that the present silence has reached, and who has it in hand."""

    rung: EscalationLevel
    told: NotifiedGroup
    reached_at: datetime | None
    acknowledged_by: UUID | None
    acknowledged_at: datetime | None
    note: str | None


class CheckInRead(Schema):
    """What was heard at a check-in."""

    word: Literal["safe", "duress", "no_answer"]
    at: datetime
    by: UUID
    note: str | None


class CheckInReceipt(Schema):
    """It was taken down. The answer is the same whatever was said."""

    id: UUID
    leg_id: UUID
    expected_at: datetime | None


class WatchedShown(Schema):
    """A leg that is moving, silent or worse."""

    leg_id: UUID
    case_id: UUID
    called: str | None
    position: int
    status: LegStatus
    rung: EscalationLevel | None
    minutes_past_due: int
    acknowledged: bool
    duress: bool
    stranded: bool
    expected_at: datetime | None
    heard_at: datetime | None
    unknown_words: int


def _rung_shown(leg: Leg, reached: Reached) -> EscalationRead:
    rung, taken = reached.rung, reached.taken
    at = leg.expected_at and reached_at(rung.rung, leg.expected_at, leg.grace_minutes)
    return EscalationRead(
        rung=rung.rung,
        told=rung.told,
        reached_at=at,
        acknowledged_by=taken.by if taken else None,
        acknowledged_at=taken.at if taken else None,
        note=taken.note if taken else None,
    )


def _saying_shown(saying: CheckInRecord) -> CheckInRead:
    return CheckInRead(word=WORDS[saying.word], at=saying.at, by=saying.by, note=saying.note)


def check_in_receipt(heard: Heard) -> CheckInReceipt:
    """Return that something was taken down."""
    return CheckInReceipt(id=heard.id, leg_id=heard.leg_id, expected_at=heard.expected_at)


def watched_shown(watched: Watched) -> WatchedShown:
    """Return one leg of the watch."""
    leg = watched.leg
    return WatchedShown(
        leg_id=leg.id,
        case_id=leg.case_id,
        called=watched.called,
        position=leg.position,
        status=leg.status,
        rung=watched.rung,
        minutes_past_due=watched.minutes_past_due,
        acknowledged=watched.acknowledged,
        duress=watched.duress,
        stranded=watched.stranded,
        expected_at=leg.expected_at,
        heard_at=watched.record.heard_at,
        unknown_words=watched.record.unknown_words,
    )


class MakeCheckIn(Schema):
    """The word that was heard; null where nobody answered. ``at``: when, if not just now."""

    word: ShortText | None
    at: AwareDatetime | None = None
    note: Reason | None = None


class Acknowledge(Schema):
    """What is taken in hand: a rung, with those below it, or a duress word."""

    what: EscalationLevel | Literal["duress"]
    note: Reason | None = None
