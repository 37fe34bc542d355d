"""Requests and responses of retention. Values arrive opened; knows no keys."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from app.cases.models import FreeText, Summary
from app.cases.schemas import SummaryRead
from app.http.proposed_ids import ProposedId
from app.http.schema import Reason, Schema, Shut, Version, record_shut
from app.retention.due import Due
from app.retention.holds import HoldDetails, HoldStatus
from app.retention.models import ChosenDays, ErasureRequest, RetentionHold, RetentionLook
from app.retention.requests import REMAINS
from app.retention.schedule import BY_NAME, GRACE_DAYS, LONGEST_DAYS, Rule
from app.retention.service import CaseRetention, Schedule
from app.store.models import ErasedPart


class HoldCreate(Schema):
    """Why a case, or a part of one, is to be kept past its time, and until when."""

    id: ProposedId = None
    what: Annotated[ErasedPart | None, Field(description="The part; left out: the whole case.")] = (
        None
    )
    reason: Annotated[Reason, Field(examples=["Her appeal is decided in spring."])]
    until: Annotated[date, Field(description="Within 180 days.", examples=["2026-06-30"])]


class HoldStateRead(Schema):
    """A hold that was asked for, agreed or ended."""

    id: UUID
    version: Version
    case_id: UUID
    what: ErasedPart | None
    asked_by: UUID
    asked_on: date
    until: date
    agreed_by: UUID | None
    agreed_on: date | None
    ended_by: UUID | None
    ended_on: date | None

    @classmethod
    def of(cls, hold: RetentionHold) -> Self:
        """Return a hold without its reason."""
        return cls(**{name: getattr(hold, name) for name in HoldStateRead.model_fields})


class HoldRead(HoldStateRead):
    """A hold. ``reason`` and ``summary`` are null for who may know no more than that it exists."""

    status: HoldStatus
    reason: str | None
    summary: SummaryRead | None
    shut: Shut = None

    @classmethod
    def of_details(cls, details: HoldDetails) -> Self:
        """Return a hold, opened as far as it opens."""
        state = HoldStateRead.of(details.hold).model_dump()
        summary = None if details.summary is None else SummaryRead.of(details.summary)
        return cls(
            **state,
            status=details.status,
            reason=details.reason,
            summary=summary,
            shut="record.shut" if details.shut else None,
        )


class DueRead(Schema):
    """What goes of a case on which day, by which rule; ``stops``: why it stays until then."""

    rule: str
    what: str
    on: date
    stops: list[str]
    says: str

    @classmethod
    def of(cls, due: Due) -> Self:
        """Return one rule on one case."""
        return cls(
            rule=due.rule.name, what=due.what, on=due.on, stops=list(due.stops), says=due.rule.says
        )


class CaseRetentionRead(Schema):
    """What goes of a case when, in one line and one by one; who asked to keep it longer."""

    case_id: UUID
    line: str
    silent_on: date | None
    items: list[DueRead]
    holds: list[HoldRead]

    @classmethod
    def of(cls, retention: CaseRetention) -> Self:
        """Return what becomes of a case."""
        return cls(
            case_id=retention.case.id,
            line=retention.line,
            silent_on=retention.silent_on,
            items=list(map(DueRead.of, retention.dues)),
            holds=list(map(HoldRead.of_details, retention.holds)),
        )


class ErasureCreate(Schema):
    """A person's wish to be erased. ``codes_die``: codes that are still valid go as well."""

    id: ProposedId = None
    reason: Annotated[Reason, Field(examples=["She called; she gave the word."])]
    codes_die: bool = False


class ErasureStateRead(Schema):
    """A wish to be erased. ``remains``: what stays of the case, which the person hears."""

    id: UUID
    version: Version
    case_id: UUID
    asked_by: UUID
    asked_on: date
    codes_die: bool
    agreed_by: UUID | None
    agreed_on: date | None
    refused_by: UUID | None
    refused_on: date | None
    remains: list[str]

    @classmethod
    def of(cls, request: ErasureRequest) -> Self:
        """Return a wish without its reason."""
        names = [name for name in ErasureStateRead.model_fields if name != "remains"]
        return cls(**{name: getattr(request, name) for name in names}, remains=list(REMAINS))


