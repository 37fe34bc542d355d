"""When each job ran, in one row a job: due or not, succeeded or failed.

Knows names, times and kinds of errors. Who may run a job at a time is for ``store.locks``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.store.models import JobRun

RESTORE = "restore"
"""The row that says from the backup of which day a deployment was restored, and when."""


def begin_if_due(session: Session, name: str, *, now: datetime, every: timedelta) -> bool:
    """Note that a job begins, if it is due; returns whether it is. The caller commits.

    A beginning that lies in the future was written by a wrong clock, and counts as none: a clock
    that was a day ahead for a moment must not stop a job for a day.
    """
    run = session.get(JobRun, name)
    if run is None:
        session.add(JobRun(name=name, began_at=now, failures=0))
        return True
    if now - every < run.began_at <= now:
        return False
    run.began_at = now
    return True


def note_success(session: Session, name: str, *, now: datetime) -> None:
    """Note that a job succeeded; the caller commits."""
    run = session.get_one(JobRun, name)
    run.succeeded_at, run.failures, run.failure = now, 0, None


def note_failure(session: Session, name: str, *, now: datetime, kind: str) -> int:
    """Note that a job failed, by the kind of its error; returns how often since it succeeded."""
    run = session.get_one(JobRun, name)
    run.failed_at, run.failure = now, kind
    run.failures += 1
    return run.failures


def list_runs(session: Session) -> Sequence[JobRun]:
    """Return the runs of every job that ever began, by name."""
    return session.scalars(select(JobRun).order_by(JobRun.name)).all()
