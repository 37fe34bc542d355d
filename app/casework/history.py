"""What an edit replaced: kept sealed in the same compartment, readable to who may read the case.

Knows cells and their compartments; what a value means is for its package to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select

from app.cases.models import Case, Replaced, ReplacedCell
from app.store.queries import in_order
from app.store.sealed import SealedCell, sealed_fields
from app.vault.scopes import Scope
from app.work import Work

T = TypeVar("T")


def replace_cell(work: Work, case: Case, cell: SealedCell[T], value: T) -> bool:
    """Seal a new value into a cell of a case and keep the one before; returns whether it differs.

    Raises ``NoGrant``, ``Tampered``.
    """
    before = work.vault.find(cell)
    if before == value:
        return False
    if before is not None:
        row = ReplacedCell(
            case_id=case.id,
            field=cell.field.name,
            replaced_on=work.today(),
            replaced_by=work.principal.id,
        )
        work.vault.seal(_kept(row), Replaced(cell.field.encode(before).decode()))
        work.session.add(row)
    work.vault.seal(cell, value)
    return True


def list_replaced(
    work: Work, case: Case, *, after: tuple[date, UUID] | None = None, limit: int
) -> Sequence[ReplacedCell]:
    """Return what edits of a case replaced, newest first, as far as the principal's keys open it.

    ``after`` is (replaced_on, id) of the last one seen.
    """
    readable = [
        name
        for name, field in sealed_fields(ReplacedCell).items()
        if work.grants.is_named(case.id, Scope(field.compartment))
    ]
    query = select(ReplacedCell).where(
        ReplacedCell.case_id == case.id, ReplacedCell.field.in_(readable)
    )
    page = in_order(query, ReplacedCell.replaced_on, after=after, limit=limit, newest_first=True)
    return work.session.scalars(page).all()


def open_replaced(work: Work, rows: Sequence[ReplacedCell]) -> list[Replaced | None]:
    """Open a page of what was replaced, in order, None where one is shut."""
    return work.vault.open_listed([_kept(row) for row in rows])


def _kept(row: ReplacedCell) -> SealedCell[Replaced]:
    kept: Any = getattr(row, row.field)
    found: SealedCell[Replaced] = kept
    return found
