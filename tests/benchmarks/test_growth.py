"""Grown databases: whole, resumed where they stopped, begun from the next smaller, measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from app.cases.models import Case
from benchmarks import growth


def silent(_told: str) -> None:
    pass


def count_cases(home) -> int:
    engine = create_engine(home.settings.database_url)
    with Session(engine) as session:
        number = session.scalar(select(func.count()).select_from(Case))
    engine.dispose()
    return number


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cache")


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


def test_writes_are_measured_while_a_verification_runs_and_the_cache_stays_as_it_was(cache):
    home = growth.grow(cache, 100, silent)
    (figure,) = growth.measure(home, 100, 1.0, silent, ["verification"])
    assert figure.each
    assert figure.command
    assert count_cases(home) == 100


def test_a_cache_inside_the_repository_is_refused():
    with pytest.raises(ValueError, match="outside the repository"):
        growth.cache_folder(Path(growth.__file__).parent / "cache")
