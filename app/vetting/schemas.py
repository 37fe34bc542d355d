"""Requests and responses of vetting. Knows no keys; values arrive already opened."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field

from app.casework.clearance import Clearance
from app.http.proposed_ids import ProposedId
from app.http.schema import LongText, Reason, Schema, ShortText, Version
from app.vetting.models import (
    CheckDetail,
    DecisionDetail,
    Verdict,
    VettingCheck,
    VettingFinding,
    VettingOutcome,
    VettingRound,
    VettingSource,
)
from app.vetting.service import LONGEST_DAYS, USUAL_DAYS, VETTERS, OpenedRound

_MOST_LINKS = 20


class VettingCreate(Schema):
    """The two vetters that a case is sent to, and what they should look at."""

    id: ProposedId = None
    vetter_ids: Annotated[
        list[UUID],
        Field(
            min_length=VETTERS,
            max_length=VETTERS,
            examples=[
                ["3fa85f64-5717-4562-b3fc-2c963f66afa6", "5b1d2f0e-8c1a-4d7b-9a55-0f6e3c2b1a90"]
            ],
        ),
    ]
    reason: Reason | None = None


class VettingCheckCreate(Schema):
    """What one source said. ``voucher`` is needed for a voucher; links lead to other vouchers."""

    id: ProposedId = None
    source: Annotated[VettingSource, Field(examples=["former_colleague"])]
    finding: Annotated[VettingFinding, Field(examples=["consistent"])]
    source_note: Annotated[LongText, Field(examples=["Knew the cook by name"])] | None = None
    voucher: ShortText | None = None
    linked_to: Annotated[tuple[UUID, ...], Field(max_length=_MOST_LINKS)] = ()


class VettingDecisionCreate(Schema):
    """One vetter's decision. The days count from the older of two fresh independent sources."""

    verdict: Annotated[Verdict, Field(examples=["verified"])]
    grounds: Annotated[LongText, Field(examples=["Three accounts agree"])]
    valid_for_days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = USUAL_DAYS


class VettingStateRead(Schema):
    """The plain state of a round, and nothing of what it found."""

    id: UUID
    case_id: UUID
    version: Version
    number: int
    opened_on: date
    attempt: int
    decided: int
    outcome: VettingOutcome | None
    ended_on: date | None
    valid_until: date | None

    @classmethod
    def of(cls, round_: VettingRound) -> Self:
        """Return what anyone on the case may know of a round."""
        return cls(**_state(round_))


class VettingSummary(VettingStateRead):
    """A round in a list."""


class VettingCheckStateRead(Schema):
    """A check that was added."""

    id: UUID
    round_id: UUID

    @classmethod
    def of(cls, check: VettingCheck) -> Self:
        """Return a check without what it found."""
        return cls(id=check.id, round_id=check.round_id)


class VettingCheckRead(Schema):
    """One check, as the round's vetters see it."""

    id: UUID
    source: VettingSource
    finding: VettingFinding
    made_at: datetime
    source_note: str | None
    voucher: str | None
    linked_to: list[UUID]

    @classmethod
    def of(cls, check_id: UUID, check: CheckDetail) -> Self:
        """Return an opened check."""
        return cls(
            id=check_id,
            source=check.source,
            finding=check.finding,
            made_at=check.made_at,
            source_note=check.source_note,
            voucher=check.voucher,
            linked_to=list(check.linked_to),
        )


class VettingDecisionRead(Schema):
    """One's own decision, or one of an attempt that is over."""

    by: UUID
    attempt: int
    verdict: Verdict
    grounds: str
    valid_for_days: int
    made_at: datetime

    @classmethod
    def of(cls, decision: DecisionDetail) -> Self:
        """Return an opened decision."""
        return cls(
            by=decision.by,
            attempt=decision.attempt,
            verdict=decision.verdict,
            grounds=decision.grounds,
            valid_for_days=decision.valid_for_days,
            made_at=decision.made_at,
        )


class VettingRead(VettingStateRead):
    """A round, as one of its vetters sees it."""

    reason: str | None
    independent_sources: int
    checks: list[VettingCheckRead]
    decisions: list[VettingDecisionRead]

    @classmethod
    def of_opened(cls, opened: OpenedRound) -> Self:
        """Return what a vetter sees of a round."""
        return cls(
            **_state(opened.round),
            reason=opened.reason,
            independent_sources=opened.independent_sources,
            checks=[VettingCheckRead.of(key, check) for key, check in opened.checks.items()],
            decisions=list(map(VettingDecisionRead.of, opened.decisions)),
        )


class ClearanceRead(Schema):
    """Whether the case is cleared today, and how long that lasts."""

    cleared: bool
    verified_on: date | None = None
    valid_until: date | None = None

    @classmethod
    def of(cls, found: Clearance | None) -> Self:
        """Return a clearance, or that there is none."""
        if found is None:
            return cls(cleared=False)
        return cls(cleared=True, verified_on=found.verified_on, valid_until=found.valid_until)


def _state(round_: VettingRound) -> dict[str, Any]:
    return {
        "id": round_.id,
        "case_id": round_.case_id,
        "version": round_.version,
        "number": round_.number,
        "opened_on": round_.opened_on,
        "attempt": round_.attempt,
        "decided": round_.decided,
        "outcome": round_.outcome,
        "ended_on": round_.ended_on,
        "valid_until": round_.valid_until,
    }
