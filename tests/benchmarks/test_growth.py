"""Grown databases: whole, resumed where they stopped, begun from the next smaller, measured."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from app.cases.models import Case
from benchmarks import growth
from benchmarks.tables import show_growth


def silent(_told: str) -> None:
    pass


def count_cases(home) -> int:
    engine = create_engine(home.settings.database_url)
    with Session(engine) as session:
        number = session.scalar(select(func.count()).select_from(Case)) or 0
    engine.dispose()
    return number


@pytest.fixture(scope="module")
def cache() -> Iterator[Path]:
    # Not under pytest's own folder: PostgreSQL runs as another user, who must reach it.
    with tempfile.TemporaryDirectory(prefix="growth-") as folder:
        yield Path(folder)


def test_a_run_that_was_broken_off_goes_on_where_it_stopped(tmp_path, monkeypatch):
    def breaking_off(told: str) -> None:
        raise KeyboardInterrupt(told)

    monkeypatch.setattr(growth, "_TOLD_EVERY", 50)
    with pytest.raises(KeyboardInterrupt):
        growth.grow(tmp_path, 100, breaking_off)
    told: list[str] = []
    home = growth.grow(tmp_path, 100, told.append)
    assert count_cases(home) == 100
    assert len(told) == 1, "the first half was sealed once more"


def test_a_grown_database_is_used_again_and_begins_the_next_larger_one(cache, monkeypatch):
    growth.grow(cache, 100, silent)
    monkeypatch.setattr(growth, "_fill", lambda home, *_: None)
    assert count_cases(growth.grow(cache, 100, silent)) == 100
    assert count_cases(growth.grow(cache, 1000, silent)) == 100


def test_clients_are_measured_while_a_verification_runs_and_the_cache_stays_as_it_was(cache):
    home = growth.grow(cache, 100, silent)
    ((phase, turn),) = growth.measure(home, 0.5, None, ["verification"])
    assert phase == "verification"
    assert turn.writes
    assert turn.reads
    assert len(turn.seconds) == 1
    assert turn.megabytes > 0
    assert count_cases(home) == 100


def test_a_server_in_the_cache_takes_a_copy_once_and_is_measured_on_another(cache):
    grown = growth.grow(cache, 100, silent)
    told: list[str] = []
    with growth.database_server(cache, "postgresql") as server:
        home = growth.grow_on(server, grown, told.append)
        assert growth.grow_on(server, grown, told.append) == home
        ((_, turn),) = growth.measure(home, 0.1, server, ["alone"])
        assert turn.writes
        assert count_cases(home) == 100
    assert len(told) == 1


def test_a_phase_is_shown_beside_what_the_same_turns_were_alone():
    console = Console(width=200, record=True, file=io.StringIO())
    alone = [growth.Turn([10.0] * 99 + [20.0], [4.0]), growth.Turn([10.0] * 99 + [10.0], [4.0])]
    beside = [growth.Turn([40.0], [8.0], [3.0], 80.0), growth.Turn([50.0], [8.0], [5.0], 90.0)]
    show_growth(console, "100 cases", {"alone": alone, "backup": beside})
    row = next(line for line in console.export_text().splitlines() if "backup" in line)
    assert "3.5 (2.0..5.0)" in row
    assert "2 x 4.0 s, 90 MB" in row


def test_a_cache_inside_the_repository_is_refused():
    with pytest.raises(ValueError, match="outside the repository"):
        growth.cache_folder(Path(growth.__file__).parent / "cache")
