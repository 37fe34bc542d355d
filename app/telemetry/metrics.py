"""Figures of a process for Prometheus, on a port of their own that only this machine reaches.

- Requests and their durations by operation and status; requests that wait; connections in use.
- Jobs: when each last succeeded, and how often it failed since. Events without a place in the log.
- Free space under an embedded database.

Of several processes on one host each serves its own figures: on the first port that is free, as
many ports from the first as there are processes.

No figure has a label that names a person, a case or an address. Knows counts; opens nothing.
"""

from __future__ import annotations

import errno
import logging
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from app.audit.sequencer import count_unsequenced
from app.clock import DOUBT, STAMP, TRUST
from app.store.engine import begin_read
from app.store.jobs import RESTORE, list_runs

_log = logging.getLogger(__name__)
ADDRESS: Final = "127.0.0.1"
_NO_JOBS: Final = frozenset({STAMP, TRUST, DOUBT, RESTORE})
"""Rows that keep a moment in the shape of a job's run."""
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)


class Metrics:
    """The figures of one process. Safe to use from several threads."""

    def __init__(self, engine: Engine, waiting: Callable[[], int] = lambda: 0) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "padauk_requests", "Requests that were answered", ["operation", "status"],
            registry=self.registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "padauk_request_seconds", "From the first byte to the response", ["operation"],
            buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        queue = Gauge(
            "padauk_requests_waiting", "Requests in hand or waiting for a thread",
            registry=self.registry,
        )  # fmt: skip
        queue.set_function(waiting)
        # Found once: looking a figure up by its labels costs more than counting.
        self._figures: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        self.registry.register(_DatabaseCollector(engine))

    def count_request(self, operation: str, status: int, seconds: float) -> None:
        """Count one response."""
        figures = self._figures.get((operation, status))
        if figures is None:
            figures = self._requests.labels(operation, str(status)), self._seconds.labels(operation)
            self._figures[operation, status] = figures
        figures[0].inc()
        figures[1].observe(seconds)

    def serve(self, ports: Iterable[int]) -> Callable[[], None]:
        """Serve the figures on the first free port of the loopback address.

        Returns what stops that. Where none is free, people are served without figures: a monitor
        sees that its target is missing.
        """
        for port in ports:
            try:
                return self._serve(port)
            except OSError as failure:
                if failure.errno != errno.EADDRINUSE:
                    raise
        _log.warning("every port of metrics is taken: this process serves none")
        return lambda: None

    def _serve(self, port: int) -> Callable[[], None]:
        server, thread = start_http_server(port, addr=ADDRESS, registry=self.registry)

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join(timeout=5)

        return stop


class _DatabaseCollector(Collector):
    """Reads what the database knows, each time it is scraped; nothing where it does not answer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from self._connections()
        yield from self._disk()
        try:
            # Not with the write lock of SQLite: a scrape must hold up no request.
            with begin_read(self._engine) as connection, Session(connection) as session:
                yield from _jobs(session)
                count = count_unsequenced(session)
                yield GaugeMetricFamily("padauk_events_unsequenced", "Without a leaf", count)
        except SQLAlchemyError:
            yield GaugeMetricFamily("padauk_database_up", "Whether the database answers", 0)
            return
        yield GaugeMetricFamily("padauk_database_up", "Whether the database answers", 1)

    def _connections(self) -> Iterator[GaugeMetricFamily]:
        pool = self._engine.pool
        if isinstance(pool, QueuePool):
            in_use = pool.checkedout()
            yield GaugeMetricFamily("padauk_connections_in_use", "Of this process's pool", in_use)

    def _disk(self) -> Iterator[GaugeMetricFamily]:
        folder = database_folder(self._engine)
        if folder is not None:
            free = shutil.disk_usage(folder).free
            yield GaugeMetricFamily("padauk_disk_free_bytes", "Where the database lies", free)


def database_folder(engine: Engine) -> Path | None:
    """Return the folder of an embedded database, or None for a server's or one in memory."""
    database = engine.url.database
    if engine.dialect.name != "sqlite" or not database or database == ":memory:":
        return None
    return Path(database.removeprefix("file:")).parent


def _jobs(session: Session) -> Iterator[GaugeMetricFamily]:
    succeeded = GaugeMetricFamily(
        "padauk_job_succeeded_seconds", "When a job last succeeded (Unix time)", labels=["job"]
    )
    failures = GaugeMetricFamily(
        "padauk_job_failures", "How often a job failed since it succeeded", labels=["job"]
    )
    for run in list_runs(session):
        if run.name in _NO_JOBS:
            continue
        if run.succeeded_at is not None:
            succeeded.add_metric([run.name], run.succeeded_at.timestamp())
        failures.add_metric([run.name], run.failures)
    yield succeeded
    yield failures
