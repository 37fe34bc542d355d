"""The periodic jobs of the worker: the log's sequence, escalation of late legs, deletions.

Each job runs in a unit of work of its own, without a principal, with no member's keys; a lock
keeps it to one process at a time. Runs as ``padauk worker``, or as a thread inside
``serve``. A job that fails is tried again at its next turn, and never takes the others with it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.alerts import service as alerts
from app.audit.checkpoints import LOG_ORIGIN, log_verifier
from app.audit.events import EventKind
from app.audit.sequencer import (
    LogRewritten,
    list_left_out,
    queue_left_out,
    sequence,
    sign_checkpoint,
)
from app.audit.trail import has_event
from app.audit.verify import verify_log, verify_triggers
from app.audit.writes import note_writes
from app.casework import journeys
from app.clock import note_doubt, record_newest_moment
from app.deployment import Deployment
from app.duty import falls
from app.http import idempotency
from app.principal import NOBODY
from app.registration import service as registration
from app.retention import passes as retention
from app.retention.old_rows import forget_old_rows
from app.sessions import service as sessions
from app.sessions import throttle
from app.store.counters import forget_counts
from app.store.engine import read_snapshot
from app.store.failures import run_again
from app.store.identity import remember_keystore
from app.store.jobs import begin_if_due, note_failure, note_success
from app.store.locks import job_lock
from app.vetting import lapses
from app.watch import escalation
from app.work import Work, begin_work, unit_of_work

_log = logging.getLogger(__name__)
_TURN_SECONDS = 1.0
_COUNTED = timedelta(days=1)
"""No counter looks further back than this."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done every so often; ``run`` returns how much it did.

    ``needs_time``: it destroys, expires or ends by the clock, and waits while that is in doubt.
    Escalation alarms, and goes on by the earliest time that any clock says.
    """

    name: str
    every: timedelta
    run: Callable[[Work], int]
    needs_time: bool = False


def sequence_log(work: Work) -> int:
    """Give new events their place in the log, and sign its newest checkpoint."""
    count = sequence(work.session)
    work.session.flush()
    sign_checkpoint(
        work.session,
        origin=LOG_ORIGIN,
        key=work.deployment.log_signing_key,
        at=work.now(),
        extensions=lambda: (str(work.deployment.keystore.head()),),
    )
    return count


def check_log(work: Work) -> int:
    """Check the whole log against its signed checkpoint; let events wait that were left out.

    Reads a snapshot and holds up no writer. Returns the number of leaves; raises ``LogRewritten``
    where anything is not as it was written.
    """
    with read_snapshot(work.deployment.engine) as connection, Session(connection) as session:
        found = verify_log(session, log_verifier(work.deployment.log_signing_key.public))
        verify_triggers(session, found)
        left_out = list_left_out(session)
    queue_left_out(work.session, left_out)
    if any(finding.kind != "checkpoint.missing" for finding in found.findings):
        raise LogRewritten
    return found.leaves


def lapse_grants(work: Work) -> int:
    """Destroy the wraps of grants whose last day is over, as ending them would have."""
    count = work.grants.end_lapsed()
    work.trail.record(EventKind.GRANTS_LAPSED, count=count)
    return count


def tidy_sessions(work: Work) -> int:
    """Delete sessions that are over, and counters of attempts that are out of date."""
    return sessions.forget_ended(work) + forget_counts(work.session, work.now() - _COUNTED)


def tidy_replays(work: Work) -> int:
    """Delete responses that were kept for repeated requests."""
    return idempotency.forget_old(work.session, work.today())


def settle_marks(work: Work) -> int:
    """Settle what units that died have promised in the keystore; returns how many they were."""
    return work.deployment.marks.settle(work.session.connection(), has_event)


def stamp_time(work: Work) -> int:
    """Note the newest moment seen, and how far the keystore has come."""
    record_newest_moment(work.session, work.now())
    remember_keystore(work.session, work.deployment.keystore.engine)
    return 1


JOBS: Sequence[Job] = (
    Job("log check", timedelta(days=1), check_log),
    Job("sequencer", timedelta(seconds=5), sequence_log),
    Job("marks", timedelta(minutes=1), settle_marks),
    Job("stamp", timedelta(minutes=1), stamp_time, needs_time=True),
    Job("escalation", timedelta(minutes=1), escalation.escalate_due),
    Job("refused sign-ins", timedelta(minutes=1), throttle.record_refusals),
    Job("sessions", timedelta(minutes=15), tidy_sessions, needs_time=True),
    Job("duties", timedelta(minutes=1), falls.record_falls),
    Job("alerts", timedelta(minutes=1), alerts.raise_deleted_alerts),
    Job("old alerts", timedelta(hours=1), alerts.forget_alerts, needs_time=True),
    Job("replays", timedelta(hours=1), tidy_replays, needs_time=True),
    Job("grants", timedelta(hours=1), lapse_grants, needs_time=True),
    Job("clearances", timedelta(hours=1), lapses.alert_expiries, needs_time=True),
    Job("words", timedelta(hours=1), journeys.end_hearing, needs_time=True),
    Job("retention", timedelta(seconds=30), retention.take_turn, needs_time=True),
    Job("old rows", timedelta(hours=1), forget_old_rows, needs_time=True),
    Job("codes", timedelta(hours=1), registration.expire_codes, needs_time=True),
)


class ClockInDoubt(RuntimeError):
    """The clock was changed while a job that depends on it began."""


class Worker:
    """Runs the jobs in turn until it is stopped."""

    def __init__(self, deployment: Deployment, jobs: Sequence[Job] = JOBS) -> None:
        note_writes(deployment.sessions)
        self._deployment = deployment
        self._jobs = jobs
        self._stopped = threading.Event()
        self._doubt: str | None = ""

    def run_due(self) -> dict[str, int]:
        """Run every job that is due and that no other process runs; returns how much each did."""
        done: dict[str, int] = {}
        doubted = self._doubts_time()
        for job in self._jobs:
            if self._stopped.is_set():
                break
            if job.needs_time and (doubted or self._deployment.clock_has_jumped()):
                continue
            try:
                with job_lock(self._deployment.engine, job.name) as taken:
                    if taken and self._begin(job):
                        done[job.name] = self._run(job)
            except Exception as failure:  # noqa: BLE001 - the other jobs must still run
                # The kind only: a message or a trace could carry what a row says.
                facts = {"job": job.name, "error": type(failure).__name__}
                if isinstance(failure, LogRewritten):
                    _log.critical("the log is not as it was written", extra=facts)
                else:
                    _log.error("job failed", extra=facts)
        return done

    def _doubts_time(self) -> bool:
        """Return whether the time is in doubt; keeps on record when a doubt begins and ends."""
        try:
            doubt = self._deployment.find_time_doubt()
            if doubt != self._doubt:
                earliest, _ = self._deployment.time_span()
                with self._deployment.sessions() as session, session.begin():
                    note_doubt(session, doubt, earliest)
        except SQLAlchemyError:
            return True
        self._doubt = doubt
        if doubt is not None:
            _log.error("the clock is in doubt: what depends on it waits")
        return doubt is not None

    def _require_time(self, job: Job) -> None:
        if job.needs_time and self._deployment.clock_has_jumped():
            raise ClockInDoubt

    def run_until_stopped(self) -> None:
        """Take turns until ``stop`` is called."""
        while not self._stopped.wait(_TURN_SECONDS):
            self.run_due()

    def stop(self) -> None:
        """Let the present job be the last."""
        self._stopped.set()

    def _begin(self, job: Job) -> bool:
        now = self._deployment.clock()
        with self._deployment.sessions() as session, session.begin():
            return begin_if_due(session, job.name, now=now, every=job.every)

    def _run(self, job: Job) -> int:
        try:
            count = run_again(lambda: self._run_once(job))
        except BaseException as failure:
            with self._deployment.sessions() as session, session.begin():
                note_failure(
                    session, job.name, now=self._deployment.clock(), kind=type(failure).__name__
                )
            raise
        with self._deployment.sessions() as session, session.begin():
            note_success(session, job.name, now=self._deployment.clock())
        return count

    def _run_once(self, job: Job) -> int:
        with (
            self._deployment.sessions() as session,
            unit_of_work(begin_work(session, self._deployment, NOBODY)) as work,
        ):
            self._require_time(job)
            return job.run(work)
