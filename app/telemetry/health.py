"""Report whether this process is alive, ready, degraded.

- Alive: the process answers. Asked by what restarts it.
- Ready: database, keystore, their schema, whether they take writes, and room on the disk. Asked by
  what sends requests.
- Degraded: it serves, and something needs a person: a job late or failing, a log that waits, a
  clock in doubt, custody with one lead.

A job that ran in the last seconds proves that the database takes writes; only where none did is it
asked, for a moment and without waiting behind a writer. A lock that one writer holds for longer
than people wait is no writability.

Checks run in a thread of their own, never in those of requests; a round that does not come back
within its deadline counts as failed. Knows no person and no case.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine, literal, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.audit.sequencer import LogRewritten
from app.deployment import Deployment
from app.store.engine import Writing, begin_read, try_writing
from app.store.jobs import list_runs
from app.store.migrate import Line, current, head
from app.telemetry.metrics import database_folder
from app.vault.standing import CustodyStanding, custody_standing

STOP_SECONDS: Final = 2.0
EVERY_SECONDS: Final = 3.0
DEADLINE_SECONDS: Final = 8.0
"""After so long without a round that came back, the last one counts no more."""
LEAST_FREE_BYTES: Final = 50 * 1024 * 1024
PROVED_SECONDS: Final = 15.0
"""For so long nobody asks again whether a database takes writes."""
LONGEST_HELD_SECONDS: Final = 30.0
"""After so long under another's write lock a database counts as taking none."""
_ASKING_MILLISECONDS: Final = 50
LATE: Final[dict[str, timedelta]] = {
    "sequencer": timedelta(minutes=2),
    "escalation": timedelta(minutes=5),
    "alerts": timedelta(minutes=5),
    "log check": timedelta(days=2),
    "retention": timedelta(days=2),
}
"""How long ago a job may have succeeded before somebody should look."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: its name, whether it is as it should be, and in words."""

    name: str
    ok: bool
    says: str
    advises: bool = False
    """Nothing that who keeps the server can mend: `padauk doctor` says it as advice."""


@dataclass(frozen=True, slots=True)
class HealthReport:
    """What the last round of checks found: what keeps requests out, and what needs a person."""

    ready: tuple[Check, ...]
    degraded: tuple[Check, ...]


_SILENT = HealthReport(
    (Check("checks", ok=False, says="no round of checks came back in time"),),
    (Check("checks", ok=False, says="no round of checks came back in time"),),
)


