"""`make migration` writes what differs between the models and the newest revision, and no more."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Column, create_engine, inspect

from app.accounts.models import Team
from app.store import migrate
from app.store.base import Moment
from tools.migration import write_revisions

ROOT = Path(__file__).resolve().parents[2]
BOTH = ("main", "keystore")


@pytest.fixture
def ini(tmp_path, monkeypatch):
    """A copy of the revisions, to write new ones into."""
    shutil.copy(ROOT / "alembic.ini", tmp_path)
    shutil.copytree(ROOT / "migrations", tmp_path / "migrations")
    monkeypatch.setattr(migrate, "revisions_folder", lambda: tmp_path / "migrations")
    return tmp_path / "alembic.ini"


@pytest.fixture
def changed_model():
    """A model with one column more than the newest revision."""
    column = Column("reviewed_at", Moment(), nullable=True)
    Team.__table__.append_column(column)
    yield
    Team.__table__._columns.remove(column)


def test_where_nothing_differs_no_revision_is_written(ini):
    assert list(write_revisions("Nothing", BOTH, ini=ini)) == []


def test_a_changed_model_becomes_a_revision_of_its_database_alone(ini, changed_model):
    engine = create_engine("sqlite://")
    migrate.upgrade(engine, "main")
    newest = migrate.current(engine, "main")
    (path,) = write_revisions("Add a review to teams", BOTH, ini=ini)
    assert path.name == f"{int(newest) + 1:04d}_add_a_review_to_teams.py"
    assert path.parent == ini.parent / "migrations" / "main" / "versions"
    assert "from app.store.base import Moment" in path.read_text()
    with engine.connect():
        migrate.upgrade(engine, "main")
        assert "reviewed_at" in {column["name"] for column in inspect(engine).get_columns("teams")}
        migrate.downgrade(engine, "main", newest)


def test_a_line_that_is_named_gets_an_empty_revision_to_fill_in(ini):
    (path,) = write_revisions("Fill in by hand", ("keystore",), ini=ini)
    assert path.parent.parent.name == "keystore"


def test_a_revision_gives_up_when_postgresql_makes_it_wait_for_a_lock(ini):
    (path,) = write_revisions("Fill in by hand", ("main",), ini=ini)
    assert path.read_text().count("op.execute(LOCK_TIMEOUT)") == 2


def test_the_alembic_command_connects_to_no_database(ini):
    with pytest.raises(CommandError, match="padauk doctor --upgrade"):
        command.upgrade(Config(str(ini), ini_section="main"), "head")
