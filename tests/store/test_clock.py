"""A clock that knows when to doubt itself, and what waits while it does."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from app.clock import TrustedClock, record_newest_moment, shifted_clock, utc_now
from app.settings import Settings
from app.worker import JOBS, Job, Worker

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Host:
    """A host whose two clocks are set apart from each other."""

    def __init__(self) -> None:
        self.wall = NOON
        self.steady = 100.0

    def pass_time(self, **span: float) -> None:
        self.wall += timedelta(**span)
        self.steady += timedelta(**span).total_seconds()

    def clock(self) -> TrustedClock:
        return TrustedClock(lambda: self.wall, lambda: self.steady)


@pytest.fixture
def host() -> Host:
    return Host()


def doubt(world, clock: TrustedClock) -> str | None:
    return clock.find_doubt(world.deployment.engine)


def stamp(world, at: datetime, *, trusted: bool = False) -> None:
    with world.deployment.sessions() as session, session.begin():
        record_newest_moment(session, at, trusted=trusted)


def test_time_that_passes_on_both_clocks_is_trusted(world, host):
    clock = host.clock()
    host.pass_time(days=3)
    assert doubt(world, clock) is None


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(minutes=-10), timedelta(minutes=3)])
def test_a_clock_that_was_set_is_doubted_and_trusted_again_once_it_is_set_back(world, host, jump):
    clock = host.clock()
    host.pass_time(hours=1)
    host.wall += jump
    assert "was set" in (doubt(world, clock) or "")
    host.wall -= jump
    assert doubt(world, clock) is None


def test_a_second_or_two_are_no_jump(world, host):
    clock = host.clock()
    host.wall += timedelta(seconds=90)
    assert doubt(world, clock) is None


def test_time_does_not_go_back_behind_the_newest_stamp(world, host):
    stamp(world, NOON + timedelta(hours=5))
    assert "behind the newest moment" in (doubt(world, host.clock()) or "")


def test_a_gap_of_more_than_seven_days_is_doubted_on_sqlite(world, host):
    stamp(world, NOON - timedelta(days=6))
    assert doubt(world, host.clock()) is None
    stamp(world, NOON - timedelta(days=8), trusted=True)
    assert "8 days ago" in (doubt(world, host.clock()) or "")
    stamp(world, NOON, trusted=True)
    assert doubt(world, host.clock()) is None


def test_a_stamp_moves_back_only_where_somebody_says_that_it_is_right(world, host):
    stamp(world, NOON + timedelta(days=1))
    stamp(world, NOON)
    assert doubt(world, host.clock()) is not None
    stamp(world, NOON, trusted=True)
    assert doubt(world, host.clock()) is None


def test_what_destroys_expires_or_alarms_waits_for_the_clock(world, host):
    """The rest goes on: the log is sequenced, alerts are settled."""
    clock = host.clock()
    deployment = dataclasses.replace(world.deployment, clock=clock.now, host_clock=clock)
    ran: list[str] = []

    def job(name: str, *, needs_time: bool) -> Job:
        return Job(name, timedelta(minutes=1), lambda _: ran.append(name) or 1, needs_time)

    worker = Worker(deployment, [job("steady", needs_time=False), job("timed", needs_time=True)])
    host.wall += timedelta(days=1)
    worker.run_due()
    assert ran == ["steady"]
    host.wall -= timedelta(days=1)
    host.pass_time(minutes=2)
    worker.run_due()
    assert ran == ["steady", "steady", "timed"]


def test_every_job_that_deletes_or_expires_by_the_clock_says_so():
    waiting = {job.name for job in JOBS if job.needs_time}
    assert waiting >= {"sessions", "replays", "grants", "codes", "old alerts"}
    assert not waiting & {"sequencer", "escalation"}


def test_a_shifted_clock_reads_its_file_at_each_call(tmp_path):
    file = tmp_path / "clock"
    clock = shifted_clock(file)
    assert abs(clock() - utc_now()) < timedelta(seconds=5)
    file.write_text("86400", encoding="ascii")
    assert abs(clock() - utc_now() - timedelta(days=1)) < timedelta(seconds=5)


def test_production_refuses_a_file_that_moves_the_clock(world, tmp_path):
    values = world.deployment.settings.model_dump() | {
        "environment": "production",
        "argon2_memory_kib": 65536,
        "argon2_iterations": 3,
        "clock_file": tmp_path / "clock",
    }
    with pytest.raises(ValueError, match="clock_file"):
        Settings(**values)
