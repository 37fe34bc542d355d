"""Readiness says whether the database takes writes; it waits for no writer and stops none."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from threading import Event

import pytest
from prometheus_client import generate_latest
from sqlalchemy import Connection, text

from app.store.engine import Writing, try_writing
from app.telemetry.health import LONGEST_HELD_SECONDS, PROVED_SECONDS, HealthProbe
from app.telemetry.metrics import Metrics
from app.worker import Job, Worker
from tests.support.statements import recorded


@pytest.mark.parametrize(
    ("job", "altering"),
    [
        ("log check", "UPDATE audit_leaves SET leaf_hash = zeroblob(32)"),
        ("sequencer", "UPDATE audit_checkpoints SET edge = zeroblob(length(edge))"),
    ],
)
def test_a_log_that_was_rewritten_is_told_from_a_hiccup(world, caplog, job, altering):
    world.open_case()
    Worker(world.deployment).run_due()
    with world.deployment.engine.begin() as insider:
        insider.execute(text(altering))
        insider.execute(text("UPDATE job_runs SET began_at = '2000-01-01 00:00:00.000000'"))
    world.open_case()
    Worker(world.deployment).run_due()
    levels = {record.job: record.levelname for record in caplog.records if "job" in vars(record)}
    assert levels[job] == "CRITICAL"
    said = {check.name: check for check in HealthProbe(world.deployment).look().degraded}
    assert not said[f"job {job}"].ok
    assert "THE LOG IS NOT AS IT WAS WRITTEN" in said[f"job {job}"].says
    figures = generate_latest(Metrics(world.deployment.engine).registry).decode()
    assert f'padauk_job_failures{{job="{job}"}} 1.0' in figures


class Steady:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def steady() -> Steady:
    return Steady()


@pytest.fixture
def probe(world, steady) -> HealthProbe:
    return HealthProbe(world.deployment, monotonic=steady)


@pytest.fixture
def writer(world) -> Iterator[Connection]:
    """Somebody who holds the write lock of SQLite for as long as the test."""
    with world.deployment.engine.begin() as connection:
        connection.execute(text("SELECT 1"))
        yield connection


def writes(probe: HealthProbe) -> tuple[bool, str]:
    (check,) = [found for found in probe.look().ready if found.name == "main writes"]
    return check.ok, check.says


def test_a_look_neither_waits_for_a_writer_nor_takes_them_for_a_fault(probe, writer):
    begun = time.monotonic()
    report = probe.look()
    assert time.monotonic() - begun < 2, "a busy writer is waited for in 5 s"
    found = {check.name: check.ok for check in report.ready}
    assert found["main database"]
    assert found["main writes"]


def test_a_lock_held_for_longer_than_people_wait_is_not_ready(probe, writer, steady):
    assert writes(probe) == (True, "another is writing")
    steady.now += LONGEST_HELD_SECONDS
    ok, says = writes(probe)
    assert not ok
    assert "held the lock" in says


def test_where_a_job_has_just_run_the_lock_is_not_even_asked_for(world, probe, steady):
    probe.look()
    Worker(world.deployment, [Job("any", timedelta(minutes=1), lambda _work: 1)]).run_due()
    steady.now += LONGEST_HELD_SECONDS
    with world.deployment.engine.begin() as writer, recorded(world.deployment.engine) as statements:
        writer.execute(text("SELECT 1"))
        assert writes(probe) == (True, "taken")
    assert not [one for one in statements if "IMMEDIATE" in one]


def test_what_was_proved_once_is_not_asked_again_within_seconds(world, probe, steady):
    assert writes(probe) == (True, "taken")
    with world.deployment.engine.begin() as connection:
        connection.execute(text("SELECT 1"))
        steady.now += PROVED_SECONDS - 1
        assert writes(probe) == (True, "taken")
        steady.now += 2
        assert writes(probe) == (True, "another is writing")


def test_a_database_that_may_not_be_written_is_not_ready(world, probe, monkeypatch):
    monkeypatch.setattr("app.telemetry.health.try_writing", lambda *_, **__: Writing.REFUSED)
    ok, says = writes(probe)
    assert (ok, says.split(":")[0]) == (False, "refused")


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_server_that_only_reads_says_that_it_takes_no_writes(world):
    """On PostgreSQL: transaction; a standby answers the same way."""
    engine = world.deployment.engine
    assert try_writing(engine, milliseconds=50) is Writing.TAKEN
    with engine.connect() as connection:
        connection.exec_driver_sql("SET default_transaction_read_only = on")
        connection.commit()
        assert connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "on"
    assert try_writing(engine, milliseconds=50) is Writing.REFUSED


def test_a_round_in_hand_has_ended_when_the_probe_has_stopped(probe, monkeypatch):
    begun, ended = Event(), Event()

    def slow_round():
        begun.set()
        time.sleep(0.2)
        ended.set()

    monkeypatch.setattr(probe, "look", slow_round)
    probe.start()
    assert begun.wait(10)
    probe.stop()
    assert ended.is_set()
