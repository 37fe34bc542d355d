"""One job at a time across processes: a lease in the database, taken by a conditional update.

Works alike on SQLite and PostgreSQL, and lapses by itself when its holder was killed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.store.models import JobLease


def take_lease(
    session: Session, name: str, holder: UUID, *, now: datetime, every: timedelta, hold: timedelta
) -> bool:
    """Take a job that is due and that nobody else holds; returns whether it was taken.

    The caller commits. Of two processes that try at once, one gets it.
    """
    options = {"housekeeping": "leases"}
    if session.scalar(select(JobLease.name).where(JobLease.name == name)) is None:
        try:
            with session.begin_nested():
                session.execute(
                    insert(JobLease).values(name=name, holder=holder, until=now + hold, ran_at=now),
                    execution_options=options,
                )
        except IntegrityError:
            return False
        return True
    taken = session.execute(
        update(JobLease)
        .where(JobLease.name == name, JobLease.until <= now, JobLease.ran_at <= now - every)
        .values(holder=holder, until=now + hold, ran_at=now),
        execution_options=options,
    )
    return bool(taken.rowcount)  # type: ignore[attr-defined]


def release_lease(session: Session, name: str, holder: UUID, *, now: datetime) -> None:
    """Give a job back as soon as it is done; the caller commits."""
    session.execute(
        update(JobLease).where(JobLease.name == name, JobLease.holder == holder).values(until=now),
        execution_options={"housekeeping": "leases"},
    )
