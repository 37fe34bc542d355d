"""A served process whose clock is set ahead for seconds: nothing is lost, and it is named."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.support.hosts import PADAUK, Server, found_home
from tests.support.journey import walk_once

DAYS_AHEAD = 400
COUNTED = {
    "grants": "SELECT count(*) FROM grants WHERE ended_on IS NULL",
    "codes": "SELECT count(*) FROM registrations WHERE status IN ('issued', 'delivered')",
    "alerts": "SELECT count(*) FROM alerts",
    "alarms": "SELECT count(*) FROM leg_escalations",
    "trusted": "SELECT count(*) FROM audit_events WHERE action = 'clock:trusted'",
}


def counts(home: Path) -> dict[str, int]:
    with sqlite3.connect(f"file:{home}/padauk.db?mode=ro", uri=True, timeout=20) as connection:
        return {name: int(connection.execute(q).fetchone()[0]) for name, q in COUNTED.items()}


def degraded(port: int) -> list[str]:
    try:
        with urlopen(f"http://127.0.0.1:{port}/api/health/degraded", timeout=10) as answer:
            return list(json.load(answer)["failing"])
    except HTTPError as failure:
        return list(json.load(failure)["failing"])


def wait_until(holds: Callable[[], bool], what: str) -> None:
    for _ in range(120):
        if holds():
            return
        time.sleep(0.5)
    pytest.fail(f"not within a minute: {what}")


def doctor(home: Path, *more: str) -> dict[str, str]:
    """What the doctor says of the clock, as a check and as advice."""
    command = [PADAUK, "doctor", "--home", str(home), "--json", *more]
    done = subprocess.run(command, check=False, capture_output=True, timeout=120)
    told = json.loads(done.stdout)
    return {
        kind: item["says"]
        for kind in ("checks", "advice")
        for item in told[kind]
        if item["name"] == "clock"
    }


def test_a_served_clock_that_is_set_ahead_stops_what_destroys_and_is_named(tmp_path):
    moved = tmp_path / "clock"
    of_host = found_home(tmp_path / "home", prepare=walk_once)
    of_host.change(clock_file=moved)
    home, port = of_host.folder, of_host.port
    server = Server(of_host)
    try:
        server.await_ready()
        wait_until(lambda: degraded(port) == [], "every job has succeeded")
        before = counts(home)
        assert before["grants"] > 0
        moved.write_text(str(DAYS_AHEAD * 86_400), encoding="ascii")
        wait_until(lambda: "clock" in degraded(port), "health names the clock")
        time.sleep(10)
        assert counts(home) == before
        assert f"{DAYS_AHEAD} days" in doctor(home)["checks"]
        moved.write_text("0", encoding="ascii")
        wait_until(lambda: degraded(port) == [], "health trusts the clock again")
        assert counts(home) == before
        named = doctor(home)["advice"]
        assert f"set ahead by {DAYS_AHEAD} days; over since" in named
        assert "advice" not in doctor(home, "--trust-clock")
        assert counts(home)["trusted"] == 1
    finally:
        server.close()
