"""The database itself fails while clients write: nothing is lost, nothing doubled, all of it heals.

`python -m tools.database_attacks` tries more and for longer, and prints the table.
"""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import pytest

from tools.database_attacks import AttackResult, attack, refuse_growth, stop_at_once, target_of


def nothing_lost(seen: AttackResult) -> None:
    assert (seen.found.lost(seen.crowd), seen.found.doubled(seen.crowd)) == (0, 0)
    assert seen.found.shares_missing == 0
    assert seen.found.verdict.findings == []
    assert seen.crowd.count("check-in") > 0
    assert seen.crowd.statuses[503] > 0, "the harm was done under load"
    assert seen.health.silent == 0, "the health page answers meanwhile"
    assert seen.health.slowest < 5


@pytest.fixture
def base():
    # Not under tmp_path: PostgreSQL runs as another user, who must reach it.
    with tempfile.TemporaryDirectory(prefix="attack-") as folder:
        yield Path(folder)


def test_a_postgresql_that_stops_at_once_and_recovers_loses_nothing(base):
    with target_of("postgresql", base, None) as ground:
        nothing_lost(attack(ground, partial(stop_at_once, times=1), 2))


def test_an_sqlite_that_finds_no_room_for_a_while_loses_nothing(base):
    with target_of("sqlite", base, None) as ground:
        nothing_lost(attack(ground, partial(refuse_growth, seconds=2)))
