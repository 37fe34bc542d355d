"""Responses about how a leg goes, for its planners. Values arrive already opened."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, Self, TypeAlias
from uuid import UUID

from app.http.schema import Schema
from app.relocation.details import EscalationDetails, LegDetails
from app.relocation.models import DueMove, Leg
from app.relocation.timer import level_reached_at
from app.totality import require_rows
from app.watch.models import CheckInRecord, EscalationLevel, NotifiedGroup, Word

WordRead: TypeAlias = Literal["safe", "duress", "no_answer", "not_understood", "told"]
WORDS: dict[Word, WordRead] = {
    Word.SAFE: "safe",
    Word.DURESS: "duress",
    Word.NO_ANSWER: "no_answer",
    Word.NOT_UNDERSTOOD: "not_understood",
    Word.TOLD: "told",
}
require_rows("WORDS", WORDS, Word, file="app/relocation/progress_schemas.py")


class EscalationRead(Schema):
    """A level that the present silence has reached, and who acknowledged it."""

    level: EscalationLevel
    notified: NotifiedGroup
    reached_at: datetime | None
    acknowledged_by: UUID | None
    acknowledged_at: datetime | None
    note: str | None

    @classmethod
    def of(cls, leg: Leg, details: EscalationDetails) -> Self:
        """Return one escalation of a leg."""
        level, taken = details.escalation.level, details.acknowledgement
        at = leg.expected_at and level_reached_at(level, leg.expected_at, leg.grace_minutes)
        return cls(
            level=level,
            notified=details.escalation.notified,
            reached_at=at,
            acknowledged_by=taken.by if taken else None,
            acknowledged_at=taken.at if taken else None,
            note=taken.note if taken else None,
        )


class DueMoveRead(Schema):
    """The time at which a leg was due was moved."""

    was: datetime
    became: datetime
    by: UUID
    at: datetime
    reason: str | None

    @classmethod
    def of(cls, move: DueMove) -> Self:
        """Return one move of the time at which a leg was due."""
        return cls(was=move.was, became=move.became, by=move.by, at=move.at, reason=move.reason)


class CheckInRead(Schema):
    """The word of a check-in, that there was no answer, or what was not understood, as it came.

    ``said_at`` is what the sender's clock said, where that cannot be: ``at`` is then the arrival.
    """

    word: WordRead
    said: str | None
    at: datetime
    said_at: datetime | None
    next_sign_at: datetime | None
    by: UUID
    note: str | None

    @classmethod
    def of(cls, record: CheckInRecord) -> Self:
        """Return one check-in."""
        return cls(
            word=WORDS[record.word],
            said=record.said,
            at=record.at,
            said_at=record.said_at,
            next_sign_at=record.next_sign_at,
            by=record.by,
            note=record.note,
        )


class LegProgressRead(Schema):
    """What only planners see of a leg."""

    case_id: UUID
    plan_id: UUID
    position: int
    escort_id: UUID | None
    left_at: datetime | None
    arrived_at: datetime | None
    last_contact_at: datetime | None
    not_understood: int
    reason: str | None
    due_moves: list[DueMoveRead]
    walked_on: date | None
    escalations: list[EscalationRead]
    check_ins: list[CheckInRead]

    @classmethod
    def of(cls, details: LegDetails) -> Self | None:
        """Return a leg's progress as its planners see it, None for the escort."""
        leg, progress = details.leg, details.progress
        if progress is None:
            return None
        record = progress.record
        return cls(
            case_id=leg.case_id,
            plan_id=leg.plan_id,
            position=leg.position,
            escort_id=leg.escort_id,
            left_at=record.left_at,
            arrived_at=record.arrived_at,
            last_contact_at=progress.last_contact_at,
            not_understood=sum(w.word is Word.NOT_UNDERSTOOD for w in progress.check_ins),
            reason=record.reason,
            due_moves=[DueMoveRead.of(move) for move in record.due_moves],
            walked_on=record.walked_on,
            escalations=[EscalationRead.of(leg, found) for found in progress.escalations],
            check_ins=[CheckInRead.of(found) for found in progress.check_ins],
        )
