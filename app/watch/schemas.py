"""Requests and responses of the watch. Values arrive already opened."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Final, Literal, Self, TypeAlias, TypeGuard
from uuid import UUID

from pydantic import (
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from app.http.proposed_ids import AnyProposedId
from app.http.schema import Reason, Schema, Shut, case_shut
from app.relocation.models import LegStatus
from app.watch.check_ins import CheckInReceipt, CheckInReport
from app.watch.models import EscalationLevel
from app.watch.service import WatchedLeg

_MOMENT: Final = TypeAdapter(datetime)


def _moment(value: object) -> datetime | str | None:
    """Return the moment that a text says, with a zone or without; else what came."""
    if value is None or isinstance(value, datetime):
        return value
    try:
        return (
            _MOMENT.validate_strings(value, strict=True)
            if _is_moment(value)
            else _as_it_came(value)
        )
    except ValidationError:
        return _as_it_came(value)


def _is_moment(value: object) -> TypeGuard[str]:
    """Return whether this may be a day and time: seconds since 1970 are not, as everywhere."""
    return isinstance(value, str) and value[4:5] == "-"


def _words(value: object, read: ValidatorFunctionWrapHandler) -> str | None:
    try:
        words: str | None = read(value)
    except ValidationError:
        return _as_it_came(value)
    return words


def _as_it_came(value: object) -> str:
    """Return what came in a field as somebody can read it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _if_moment(said: object) -> datetime | None:
    return said if isinstance(said, datetime) else None


_Moment: TypeAlias = Annotated[
    datetime | None, PlainValidator(_moment, json_schema_input_type=datetime | None)
]
_Words: TypeAlias = Annotated[str | None, WrapValidator(_words)]


class CheckInCreate(Schema):
    """What was said, as it came; null if there was no answer. ``at``: when, if not just now.

    Nothing of it is refused for its form but what is no JSON object: a time that nobody can read,
    and a field that nobody knows, are kept in the note. ``next_sign_at``: when the person said that
    they will be heard again; a time without a zone is kept and moves nothing.
    """

    model_config = ConfigDict(extra="allow")

    id: AnyProposedId = None
    word: Annotated[_Words, Field(examples=["tamarind", "yes, all well, tamarind"])] = None
    at: _Moment = None
    next_sign_at: _Moment = None
    note: Annotated[_Words, Field(examples=["The bus is five hours late."])] = None

    def to_report(self) -> CheckInReport:
        """Return the check-in as the service takes it; what has no place of its own is a note."""
        given: dict[str, object] = {
            "id": self.id, "at": self.at, "next_sign_at": self.next_sign_at,
        } | (self.model_extra or {})  # fmt: skip
        unread = [
            f"{name}: {_as_it_came(said)}"
            for name, said in given.items()
            if said and not isinstance(said, UUID | datetime)
        ]
        return CheckInReport(
            word=self.word,
            note="\n".join(filter(None, (self.note, *unread))) or None,
            at=_if_moment(given["at"]),
            next_sign_at=_if_moment(given["next_sign_at"]),
            id=id_ if isinstance(id_ := given["id"], UUID) else None,
        )


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
