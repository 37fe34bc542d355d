"""Cases are indexed again under wider tokens: batch by batch, until nothing is left."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
import typer
from sqlalchemy import select

from app.cases.models import Case
from app.cases.service import get_case
from app.casework import reindexing
from app.casework.index import versions_in_use
from app.casework.matches import compare_case
from app.casework.reindexing import find_backlog, find_narrow, index_all, wanted_version
from app.cli import reindex
from app.intake.models import MatchToken
from app.search import service as search
from app.search.models import IndexToken, SearchKind
from tests.support.intake_steps import opened, stranger

WIDER = 110
NAMES = ("Khin Zaw", "Win Naing", "Nay Lin Htet", "Su Myat Mon", "Thiha Zin")


class Killed(Exception):
    """What a test ends a run with."""


@pytest.fixture
def coordinator(world):
    return world.member("coordinator")


@pytest.fixture
def cases(world, coordinator, monkeypatch):
    """Five cases, indexed and compared under narrow tokens, and batches of two."""
    monkeypatch.setattr(reindexing, "CASES_A_BATCH", 2)
    ids = [opened(world, stranger(name, f"0977000000{n}")) for n, name in enumerate(NAMES)]
    with world.work_as(coordinator) as work:
        compare_case(work, get_case(work, ids[0]))
    return ids


def unit_of(world, person, batches=None):
    """Return what begins units of work; it is killed before it begins another than these."""
    begun = []

    @contextmanager
    def unit():
        if len(begun) == batches:
            raise Killed
        begun.append(1)
        with world.work_as(person) as work:
            yield work

    return unit


def versions(world):
    with world.deployment.sessions() as session:
        return sorted(session.scalars(select(Case.indexed_version)))


def assert_all_found(world, person):
    for n, name in enumerate(NAMES):
        with world.work_as(person) as work:
            for kind, value in ((SearchKind.NAME, name), (SearchKind.PHONE, f"0977000000{n}")):
                found = search.search(work, kind, value)
                assert len(found.rows) == 1
                assert found.complete


@pytest.mark.parametrize("batches", range(4))
def test_a_run_that_was_killed_goes_on_and_leaves_nothing_under_the_old_index(
    world, coordinator, cases, batches
):
    with pytest.raises(Killed):
        for _ in index_all(unit_of(world, coordinator, batches), WIDER):
            pass
    assert versions(world) == [108] * (5 - min(2 * batches, 5)) + [WIDER] * min(2 * batches, 5)
    assert_all_found(world, coordinator)
    with world.work_as(coordinator) as work:
        assert not find_backlog(work, WIDER).nothing or batches == 3
    indexed = sum(index_all(unit_of(world, coordinator), WIDER))
    assert indexed == len(cases) - min(2 * batches, 5)
    with world.work_as(coordinator) as work:
        assert find_backlog(work, WIDER).nothing
        assert versions_in_use(work) == (WIDER,)
    assert_all_found(world, coordinator)
    with world.deployment.sessions() as session:
        for model in (IndexToken, MatchToken):
            assert set(session.scalars(select(model.version))) == {WIDER}


def test_new_cases_come_under_the_new_index_as_soon_as_one_batch_has(world, coordinator, cases):
    with pytest.raises(Killed):
        list(index_all(unit_of(world, coordinator, 1), WIDER))
    opened(world, stranger("Hein Htet Aung", "09770000009"))
    assert_all_found(world, coordinator)
    assert versions(world) == [108] * 3 + [WIDER] * 3


def test_no_run_makes_tokens_narrower_than_they_are(world, coordinator, cases):
    list(index_all(unit_of(world, coordinator), WIDER))
    with world.work_as(coordinator) as work:
        assert wanted_version(work) == WIDER


def test_what_another_team_holds_is_left_and_named(world, coordinator, cases, capsys):
    opened(world, stranger("Hein Htet Aung", "09770000009"), world.member("volunteer", team=2))
    with pytest.raises(typer.Exit) as ended:
        reindex.index_again(world.deployment, coordinator.principal, coordinator.secrets)
    assert ended.value.exit_code == 3
    assert "left: 1 cases of" in capsys.readouterr().out
    theirs = world.member("coordinator", team=2)
    reindex.index_again(world.deployment, theirs.principal, theirs.secrets)
    assert "nothing is left under another version" in capsys.readouterr().out


def test_doctor_advises_it_where_tokens_are_far_too_narrow(world, coordinator, cases):
    with world.deployment.sessions() as session:
        assert find_narrow(session) is None
        session.connection().execute(Case.__table__.update().values(sequence=100_000))
        assert find_narrow(session) == (8, 14)
