"""What time it is, and whether that can be trusted.

- Host's clock against the monotonic clock: since the process began both must have gone equally far.
  More than two minutes apart means that the host's clock was set.
- Host's clock against the database's, where that is another host's (PostgreSQL).
- The newest stamp that the worker left: time does not go back behind it. On SQLite, where the
  host's clock is all there is, a gap of more than seven days at start is a doubt as well.
- A doubt ends when the clocks agree again, or when ``padauk doctor --trust-clock`` says that the
  present time is right.

What destroys, expires, ends or alarms asks here first and waits while there is a doubt. Nothing
else waits: people work on. Knows clocks and one row; decides nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.store.models import JobRun

TOLERANCE = timedelta(minutes=2)
LONGEST_GAP = timedelta(days=7)
STAMP = "clock"
"""The row whose ``began_at`` is the newest moment that this deployment has seen."""

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
    """A clock that knows when to doubt itself. Made once a process, at its start."""

    now: Clock = utc_now
    monotonic: Callable[[], float] = time.monotonic
    _began: tuple[datetime, float] = field(init=False)
    _accepted_gap: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.accept()

    def accept(self) -> None:
        """Take the present time for right: a new beginning for both clocks."""
        self._began = (self.now(), self.monotonic())

    def jump(self) -> timedelta:
        """Return how much further the host's clock went than the monotonic one."""
        wall, steady = self._began
        return (self.now() - wall) - timedelta(seconds=self.monotonic() - steady)

    def find_doubt(self, engine: Engine) -> str | None:
        """Return why the present time cannot be trusted, in words for an operator, or None."""
        jump = self.jump()
        if abs(jump) > TOLERANCE:
            return f"the host's clock was set by {_words(jump)} since this process began"
        with Session(engine) as session:
            if engine.dialect.name == "postgresql":
                apart = self.now() - session.scalars(select(func.clock_timestamp())).one()
                if abs(apart) > TOLERANCE:
                    return f"this host's clock is {_words(apart)} from the database's"
            stamp = session.scalar(select(JobRun.began_at).where(JobRun.name == STAMP))
        if stamp is None:
            return None
        since = self.now() - stamp
        if since < -TOLERANCE:
            return f"the clock is {_words(-since)} behind the newest moment on record"
        if since > LONGEST_GAP and engine.dialect.name == "sqlite":
            return f"the newest moment on record is {_words(since)} ago"
        return None


def leave_stamp(session: Session, now: datetime, *, trusted: bool = False) -> None:
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
