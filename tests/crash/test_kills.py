"""Servers are ended by signals while clients write: nothing acknowledged is lost, nothing doubled.

`python -m tools.crash_table` runs the same attacks for longer, and prints the table.
"""

from __future__ import annotations

import os
import signal
import time

import pytest

from app.store.identity import StartCode
from tests.support.hosts import Server, found_home, free_port, padauk, status_of
from tests.support.postgres import fresh_database
from tests.support.writers import Writers, await_jobs, inspect
from tools.crash_table import fresh_home, try_attack

ALL = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


@pytest.mark.parametrize(
    ("database", "processes", "signals"),
    [("sqlite", 1, ALL), ("postgresql", 1, ALL), ("postgresql", 2, ALL)],
)
def test_no_signal_loses_or_doubles_what_was_acknowledged(
    request, tmp_path, database, processes, signals
):
    postgres = request.getfixturevalue("postgres_server") if database == "postgresql" else None
    with fresh_home(tmp_path, postgres) as home:
        trial = try_attack(home, processes, signals, seconds=1.5)
        assert trial.acked > 20
        assert trial.in_flight >= 1
        assert (trial.lost, trial.doubled, trial.shares_missing) == (0, 0, 0)
        assert trial.found.verdict.findings == []
        assert trial.exit_codes == {0}
        verified = padauk(home, "audit", "verify", "--database")
        assert verified.returncode == 0, verified.stdout


@pytest.fixture
def home_of_two(postgres_server, tmp_path):
    port = free_port()
    urls = [fresh_database(postgres_server, f"two_{port}_{part}") for part in ("main", "keys")]
    return found_home(tmp_path / "home", *urls)


def test_one_process_of_two_is_killed_and_replaced_while_the_other_serves(home_of_two):
    home = home_of_two
    server = Server(home, 2)
    try:
        server.await_ready()
        crowd = Writers(lambda: [home.port], home)
        crowd.start()
        before = children_of(server)
        os.kill(before[0], signal.SIGKILL)
        deadline = time.monotonic() + 30
        while before[0] in (now := server.children()) or len(now) < 2:
            assert time.monotonic() < deadline, "the process that was killed was not replaced"
            time.sleep(0.1)
        crowd.stop()
        await_jobs(home)
        assert server.ask_to_stop(signal.SIGTERM) == 0
    finally:
        server.close()
    found = inspect(home)
    assert (found.lost(crowd), found.doubled(crowd), found.shares_missing) == (0, 0, 0)
    assert found.verdict.findings == []


def test_processes_whose_parent_was_killed_end_and_free_the_port(home_of_two):
    home = home_of_two
    server = Server(home, 2)
    try:
        server.await_ready()
        children_of(server)
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait(10)
        deadline = time.monotonic() + 15
        while status_of(home.port, "/api/health") is not None:
            assert time.monotonic() < deadline, "the processes serve on without their parent"
            time.sleep(0.1)
        server.restart()
    finally:
        server.close()


def test_a_process_that_is_refused_for_good_ends_the_server_with_the_code_of_the_reason(
    home_of_two,
):
    server = Server(home_of_two, 2)
    try:
        server.await_ready()
        (home_of_two.folder / "root.key").unlink()
        os.kill(children_of(server)[0], signal.SIGKILL)
        assert server.process.wait(60) == StartCode.ROOT_KEY
        assert "Refused: the root key cannot be used" in server.log()
        assert "Traceback" not in server.log()
        assert status_of(home_of_two.port, "/api/health") is None
    finally:
        server.close()


def children_of(server: Server) -> list[int]:
    """The two processes that serve, once both have started."""
    deadline = time.monotonic() + 30
    while len(server.children()) < 2:
        assert time.monotonic() < deadline, server.log()
        time.sleep(0.05)
    return server.children()
