"""Requests and responses of the watch. Values arrive already opened."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self, TypeAlias
from uuid import UUID

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from app.http.proposed_ids import AnyProposedId
from app.http.schema import Reason, Schema, Shut, case_shut
from app.relocation.models import LegStatus
from app.watch.check_ins import CheckInReceipt, Report
from app.watch.models import EscalationLevel
from app.watch.service import WatchedLeg


def _as_read(value: object, read: ValidatorFunctionWrapHandler) -> datetime | None:
    try:
        moment: datetime | None = read(value)
    except ValidationError:
        return None
    return moment


_Moment: TypeAlias = Annotated[datetime | None, WrapValidator(_as_read)]


class CheckInCreate(Schema):
    """What was said, as it came; null if there was no answer. ``at``: when, if not just now.

    Nothing of it is refused for its form but what is no JSON: a time that nobody can read counts as
    not given. ``next_sign_at``: when the person said that they will be heard again; a time without
    a zone is kept and moves nothing.
    """

    id: AnyProposedId = None
    word: Annotated[str | None, Field(examples=["tamarind", "yes, all well, tamarind"])] = None
    at: _Moment = None
    next_sign_at: _Moment = None
    note: Annotated[str | None, Field(examples=["The bus is five hours late."])] = None

    def to_report(self) -> Report:
        """Return the check-in as the service takes it."""
        return Report(**{name: getattr(self, name) for name in type(self).model_fields})


class AcknowledgementCreate(Schema):
    """What is acknowledged: a level, with those below it, or what was heard.

    ``danger_over``: the danger that family and fellow travellers are shown is over.
    """

    what: Annotated[
        EscalationLevel | Literal["duress", "not_understood", "danger_over"],
        Field(examples=["overdue"]),
    ]
    note: Annotated[Reason | None, Field(examples=["I call the driver."])] = None


class CheckInStateRead(Schema):
    """The check-in was recorded. The response is the same, whichever agreed word it was.

    ``understood``: whether an agreed word was heard; null after many in vain. ``expected_at``:
    when the next sign is due, for who may know.
    """

    id: UUID
    leg_id: UUID | None
    expected_at: datetime | None
    understood: bool | None

    @classmethod
    def of(cls, receipt: CheckInReceipt) -> Self:
        """Return that a check-in was recorded."""
        return cls(
            id=receipt.id,
            leg_id=receipt.leg_id,
            expected_at=receipt.expected_at,
            understood=receipt.understood,
        )


class WatchedLegSummary(Schema):
    """A leg on the road, silent or worse."""

    leg_id: UUID
    case_id: UUID
    call_sign: str | None
    travelling_along: list[str]
    position: int
    status: LegStatus
    level: EscalationLevel | None
    minutes_past_due: int
    acknowledged: bool
    duress: bool
    nobody_with_them: bool
    stranded: bool
    expected_at: datetime | None
    last_contact_at: datetime | None
    not_understood: int
    shut: Shut = None

    @classmethod
    def of(cls, watched: WatchedLeg) -> Self:
        """Return one leg of the coordinators' list."""
        leg = watched.leg
        return cls(
            leg_id=leg.id,
            case_id=leg.case_id,
            call_sign=watched.call_sign,
            travelling_along=watched.travelling_along,
            position=leg.position,
            status=leg.status,
            level=watched.level,
            minutes_past_due=watched.minutes_past_due,
            acknowledged=watched.acknowledged,
            duress=watched.duress,
            nobody_with_them=watched.nobody_with_them,
            stranded=watched.stranded,
            expected_at=leg.expected_at,
            last_contact_at=watched.last_contact_at,
            not_understood=watched.signs.not_understood,
            shut=case_shut(watched.record),
        )
