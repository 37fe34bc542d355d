"""The cases that a principal holds, as light rows: plain columns, and the cells that are asked for.

A page opens fifty summaries and a search many more cells; neither needs whole records. Knows
which cases are held by their live grants, and nothing of what stands in the cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, tuple_

from app.intake.models import Case, CaseStatus, Contact, Identity, Summary
from app.permissions import Role
from app.store.base import NO_PART
from app.store.sealed import SealedCell
from app.vault.keyring import live_grants
from app.vault.models import Grant, GrantReason
from app.work import Work


@dataclass(slots=True)
class CaseRow:
    """One held case. Cells that were not asked for are empty."""

    __tablename__ = Case.__tablename__

    id: UUID
    version: int
    status: CaseStatus
    opened_on: date
    moved_on: date
    triaged_on: date | None
    emergency_until: datetime | None
    _summary: bytes | None = None
    _identity: bytes | None = None
    _contact: bytes | None = None

    @property
    def case_id(self) -> UUID:
        """The case itself."""
        return self.id

    @property
    def part(self) -> UUID:
        """The whole case."""
        return NO_PART

    @property
    def summary(self) -> SealedCell[Summary]:
        """What a list shows."""
        return SealedCell(self, Case.summary)

    @property
    def identity(self) -> SealedCell[Identity]:
        """Who the person is."""
        return SealedCell(self, Case.identity)

    @property
    def contact(self) -> SealedCell[Contact]:
        """How to reach the person."""
        return SealedCell(self, Case.contact)


_TABLE = Case.__table__.c
_PLAIN = (
    _TABLE.id,
    _TABLE.version,
    _TABLE.status,
    _TABLE.opened_on,
    _TABLE.moved_on,
    _TABLE.triaged_on,
    _TABLE.emergency_until,
)
LISTED = select(*_PLAIN, _TABLE.summary_sealed)
SEARCHED = select(*_PLAIN, _TABLE.summary_sealed, _TABLE.identity_sealed, _TABLE.contact_sealed)


def held(work: Work) -> ColumnElement[bool]:
    """Return the condition that the principal holds a live grant on a case, not on a leg alone."""
    mine = select(Grant.case_id).where(
        Grant.holder_id == work.principal.id,
        Grant.reason != GrantReason.ESCORT,
        live_grants(work.today()),
    )
    if work.principal.role is Role.COORDINATOR:
        # They hold most of what there is: walk the cases, and look up each one's grant. Everybody
        # else holds few: begin with the grants. Both say the same.
        return mine.where(Grant.case_id == _TABLE.id).exists()
    return _TABLE.id.in_(mine)


def rows(work: Work, query: Select[*tuple[object, ...]]) -> list[CaseRow]:
    """Return the rows of a query that began with ``LISTED`` or ``SEARCHED``."""
    found = work.session.connection().execute(query).all()
    return [CaseRow(*cast("tuple[Any, ...]", row)) for row in found]


def list_cases(
    work: Work,
    *,
    after: tuple[Any, ...] | None = None,
    limit: int,
    status: CaseStatus | None = None,
) -> list[CaseRow]:
    """Return up to ``limit`` cases that the principal holds, newest first, after a position.

    The position is (opened_on, id) of the last case seen.
    """
    query = LISTED.where(held(work))
    if after is not None:
        query = query.where(tuple_(_TABLE.opened_on, _TABLE.id) < after)
    if status is not None:
        query = query.where(_TABLE.status == status)
    return rows(work, query.order_by(_TABLE.opened_on.desc(), _TABLE.id.desc()).limit(limit))


def list_summaries(work: Work, listed: Iterable[CaseRow | Case]) -> list[Summary]:
    """Open the summaries of a page, in order: one cell a case, one event for the page."""
    return work.vault.open_listed([row.summary for row in listed])


def newest_first(listed: Iterable[CaseRow]) -> Sequence[CaseRow]:
    """Return rows in the order of a list."""
    return sorted(listed, key=lambda row: (row.opened_on, row.id), reverse=True)
