"""What time it is, and whether that can be trusted.

- Host's clock against the monotonic clock: since the process began both must have gone equally far.
  More than two minutes apart means that the host's clock was set.
- Host's clock against the database's, where that is another host's (PostgreSQL).
- The newest stamp that the worker left: time does not go back behind it. On SQLite, where the
  host's clock is all there is, a gap of more than seven days at start is a doubt as well.
- A doubt ends when the clocks agree again, or when ``padauk doctor --trust-clock`` says that the
  present time is right: every running process believes it too, at its next look.
- What was doubted stays on record, with its end, so that ``doctor`` can still name it.

What destroys, expires or ends asks here first and waits while there is a doubt. The watch over
people on the road goes on by the earliest time that any clock says (``span``): a clock that was
set ahead raises no false alarm, and one that was put right again delays none. Nothing else waits:
people work on. Knows clocks and three rows; decides nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.store.base import Moment
from app.store.engine import begin_read
from app.store.models import JobRun

TOLERANCE = timedelta(minutes=2)
LONGEST_GAP = timedelta(days=7)
STAMP = "clock"
"""The row whose ``began_at`` is the newest moment that this deployment has seen."""
TRUST = "clock trusted"
"""The row whose ``began_at`` is the moment that an operator last said was right."""
DOUBT = "clock doubt"
"""The row that tells of the last doubt: when it was noticed, what it was, when it was over."""

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC: the one place that asks the host's clock."""
    return datetime.now(UTC)  # noqa: TID251 - the injected clock's real source


def shifted_clock(file: Path) -> Clock:
    """Return the host's clock moved by the seconds written in a file, read at each call.

    For tests of a served process; settings refuse such a file in production.
    """

    def now() -> datetime:
        try:
            seconds = float(file.read_text(encoding="ascii") or 0)
        except (OSError, ValueError):
            seconds = 0.0
        return utc_now() + timedelta(seconds=seconds)

    return now


@dataclass(slots=True)
class TrustedClock:
    """Compares the host's clock with others, to say when it is wrong. One a process."""

    now: Clock = utc_now
    monotonic: Callable[[], float] = time.monotonic
    _began: tuple[datetime, float] = field(init=False)
    _trusted_at: datetime | None = field(default=None, init=False)
    _looked: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.accept()

    def accept(self) -> None:
        """Take the present time for right: a new beginning for both clocks."""
        self._began = (self.now(), self.monotonic())

    def jump(self) -> timedelta:
        """Return how much further the host's clock went than the monotonic one."""
        wall, steady = self._began
        return (self.now() - wall) - timedelta(seconds=self.monotonic() - steady)

    def has_jumped(self) -> bool:
        """Return whether the host's clock was set since this process began; asks no database."""
        return abs(self.jump()) > TOLERANCE

    def span(self, engine: Engine) -> tuple[datetime, datetime]:
        """Return the earliest and the latest present time that any of the clocks says."""
        now = self.now()
        said = [now]
        if self.has_jumped():
            said.append(now - self.jump())
        database = _database_time(engine)
        if database is not None and abs(now - database) > TOLERANCE:
            said.append(database)
        return min(said), max(said)

    def find_doubt(self, engine: Engine) -> str | None:
        """Return why the present time cannot be trusted, in words for an operator, or None."""
        with begin_read(engine) as connection, Session(connection) as session:
            marks = {
                run.name: run.began_at
                for run in session.scalars(select(JobRun).where(JobRun.name.in_((STAMP, TRUST))))
            }
        self._believe(marks.get(TRUST))
        if self.has_jumped():
            ahead = "ahead" if self.jump() > timedelta() else "back"
            return f"the host's clock was set {ahead} by {_words(self.jump())}"
        database = _database_time(engine)
        if database is not None and abs(self.now() - database) > TOLERANCE:
            return f"this host's clock is {_words(self.now() - database)} from the database's"
        stamp = marks.get(STAMP)
        if stamp is None:
            return None
        since = self.now() - stamp
        if since < -TOLERANCE:
            return f"the clock is {_words(-since)} behind the newest moment on record"
        if since > LONGEST_GAP and engine.dialect.name == "sqlite":
            return f"the newest moment on record is {_words(since)} ago"
        return None

    def _believe(self, trusted_at: datetime | None) -> None:
        """Accept the present time once, where an operator has said since the last look it is right.

        Not where this host's clock is far from what they trusted.
        """
        news = self._looked and trusted_at is not None and trusted_at != self._trusted_at
        self._looked, self._trusted_at = True, trusted_at
        if news and trusted_at is not None and abs(self.now() - trusted_at) <= LONGEST_GAP:
            self.accept()


def _database_time(engine: Engine) -> datetime | None:
    """Return what the clock of the database's host says, where that may be another host."""
    if engine.dialect.name != "postgresql":
        return None
    with Session(engine) as session:
        return session.scalars(select(func.clock_timestamp(type_=Moment()))).one()


def note_doubt(session: Session, doubt: str | None, now: datetime) -> None:
    """Keep on record what was doubted, and when that was over; the caller commits."""
    run = session.get(JobRun, DOUBT)
    if doubt is None:
        if run is not None and run.failures:
            run.failures, run.succeeded_at = 0, now
    elif run is None:
        session.add(JobRun(name=DOUBT, began_at=now, failures=1, failed_at=now, failure=doubt))
    elif not run.failures:
        run.began_at, run.failures, run.failed_at, run.failure = now, 1, now, doubt


def find_past_doubt(session: Session) -> str | None:
    """Return what was last doubted, in words with its end, or None since it was settled."""
    run = session.get(JobRun, DOUBT)
    if run is None or run.failure is None:
        return None
    if run.failures or run.succeeded_at is None:
        return run.failure
    return f"{run.failure}; over since {run.succeeded_at:%Y-%m-%d %H:%M} UTC"


def trust(session: Session, now: datetime) -> None:
    """Take the present time for right, here and in every process; the caller commits."""
    record_newest_moment(session, now, trusted=True)
    session.merge(JobRun(name=TRUST, began_at=now, failures=0))
    run = session.get(JobRun, DOUBT)
    if run is not None:
        session.delete(run)


def record_newest_moment(session: Session, now: datetime, *, trusted: bool = False) -> None:
    """Move the newest moment on record to ``now``; back only where somebody says it is right.

    The caller commits.
    """
    run = session.get(JobRun, STAMP)
    if run is None:
        session.add(JobRun(name=STAMP, began_at=now, failures=0))
    elif trusted or run.began_at < now:
        run.began_at = now


def _words(span: timedelta) -> str:
    minutes = abs(span) // timedelta(minutes=1)
    if minutes < 120:  # noqa: PLR2004 - beyond two hours, hours say more
        return f"{minutes} minutes"
    hours = minutes // 60
    return f"{hours} hours" if hours < 72 else f"{hours // 24} days"  # noqa: PLR2004 - three days
