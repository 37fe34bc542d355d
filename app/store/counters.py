"""Counts within a window of time: failed sign-ins, searches of a day, codes tried in vain.

- One table for all of them. A counter's id is an HMAC over what is counted, made by the caller, so
  a row says neither who nor what.
- Counting is one statement (insert or update), so two requests at once both count.
- A counter whose window is over starts again; the worker deletes it later.

Knows ids, numbers and minutes; knows no limit and no member.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, case, delete, select, update
from sqlalchemy.orm import Session

from app.store.kept_statements import connection_of
from app.store.models import Counter
from app.store.queries import count_changed, upsert

_HOUSEKEEPING = {"housekeeping": "counts attempts, each of which is in the trail"}


def count_one(session: Session, counter_id: UUID, *, at: datetime, since: datetime) -> int:
    """Add one to a counter and return its new value; see ``count``."""
    return count(session, counter_id, at=at, since=since, by=1)


def count(session: Session, counter_id: UUID, *, at: datetime, since: datetime, by: int) -> int:
    """Add a number to a counter and return its new value.

    ``at`` is the present minute; a counter last raised before ``since`` starts again.
    """
    connection = connection_of(session)
    given = {"counter": counter_id, "at": at, "since": since, "by": by}
    return int(connection.execute(_counting(connection.dialect.name), given).scalar_one())


@cache
def _counting(dialect: str) -> Any:
    # Built once: putting the statement together costs more than running it.
    columns = Counter.__table__.c
    at = bindparam("at", type_=columns.last_at.type)
    since = bindparam("since", type_=columns.last_at.type)
    by = bindparam("by", type_=columns.count.type)
    return (
        upsert(dialect, Counter.__table__)
        .values(id=bindparam("counter", type_=columns.id.type), count=by, last_at=at)
        .on_conflict_do_update(
            index_elements=[columns.id],
            set_={
                "count": case((columns.last_at < since, by), else_=columns.count + by),
                "last_at": at,
            },
        )
        .returning(columns.count)
    )


def read_counts(
    session: Session, counter_ids: Iterable[UUID], *, since: datetime
) -> dict[UUID, int]:
    """Return the values of those counters that were raised at ``since`` or later."""
    rows = session.execute(
        select(Counter.id, Counter.count.label("value")).where(
            Counter.id.in_(list(counter_ids)), Counter.last_at >= since
        )
    )
    return {row.id: row.value for row in rows}


def reset_count(session: Session, counter_id: UUID) -> None:
    """Set a counter back to zero."""
    session.execute(
        update(Counter).where(Counter.id == counter_id).values(count=0),
        execution_options=_HOUSEKEEPING,
    )


def take_counts(session: Session, counter_ids: Iterable[UUID]) -> list[int]:
    """Return the values of those counters that are above zero, in the order of their minutes.

    They are deleted with it, so that none may be counted up any more.
    """
    found = select(Counter.count.label("value"), Counter.id).where(
        Counter.id.in_(list(counter_ids)), Counter.count > 0
    )
    rows = session.execute(found.order_by(Counter.last_at)).all()
    session.execute(
        delete(Counter).where(Counter.id.in_([row.id for row in rows])),
        execution_options=_HOUSEKEEPING,
    )
    return [row.value for row in rows]


def forget_counts(session: Session, before: datetime) -> int:
    """Delete counters last raised before a moment; returns how many."""
    return count_changed(
        session, delete(Counter).where(Counter.last_at < before), options=_HOUSEKEEPING
    )
