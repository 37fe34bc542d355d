"""Pieces of queries that every domain needs: pages by keys, the next number, insert or update.

Knows SQLAlchemy's two dialects that we run on; knows no table and no key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypeVar

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Select,
    UpdateBase,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session

T = TypeVar("T")

_INSERTS: Final[Mapping[str, Callable[..., Any]]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


def keyset(
    query: Select[T],
    keys: Sequence[InstrumentedAttribute[Any]],
    *,
    after: Sequence[object] | None,
    limit: int,
    newest_first: bool = False,
) -> Select[T]:
    """Return the query of one page: rows ordered by ``keys``, after a position, at most ``limit``.

    ``keys`` must order rows totally; ``after`` holds their values in the last row seen.
    """
    order = [key.desc() for key in keys] if newest_first else list(keys)
    if after is not None:
        position = tuple_(*keys)
        last = tuple_(*(_bound(key, value) for key, value in zip(keys, after, strict=True)))
        query = query.where(position < last if newest_first else position > last)
    return query.order_by(*order).limit(limit)


def _bound(key: InstrumentedAttribute[Any], value: object) -> ColumnElement[Any]:
    return literal(value, key.type)


def next_number(
    session: Session, number: InstrumentedAttribute[int], *where: ColumnElement[bool]
) -> int:
    """Return one more than the highest number among the rows that match, 1 for the first.

    Two units that ask at once get the same number; the table's unique constraint lets one win.
    """
    highest = session.scalar(select(func.max(number)).where(*where))
    return 1 + (highest or 0)


def count_changed(
    session: Session, statement: UpdateBase, *, options: Mapping[str, object] = MappingProxyType({})
) -> int:
    """Execute an update or a deletion and return how many rows it changed."""
    result = session.execute(statement, execution_options=options)
    if not isinstance(result, CursorResult):
        raise TypeError(statement)
    return result.rowcount


def upsert(session: Session, table: Any) -> Any:
    """Return the INSERT of this session's database that has ``on_conflict_do_update``."""
    return _INSERTS[session.get_bind().dialect.name](table)
