"""Requests and responses of the watch. Values arrive already opened."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from app.http.schema import Reason, Schema, ShortText, Shut, UtcMoment, case_shut
from app.relocation.models import LegStatus
from app.watch.check_ins import CheckInReceipt
from app.watch.models import EscalationLevel
from app.watch.service import WatchedLeg


class CheckInCreate(Schema):
    """The word that was said; null if there was no answer. ``at``: when, if not just now."""

    word: Annotated[ShortText | None, Field(examples=["tamarind"])]
    at: UtcMoment | None = None
    note: Reason | None = None


class AcknowledgementCreate(Schema):
    """What is acknowledged: a level, with those below it, or a duress word."""

    what: Annotated[EscalationLevel | Literal["duress"], Field(examples=["overdue"])]
    note: Annotated[Reason | None, Field(examples=["I call the driver."])] = None


class CheckInStateRead(Schema):
    """The check-in was recorded. The response is the same, whichever word it was."""

    id: UUID
    leg_id: UUID
    expected_at: datetime | None

    @classmethod
    def of(cls, receipt: CheckInReceipt) -> Self:
        """Return that a check-in was recorded."""
        return cls(id=receipt.id, leg_id=receipt.leg_id, expected_at=receipt.expected_at)


class WatchedLegSummary(Schema):
    """A leg on the road, silent or worse."""

    leg_id: UUID
    case_id: UUID
    call_sign: str | None
    position: int
    status: LegStatus
    level: EscalationLevel | None
    minutes_past_due: int
    acknowledged: bool
    duress: bool
    stranded: bool
    expected_at: datetime | None
    last_contact_at: datetime | None
    unknown_words: int
    shut: Shut = None

    @classmethod
    def of(cls, watched: WatchedLeg) -> Self:
        """Return one leg of the coordinators' list."""
        leg, record = watched.leg, watched.record
        return cls(
            leg_id=leg.id,
            case_id=leg.case_id,
            call_sign=watched.call_sign,
            position=leg.position,
            status=leg.status,
            level=watched.level,
            minutes_past_due=watched.minutes_past_due,
            acknowledged=watched.acknowledged,
            duress=watched.duress,
            stranded=watched.stranded,
            expected_at=leg.expected_at,
            last_contact_at=None if record is None else record.last_contact_at,
            unknown_words=0 if record is None else record.unknown_words,
            shut=case_shut(record),
        )
