"""What reports answer."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from app.cases.models import CaseStatus
from app.http.schema import Schema
from app.ledger.models import EntryKind


class ReleaseShown(Schema):
    """One finished half-year. ``withheld``: too few to tell. None in a table: a hidden count."""

    half_year: str
    withheld: bool
    total: int | None
    tables: dict[str, dict[str, int | None]]
    made_on: date


class CaseworkReport(Schema):
    """Every finished half-year, as it was first told."""

    items: list[ReleaseShown]


class OpeningsShown(Schema):
    """One member's openings in one month, under a name made up for this answer."""

    month: str
    member: str
    role: str
    openings: int
    cases: int


class OpeningsReport(Schema):
    """Who opened how much."""

    items: list[OpeningsShown]


class FundMonthShown(Schema):
    """What one fund booked in one month, by kind; minor units."""

    fund_id: UUID
    currency: str
    month: str
    kind: EntryKind
    entries: int
    amount: int


class LedgerReport(Schema):
    """The ledger without payees."""

    items: list[FundMonthShown]


class Caseload(Schema):
    """How many cases stand where."""

    counts: dict[CaseStatus, int]


class CheckpointShown(Schema):
    """The newest signed checkpoint (C2SP), and the line by which to verify it."""

    size: int
    made_at: datetime
    note: str
    verifier: str
