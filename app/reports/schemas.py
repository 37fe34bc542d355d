"""Responses of reports. Knows no keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from app.audit.models import AuditCheckpoint
from app.cases.models import CaseStatus
from app.http.schema import Schema
from app.ledger.models import EntryKind
from app.presets import PRESETS, Preset
from app.reports.models import PublishedReport
from app.reports.service import FundMonth, Group, Openings


class HalfYearRead(Schema):
    """One finished half-year. ``withheld``: too few cases. Null in a table: a hidden count.

    ``provisional``: it ended, and has no figures before ``fixed_on``.
    """

    half_year: str
    withheld: bool
    total: int | None
    tables: dict[str, dict[str, int | None]]
    made_on: date | None
    provisional: bool = False
    fixed_on: date | None = None

    @classmethod
    def of(cls, report: PublishedReport) -> Self:
        """Return a published report."""
        return cls(
            half_year=report.half_year,
            withheld=report.total is None,
            total=report.total,
            tables=report.tables,
            made_on=report.made_on,
        )


class GroupRead(Schema):
    """What a report begins with: how the group is held to its limits, and what it gives up.

    Without an auditor nobody audits it; a lead alone decides what else takes two.
    """

    preset: Preset
    gives_up: list[str]
    leads: int
    auditors: int
    custody_of_one: bool

    @classmethod
    def of(cls, group: Group) -> Self:
        """Return the head of a report."""
        return cls(
            preset=group.preset,
            gives_up=list(PRESETS[group.preset].gives_up),
            leads=group.leads,
            auditors=group.auditors,
            custody_of_one=group.custody_of_one,
        )


class CaseworkReportRead(Schema):
    """Every finished half-year, as it was first published, and the one that is provisional."""

    group: GroupRead
    items: list[HalfYearRead]

    @classmethod
    def of(
        cls,
        group: Group,
        reports: Iterable[PublishedReport],
        provisional: Iterable[tuple[str, date]],
    ) -> Self:
        """Return published reports, and which half-years have none yet."""
        items = [HalfYearRead.of(report) for report in reports]
        items += [
            HalfYearRead(
                half_year=half_year, withheld=True, total=None, tables={}, made_on=None,
                provisional=True, fixed_on=fixed_on,
            )
            for half_year, fixed_on in provisional
        ]  # fmt: skip
        return cls(group=GroupRead.of(group), items=items)


class MemberOpeningsRead(Schema):
    """One member's openings in one month, under a name made up for this response."""

    month: str
    member: str
    role: str
    openings: int
    cases: int


class OpeningsReportRead(Schema):
    """Who opened how much."""

    group: GroupRead
    items: list[MemberOpeningsRead]
    shut: Annotated[int, Field(ge=0, description="Events that do not verify, counted for nobody")]

    @classmethod
    def of(cls, group: Group, lines: Iterable[Openings], shut: int) -> Self:
        """Return the openings of members, and how many events did not open."""
        items = [MemberOpeningsRead(**asdict(line)) for line in lines]
        return cls(group=GroupRead.of(group), items=items, shut=shut)


class FundMonthRead(Schema):
    """What one fund booked in one month, by kind; minor units."""

    fund_id: UUID
    currency: str
    month: str
    kind: EntryKind
    entries: int
    amount: int


class LedgerReportRead(Schema):
    """The ledger without payees."""

    group: GroupRead
    items: list[FundMonthRead]

    @classmethod
    def of(cls, group: Group, lines: Iterable[FundMonth]) -> Self:
        """Return the months of funds."""
        items = [FundMonthRead(**asdict(line)) for line in lines]
        return cls(group=GroupRead.of(group), items=items)


class CaseloadRead(Schema):
    """How many cases have which status."""

    counts: dict[CaseStatus, int]

    @classmethod
    def of(cls, counts: Mapping[CaseStatus, int]) -> Self:
        """Return counts by status."""
        return cls(counts=dict(counts))


class CheckpointRead(Schema):
    """The newest signed checkpoint (C2SP), and the line by which to verify it."""

    size: int
    made_at: datetime
    note: str
    verifier: str

    @classmethod
    def of(cls, checkpoint: AuditCheckpoint, verifier: str) -> Self:
        """Return a checkpoint with its verifier line."""
        return cls(
            size=checkpoint.size,
            made_at=checkpoint.made_at,
            note=checkpoint.note,
            verifier=verifier,
        )