class ErasureRead(ErasureStateRead):
    """A wish that waits for a lead, with its reason."""

    reason: str | None
    summary: SummaryRead | None
    shut: Shut = None

    @classmethod
    def of_opened(
        cls, request: ErasureRequest, summary: Summary | None, reason: FreeText | None
    ) -> Self:
        """Return a wish, opened as far as it opens."""
        return cls(
            **ErasureStateRead.of(request).model_dump(),
            reason=None if reason is None else reason.text,
            summary=None if summary is None else SummaryRead.of(summary),
            shut=record_shut(reason),
        )


class LookCreate(Schema):
    """Whether somebody whom vetters refused must be known to the last day of the schedule."""

    id: ProposedId = None
    needed: Annotated[bool, Field(examples=[False])]


class LookRead(Schema):
    """That somebody has looked, and what they think."""

    id: UUID
    case_id: UUID
    looked_by: UUID
    looked_on: date
    needed: bool

    @classmethod
    def of(cls, look: RetentionLook) -> Self:
        """Return that somebody has looked."""
        return cls(**{name: getattr(look, name) for name in cls.model_fields})


class ChosenDaysCreate(Schema):
    """Other days for a rule of the schedule."""

    id: ProposedId = None
    rule: Annotated[str, Field(max_length=40, examples=["contact"])]
    days: Annotated[int, Field(strict=True, ge=0, le=LONGEST_DAYS, examples=[14])]


class ChosenDaysRead(Schema):
    """Days that the leads chose for a rule. ``alone``: the only lead there was chose them."""

    id: UUID
    version: Version
    rule: str
    days: int
    asked_by: UUID
    asked_on: date
    agreed_by: UUID | None
    agreed_on: date | None
    alone: bool

    @classmethod
    def of(cls, choice: ChosenDays) -> Self:
        """Return days that were chosen, or wait for another lead."""
        names = [name for name in cls.model_fields if name != "alone"]
        alone = choice.agreed_by == choice.asked_by
        return cls(**{name: getattr(choice, name) for name in names}, alone=alone)


class ScheduleRuleRead(Schema):
    """One rule: its days here, the default, and the most that one lead could choose alone."""

    name: str
    what: str | None
    counted_from: str
    days: int
    default: int
    most: int
    says: str

    @classmethod
    def of(cls, rule: Rule) -> Self:
        """Return a rule as it counts here."""
        return cls(
            name=rule.name,
            what=None if rule.part is None else rule.part.value,
            counted_from=rule.trigger.value,
            days=rule.days,
            default=BY_NAME[rule.name].days,
            most=rule.most,
            says=rule.says,
        )


class ScheduleRead(Schema):
    """The schedule as it counts here, and the counts of the worker's last pass over all cases.

    ``counts`` are by rule: due, within 30 days, later, or why it waits. ``look_at`` names cases
    that nobody has read for too long, or that are to be looked at again.
    """

    rules: list[ScheduleRuleRead]
    grace_days: int
    chosen: list[ChosenDaysRead]
    waiting: list[ChosenDaysRead]
    counted_on: date | None
    counts: dict[str, int]
    look_at: list[str]

    @classmethod
    def of(cls, schedule: Schedule) -> Self:
        """Return the schedule as it counts here."""
        last = schedule.last
        return cls(
            rules=list(map(ScheduleRuleRead.of, schedule.rules)),
            grace_days=GRACE_DAYS,
            chosen=list(map(ChosenDaysRead.of, schedule.counting)),
            waiting=list(map(ChosenDaysRead.of, schedule.waiting)),
            counted_on=None if last is None else last.counted_on,
            counts={} if last is None else last.counts,
            look_at=[] if last is None else last.waiting,
        )
