"""The cases that a principal holds, as light rows: plain columns, and the cells that are selected.

A page opens fifty summaries and a search many more cells; neither needs whole records. Knows
live grants and sealed cells; opens none but summaries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache, partial
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    Uuid,
    bindparam,
    func,
    select,
    tuple_,
)

from app.cases.models import (
    Case,
    CaseStatus,
    Contact,
    Household,
    Identity,
    Papers,
    Summary,
    summary_on,
)
from app.permissions import Role
from app.store.authenticated import altered_rows, place_of
from app.store.base import NO_PART
from app.store.checked_queries import CheckedQuery
from app.store.kept_statements import connection_of
from app.store.sealed import SealedCell
from app.vault.models import OF_A_JOURNEY, Grant
from app.vault.queries import live_grants
from app.work import Work


@dataclass(slots=True)
class CaseRow:
    """One held case. Cells that were not selected are empty."""

    __tablename__ = Case.__tablename__

    id: UUID
    sequence: int
    version: int
    status: CaseStatus
    opened_on: date
    moved_on: date
    triaged_on: date | None
    emergency_until: datetime | None
    seals: bytes | None
    _summary: bytes | None = None
    _identity: bytes | None = None
    _papers: bytes | None = None
    _household: bytes | None = None
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
    def papers(self) -> SealedCell[Papers]:
        """What documents say of the person."""
        return SealedCell(self, Case.papers)

    @property
    def household(self) -> SealedCell[Household]:
        """The people who belong to the person."""
        return SealedCell(self, Case.household)

    @property
    def contact(self) -> SealedCell[Contact]:
        """How to reach the person."""
        return SealedCell(self, Case.contact)


CASES = Case.__table__.c
_READ = (
    CASES.id, CASES.sequence, CASES.version, CASES.status, CASES.opened_on, CASES.moved_on,
    CASES.triaged_on, CASES.emergency_until, CASES.seals, CASES.summary_sealed,
)  # fmt: skip
_SEARCHED = (
    CASES.identity_sealed, CASES.papers_sealed, CASES.household_sealed, CASES.contact_sealed,
)  # fmt: skip

CaseQuery: TypeAlias = CheckedQuery[CaseRow]
Narrow: TypeAlias = Callable[[Select[*tuple[object, ...]]], Select[*tuple[object, ...]]]


def listed(narrow: Narrow) -> CaseQuery:
    """Return a query for rows with their summaries, with ``visible_cases`` among its conditions."""
    return CheckedQuery(Case, CaseRow, _READ, narrow)


def searched(narrow: Narrow, *, list_: str | None = None) -> CaseQuery:
    """Return a query for rows with all cells that searches open, likewise."""
    return CheckedQuery(Case, CaseRow, (*_READ, *_SEARCHED), narrow, list_=list_)


_HOLDER: object = bindparam("holder")
_TODAY: object = bindparam("today")


class Strategy(StrEnum):
    """Where a query for visible cases begins. Both strategies give the same cases."""

    CASES = "cases"
    """At the cases, looking up a grant for each: for who holds most of them."""

    GRANTS = "grants"
    """At the member's grants: for who holds few cases."""


def visible_cases(
    *, strategy: Strategy, holder: Any = _HOLDER, today: Any = _TODAY
) -> ColumnElement[bool]:
    """Return the condition that the principal holds a live grant on a case, not on a leg alone.

    ``holder`` and ``today`` are given here, or as parameters when the statement is run.
    """
    mine = select(Grant.case_id).where(
        Grant.holder_id == holder,
        Grant.reason.not_in(OF_A_JOURNEY),
        live_grants(today),
    )
    if strategy is Strategy.CASES:
        return mine.where(Grant.case_id == CASES.id).exists()
    return CASES.id.in_(mine)


def strategy_for(work: Work) -> Strategy:
    """Return the faster strategy for the principal."""
    return Strategy.CASES if prefers_case_scan(work) else Strategy.GRANTS


def prefers_case_scan(work: Work) -> bool:
    """Return whether the principal holds most cases, as coordinators hold all of their team."""
    return work.principal.acts_as(Role.COORDINATOR)


def holder_of(work: Work) -> dict[str, object]:
    """Return the parameters of ``visible_cases``."""
    return {"holder": work.principal.id, "today": work.today()}


def rows(work: Work, query: CaseQuery, **values: object) -> list[CaseRow]:
    """Return the rows of a query of ``listed`` or ``searched``; those altered are noted as such."""
    found = query.all(
        connection_of(work.session), work.deployment.row_macs, holder_of(work) | values
    )
    altered = altered_rows(work.session)
    for case, authentic in found:
        if not authentic:
            altered.add(place_of(case))
    return [case for case, _ in found]


def list_cases(
    work: Work,
    *,
    after: tuple[date, UUID] | None = None,
    limit: int,
    status: CaseStatus | None = None,
) -> list[CaseRow]:
    """Return up to ``limit`` cases that the principal holds, newest first, after a position.

    The position is (opened_on, id) of the last case seen.
    """
    query = _page(strategy=strategy_for(work), after=after is not None, status=status is not None)
    day, case_id = after or (None, None)
    return rows(
        work, query, limit=limit,
        **({"after_day": day, "after_id": case_id} if after else {}),
        **({"status": status} if status else {}),
    )  # fmt: skip


@cache
def _page(*, strategy: Strategy, after: bool, status: bool) -> CaseQuery:
    return listed(partial(_narrow_page, strategy, after=after, status=status))


def _narrow_page(
    strategy: Strategy, query: Select[*tuple[object, ...]], *, after: bool, status: bool
) -> Select[*tuple[object, ...]]:
    query = query.where(visible_cases(strategy=strategy))
    if after:
        same, last_id = Case.__table__.alias(), bindparam("after_id", type_=Uuid)
        number = select(same.c.sequence).where(same.c.id == last_id).scalar_subquery()
        position = tuple_(bindparam("after_day", type_=Date), func.coalesce(number, 0), last_id)
        query = query.where(tuple_(CASES.opened_on, CASES.sequence, CASES.id) < position)
    if status:
        query = query.where(CASES.status == bindparam("status"))
    newest = (CASES.opened_on.desc(), CASES.sequence.desc(), CASES.id.desc())
    return query.order_by(*newest).limit(bindparam("limit", type_=Integer))


def list_summaries(
    work: Work, page: Iterable[CaseRow | Case], *, polled: bool = False
) -> list[Summary | None]:
    """Open the summaries of a page, in order, None where one is shut: one event for the page."""
    shown = list(page)
    alive = [row for row in shown if row.status is not CaseStatus.ERASED]
    opened = work.vault.open_listed([row.summary for row in alive], polled=polled)
    today, summaries = work.today(), iter(opened)
    found = (None if row.status is CaseStatus.ERASED else next(summaries) for row in shown)
    return [summary and summary_on(summary, today) for summary in found]


def newest_first(found: Iterable[CaseRow]) -> Sequence[CaseRow]:
    """Return rows in the order of a list."""
    return sorted(found, key=lambda row: (row.opened_on, row.sequence, row.id), reverse=True)
