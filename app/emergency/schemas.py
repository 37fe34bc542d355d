"""Requests and responses of emergencies. Values arrive opened; knows no keys."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from app.cases.schemas import SummaryRead
from app.emergency.service import LONGEST_HOURS, EmergencyRequest
from app.http.schema import Reason, Schema, Shut, Version, case_shut


class EmergencyDecisionCreate(Schema):
    """Why work must not wait for vetting, and for how many hours."""

    reason: Annotated[Reason, Field(examples=["An infant without food."])]
    hours: Annotated[int, Field(ge=1, le=LONGEST_HOURS, examples=[24])]


class EmergencyRequestRead(Schema):
    """A first decision that waits for the second."""

    case_id: UUID
    version: Version
    request_id: UUID
    decided_by: UUID
    decided_on: date
    hours: int
    reason: str | None
    summary: SummaryRead | None
    shut: Shut = None

    @classmethod
    def of(cls, request: EmergencyRequest) -> Self:
        """Return a decision that waits, opened."""
        return cls(
            case_id=request.case.id,
            version=request.case.version,
            request_id=request.decision.request_id,
            decided_by=request.decision.decided_by,
            decided_on=request.decision.decided_on,
            hours=request.decision.hours,
            reason=request.reason,
            summary=SummaryRead.of(request.summary),
            shut=case_shut(None if request.reason is None else request.summary),
        )


class EmergencyRequestListRead(Schema):
    """The first decisions that wait for a second."""

    items: list[EmergencyRequestRead]