class HealthProbe:
    """Runs the health checks every few seconds in a thread, and keeps the newest report.

    Asking costs nothing and waits for nothing. ``waiting`` is how full the queue of requests is,
    from 0 to 1.
    """

    def __init__(
        self,
        deployment: Deployment,
        waiting: Callable[[], float] = lambda: 0.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._deployment = deployment
        self._waiting = waiting
        self._monotonic = monotonic
        self._writability = Writability(monotonic)
        self._stopped = threading.Event()
        self._last: tuple[float, HealthReport] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread of the checks."""
        self._thread = threading.Thread(target=self._run, name="health", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop looking; a round in hand ends before the databases close, one that hangs may not."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def look(self) -> HealthReport:
        """Run one round of checks now, in the calling thread."""
        report = HealthReport(
            tuple(check_ready(self._deployment, self._waiting(), self._writability)),
            tuple(check_degraded(self._deployment)),
        )
        self._last = (self._monotonic(), report)
        return report

    def report(self) -> HealthReport:
        """Return what the last round found; a round that is overdue counts as a failed one."""
        if self._last is None or self._monotonic() - self._last[0] > DEADLINE_SECONDS:
            return _SILENT
        return self._last[1]

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self.look()
            except Exception as failure:  # noqa: BLE001 - a probe that dies says nothing for ever
                found = (Check("checks", ok=False, says=type(failure).__name__),)
                self._last = (self._monotonic(), HealthReport(found, found))
            self._stopped.wait(EVERY_SECONDS)


class Writability:
    """Remembers when it was last proved that a database takes writes."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._proved: dict[Line, float] = {}

    def check(self, line: Line, engine: Engine, *, proved: bool) -> Check:
        """Return whether a database takes writes; ``proved``: a job has written just now."""
        now = self._monotonic()
        # A lock that is held when we first look is not yet held for long.
        last = self._proved.setdefault(line, now - PROVED_SECONDS)
        if proved or now - last < PROVED_SECONDS:
            if proved:
                self._proved[line] = now
            return Check(f"{line} writes", ok=True, says="taken")
        said = try_writing(engine, milliseconds=_ASKING_MILLISECONDS)
        if said is Writing.TAKEN:
            self._proved[line] = now
        elif said is Writing.BUSY and now - last < LONGEST_HELD_SECONDS:
            return Check(f"{line} writes", ok=True, says="another is writing")
        return Check(f"{line} writes", ok=said is Writing.TAKEN, says=_SAID[said])


_SAID: Final = {
    Writing.TAKEN: "taken",
    Writing.BUSY: f"another has held the lock for more than {LONGEST_HELD_SECONDS:.0f} s",
    Writing.REFUSED: "refused: the file, its disk or the server lets nobody write",
}


def check_ready(
    deployment: Deployment, waiting: float, writability: Writability
) -> Iterator[Check]:
    """Yield what must hold for a request to be served."""
    lines: tuple[tuple[Line, Engine], ...] = (
        ("main", deployment.engine),
        ("keystore", deployment.keystore.engine),
    )
    for line, engine in lines:
        try:
            with begin_read(engine) as connection:
                connection.execute(select(literal(1)))
            at, wanted = current(engine, line), head(line)
            proved = line == "main" and _has_just_written(deployment)
            writes = writability.check(line, engine, proved=proved)
        except SQLAlchemyError as failure:
            yield Check(f"{line} database", ok=False, says=type(failure).__name__)
            continue
        yield Check(f"{line} database", ok=True, says="answers")
        yield writes
        yield Check(f"{line} schema", ok=at == wanted, says=f"at {at}, this program needs {wanted}")
    folder = database_folder(deployment.engine)
    if folder is not None:
        free = shutil.disk_usage(folder).free
        mebibytes = free // (1024 * 1024)
        yield Check("disk", ok=free >= LEAST_FREE_BYTES, says=f"{mebibytes} MiB free")
    yield Check("queue", ok=waiting < 1.0, says=f"{waiting:.0%} full")


def _has_just_written(deployment: Deployment) -> bool:
    """Return whether some process noted within the last seconds that a job began."""
    now, span = deployment.clock(), timedelta(seconds=PROVED_SECONDS)
    try:
        with begin_read(deployment.engine) as connection, Session(connection) as session:
            return any(abs(now - run.began_at) < span for run in list_runs(session))
    except SQLAlchemyError:
        return False  # a schema without jobs proves nothing


def check_degraded(deployment: Deployment) -> Iterator[Check]:
    """Yield what needs a person though requests are served."""
    now = deployment.clock()
    try:
        doubt = deployment.find_time_doubt()
        yield Check("clock", ok=doubt is None, says=doubt or "agrees with what is on record")
        with begin_read(deployment.engine) as connection, Session(connection) as session:
            runs = {run.name: run for run in list_runs(session)}
            standing = custody_standing(session)
    except SQLAlchemyError as failure:
        yield Check("jobs", ok=False, says=type(failure).__name__)
        return
    if standing is not None:
        yield _custody(standing)
    for name, longest in LATE.items():
        run = runs.get(name)
        if run is None or run.succeeded_at is None:
            yield Check(f"job {name}", ok=False, says="has never succeeded")
        elif run.failures:
            says = f"failed {run.failures} times since it last succeeded: {run.failure}"
            if run.failure == LogRewritten.__name__:
                says = f"THE LOG IS NOT AS IT WAS WRITTEN: keep the database as it is ({says})"
            yield Check(f"job {name}", ok=False, says=says)
        else:
            late = abs(now - run.succeeded_at) > longest
            yield Check(f"job {name}", ok=not late, says=f"{run.succeeded_at:%Y-%m-%d %H:%M} UTC")


def _custody(standing: CustodyStanding) -> Check:
    """Say whether more than one lead can open what nobody else holds."""
    says = f"{standing.threshold} of {standing.shares} shares, epoch {standing.epoch}"
    if standing.alone:
        says = "one lead alone has it: let a second lead join; ten cases are active at most"
    elif standing.due:
        says += f"; leads came or went: deal it again ({standing.leads} now)"
    sound = not standing.alone and not standing.due
    return Check("custody", ok=sound, says=says, advises=standing.alone)
