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
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

T = TypeVar("T")

_INSERTS: Final[Mapping[str, Callable[..., object]]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


def keyset(
    query: Select[T],
    keys: Sequence[InstrumentedAttribute[object]],
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


def in_order(
    query: Select[T],
    day: InstrumentedAttribute[object],
    *,
    after: Sequence[object] | None = None,
    limit: int | None = None,
    newest_first: bool = False,
) -> Select[T]:
    """Return the query of one page of ``Ordered`` rows: by day, then as they were added.

    ``after`` is the day and the id of the last row seen; how many came before it stays inside.
    """
    model = day.class_
    keys = (day, model.sequence, model.id)
    if after is not None:
        last_day, last_id = after
        same = aliased(model)
        number = select(same.sequence).where(same.id == last_id).scalar_subquery()
        position = tuple_(*keys)
        last = tuple_(_bound(day, last_day), func.coalesce(number, 0), _bound(model.id, last_id))
        query = query.where(position < last if newest_first else position > last)
    query = query.order_by(*(key.desc() if newest_first else key for key in keys))
    return query if limit is None else query.limit(limit)


def _bound(key: InstrumentedAttribute[object], value: object) -> ColumnElement[object]:
    return literal(value, key.type)


def next_number(
    session: Session, number: InstrumentedAttribute[int], *where: ColumnElement[bool]
) -> int:
    """Return one more than the highest number among the rows that match, 1 for the first.

    Two units that ask at once get the same number; the table's unique constraint lets one win. Ask
    before looking whether another row is in the way: what is committed in between then collides.
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


def upsert(dialect: str, table: Any) -> Any:
    """Return the INSERT of a dialect that has ``on_conflict_do_update``."""
    return _INSERTS[dialect](table)
