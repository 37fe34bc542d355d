"""When a job is due, and what is kept of its last runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.store.jobs import begin_if_due, list_runs
from app.worker import Job, Worker

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def begin(world, at: datetime) -> bool:
    with world.deployment.sessions() as session, session.begin():
        return begin_if_due(session, "tidying", now=at, every=MINUTE)


def test_a_job_is_due_at_first_and_then_only_after_its_time(world):
    assert begin(world, NOON)
    assert not begin(world, NOON + timedelta(seconds=59))
    assert begin(world, NOON + MINUTE)


def test_a_beginning_in_the_future_counts_as_none(world):
    """A clock that was a day ahead for a moment stops no job for a day."""
    assert begin(world, NOON + timedelta(days=1))
    assert begin(world, NOON)
    assert not begin(world, NOON + timedelta(seconds=59))


def test_a_job_that_fails_is_counted_and_leaves_the_others_alone(world):
    def fail(_work):
        raise LookupError("a name that no row may hold")

    jobs = [Job("failing", MINUTE, fail), Job("sound", MINUTE, lambda _work: 3)]
    worker = Worker(world.deployment, jobs)
    for _ in range(2):
        assert worker.run_due() == {"sound": 3}
        world.clock.advance(minutes=2)
    with world.deployment.sessions() as session:
        runs = {run.name: run for run in list_runs(session)}
    assert (runs["failing"].failures, runs["failing"].failure) == (2, "LookupError")
    assert runs["failing"].succeeded_at is None
    assert runs["sound"].failures == 0
    assert runs["sound"].succeeded_at == world.clock.at - timedelta(minutes=2)


def test_a_stopped_worker_begins_no_further_job(world):
    worker = Worker(world.deployment, [Job("sound", MINUTE, lambda _work: 1)])
    worker.stop()
    assert worker.run_due() == {}


@pytest.mark.parametrize("failures", [1, 3])
def test_a_success_ends_the_count_of_failures(world, failures):
    outcomes = [LookupError] * failures

    def run(_work):
        if outcomes:
            raise outcomes.pop()
        return 1

    worker = Worker(world.deployment, [Job("moody", MINUTE, run)])
    for _ in range(failures + 1):
        worker.run_due()
        world.clock.advance(minutes=2)
    with world.deployment.sessions() as session:
        (moody,) = list_runs(session)
    assert (moody.failures, moody.failure) == (0, None)
