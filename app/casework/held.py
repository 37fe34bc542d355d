"""The cases that a principal holds, as light rows: plain columns, and the cells that are asked for.

A page opens fifty summaries and a search many more cells; neither needs whole records. Knows
which cases are held by their live grants, and nothing of what stands in the cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    Uuid,
    bindparam,
    select,
    tuple_,
)

from app.cases.models import Case, CaseStatus, Contact, Identity, Summary
from app.permissions import Role
from app.store.base import NO_PART
from app.store.sealed import SealedCell
from app.vault.models import Grant, GrantReason
from app.vault.queries import live_grants
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


CASES = Case.__table__.c
_PLAIN = (
    CASES.id,
    CASES.version,
    CASES.status,
    CASES.opened_on,
    CASES.moved_on,
    CASES.triaged_on,
    CASES.emergency_until,
)
LISTED = select(*_PLAIN, CASES.summary_sealed)
SEARCHED = select(*_PLAIN, CASES.summary_sealed, CASES.identity_sealed, CASES.contact_sealed)


_HOLDER: Any = bindparam("holder")
_TODAY: Any = bindparam("today")


def held(*, walk: bool, holder: Any = _HOLDER, today: Any = _TODAY) -> ColumnElement[bool]:
    """Return the condition that the principal holds a live grant on a case, not on a leg alone.

    Takes ``holder`` and ``today`` when it is put together, or as parameters. Both forms say the
    same: ``walk`` looks up the grant of each case in turn, for who holds most of them; the other
    begins with the grants.
    """
    mine = select(Grant.case_id).where(
        Grant.holder_id == holder,
        Grant.reason != GrantReason.ESCORT,
        live_grants(today),
    )
    if walk:
        return mine.where(Grant.case_id == CASES.id).exists()
    return CASES.id.in_(mine)


def walks(work: Work) -> bool:
    """Return which form suits the principal: coordinators hold every case of their team."""
    return work.principal.role is Role.COORDINATOR


def holder_of(work: Work) -> dict[str, Any]:
    """Return the parameters that ``held`` takes."""
    return {"holder": work.principal.id, "today": work.today()}


def rows(work: Work, query: Select[*tuple[object, ...]], **values: object) -> list[CaseRow]:
    """Return the rows of a query on ``LISTED`` or ``SEARCHED`` with ``held`` in it."""
    parameters = holder_of(work) | values
    found = work.session.connection().execute(query, parameters).all()
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
    query = _page(walk=walks(work), after=after is not None, status=status is not None)
    day, case_id = after or (None, None)
    return rows(
        work, query, limit=limit,
        **({"after_day": day, "after_id": case_id} if after else {}),
        **({"status": status} if status else {}),
    )  # fmt: skip


@cache
def _page(*, walk: bool, after: bool, status: bool) -> Select[*tuple[object, ...]]:
    # Built once: putting the statement together costs as much as running it.
    query = LISTED.where(held(walk=walk))
    if after:
        position = tuple_(bindparam("after_day", type_=Date), bindparam("after_id", type_=Uuid))
        query = query.where(tuple_(CASES.opened_on, CASES.id) < position)
    if status:
        query = query.where(CASES.status == bindparam("status"))
    newest = (CASES.opened_on.desc(), CASES.id.desc())
    return query.order_by(*newest).limit(bindparam("limit", type_=Integer))


def list_summaries(work: Work, listed: Iterable[CaseRow | Case]) -> list[Summary]:
    """Open the summaries of a page, in order: one cell a case, one event for the page."""
    return work.vault.open_listed([row.summary for row in listed])


def newest_first(listed: Iterable[CaseRow]) -> Sequence[CaseRow]:
    """Return rows in the order of a list."""
    return sorted(listed, key=lambda row: (row.opened_on, row.id), reverse=True)
