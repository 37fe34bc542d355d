"""Counts within a window of time: failed sign-ins, searches of a day, codes tried in vain.

- One table for all of them. A counter's id is an HMAC over what is counted, made by the caller, so
  a row says neither who nor what.
- Counting is one statement (insert or update), so two requests at once both count.
- A counter whose window is over starts again from one; the worker deletes it later.

Knows ids, numbers and minutes; knows no limit and no member.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, delete, select, update
from sqlalchemy.orm import Session

from app.store.models import Counter
from app.store.queries import count_changed, upsert

_HOUSEKEEPING = {"housekeeping": "counts attempts, each of which is in the trail"}


def count_one(session: Session, counter_id: UUID, *, at: datetime, since: datetime) -> int:
    """Add one to a counter and return its new value.

    ``at`` is the present minute; a counter last raised before ``since`` starts again.
    """
    counted = session.scalars(
        upsert(session, Counter)
        .values(id=counter_id, count=1, last_at=at)
        .on_conflict_do_update(
            index_elements=[Counter.id],
            set_={
                "count": case((Counter.last_at < since, 1), else_=Counter.count + 1),
                "last_at": at,
            },
        )
        .returning(Counter.count),
        execution_options=_HOUSEKEEPING,
    )
    return int(counted.one())


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


def forget_counts(session: Session, before: datetime) -> int:
    """Delete counters last raised before a moment; returns how many."""
    return count_changed(
        session, delete(Counter).where(Counter.last_at < before), options=_HOUSEKEEPING
    )
