"""What vetting takes and gives over HTTP. Knows no keys; values arrive already opened."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.casework.clearance import Clearance
from app.http.schema import LongText, Reason, Schema, ShortText, Version
from app.vetting.models import Check, Finding, Outcome, Source, Verdict, VettingRound
from app.vetting.service import LONGEST_DAYS, USUAL_DAYS, VETTERS, RoundFile

_MOST_LINKS = 20


class RequestVetting(Schema):
    """Whom a case is sent to, and what they should look at."""

    vetter_ids: Annotated[list[UUID], Field(min_length=VETTERS, max_length=VETTERS)]
    reason: Reason | None = None


class AddCheck(Schema):
    """What one source said. ``voucher`` is needed for a voucher; links lead to other vouchers."""

    source: Source
    finding: Finding
    source_note: LongText | None = None
    voucher: ShortText | None = None
    linked_to: Annotated[tuple[UUID, ...], Field(max_length=_MOST_LINKS)] = ()


class Decide(Schema):
    """One vetter's decision. The days count from the older of two fresh independent sources."""

    verdict: Verdict
    grounds: LongText
    valid_for_days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = USUAL_DAYS


class RoundReceipt(Schema):
    """How a round stands, and nothing of what it found."""

    id: UUID
    case_id: UUID
    version: Version
    number: int
    opened_on: date
    turn: int
    decided: int
    outcome: Outcome | None
    ended_on: date | None
    valid_until: date | None


class CheckReceipt(Schema):
    """A check was added."""

    id: UUID
    round_id: UUID


class CheckShown(Schema):
    """One check, as the round's vetters see it."""

    id: UUID
    source: Source
    finding: Finding
    made_at: datetime
    source_note: str | None
    voucher: str | None
    linked_to: list[UUID]


class DecisionShown(Schema):
    """One's own decision, or one of a turn that is over."""

    by: UUID
    turn: int
    verdict: Verdict
    grounds: str
    valid_for_days: int
    made_at: datetime


class RoundShown(RoundReceipt):
    """A round, as one of its vetters sees it."""

    reason: str | None
    independent_sources: int
    checks: list[CheckShown]
    decisions: list[DecisionShown]


class ClearanceShown(Schema):
    """Whether the case is cleared today, and how long that lasts."""

    cleared: bool
    verified_on: date | None = None
    valid_until: date | None = None


def round_receipt(round_: VettingRound) -> RoundReceipt:
    """Return what anyone on the case may know of a round."""
    return RoundReceipt(
        id=round_.id,
        case_id=round_.case_id,
        version=round_.version,
        number=round_.number,
        opened_on=round_.opened_on,
        turn=round_.turn,
        decided=round_.decided,
        outcome=round_.outcome,
        ended_on=round_.ended_on,
        valid_until=round_.valid_until,
    )


def round_shown(file: RoundFile) -> RoundShown:
    """Return what a vetter sees of a round."""
    return RoundShown(
        **round_receipt(file.round).model_dump(),
        reason=file.reason,
        independent_sources=file.independent_sources,
        checks=[_check_shown(check_id, check) for check_id, check in file.checks.items()],
        decisions=[
            DecisionShown(
                by=decision.by,
                turn=decision.turn,
                verdict=decision.verdict,
                grounds=decision.grounds,
                valid_for_days=decision.valid_for_days,
                made_at=decision.made_at,
            )
            for decision in file.decisions
        ],
    )


def clearance_shown(found: Clearance | None) -> ClearanceShown:
    """Return the answer to whether a case is cleared."""
    if found is None:
        return ClearanceShown(cleared=False)
    return ClearanceShown(
        cleared=True, verified_on=found.verified_on, valid_until=found.valid_until
    )


def _check_shown(check_id: UUID, check: Check) -> CheckShown:
    return CheckShown(
        id=check_id,
        source=check.source,
        finding=check.finding,
        made_at=check.made_at,
        source_note=check.source_note,
        voucher=check.voucher,
        linked_to=list(check.linked_to),
    )
