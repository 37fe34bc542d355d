"""The revisions give exactly the models and go back with rows in them.

On both databases: migration.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from app.audit.models import AuditEvent
from app.crypto.root import RootKey
from app.models import metadata
from app.store import migrate
from app.store.engine import build_engine
from app.store.models import KeystoreBase
from tests.conftest import BACKENDS, settings_for
from tests.support.founding import found
from tests.support.world import Clock, World, open_world

pytestmark = pytest.mark.parametrize("backend", BACKENDS, indirect=True)
LINES = (("main", metadata), ("keystore", KeystoreBase.metadata))
ALEMBICS_OWN = {"alembic_version"}


@pytest.fixture
def engines(empty_databases: tuple[str, str]):
    engines = [build_engine(address) for address in empty_databases]
    yield dict(zip(("main", "keystore"), engines, strict=True))
    for engine in engines:
        engine.dispose()


@pytest.fixture
def migrated(engines: dict[str, Engine]) -> dict[str, Engine]:
    for line, engine in engines.items():
        migrate.upgrade(engine, line)
    return engines


@pytest.fixture
def lived_in(empty_databases: tuple[str, str], migrated: dict[str, Engine]):
    """A founded organisation with a case, over databases that the revisions made."""
    founded = found(settings_for(*empty_databases), RootKey(bytes(range(32))), Clock())
    world = open_world(founded, founded.settings)
    world.open_case()
    yield world
    world.close()


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - ALEMBICS_OWN


def differences(engine: Engine, wanted: Any) -> list[Any]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, wanted))


SECOND = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("teams") as teams:
        teams.add_column(sa.Column("colour", sa.String(20), nullable=False, server_default="green"))


def downgrade() -> None:
    with op.batch_alter_table("teams") as teams:
        teams.drop_column("colour")
"""


@pytest.fixture
def second_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A later version of the program: one more revision of the main database, in `tests` alone."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.revisions_folder(), folder)
    (folder / "main" / "versions" / "0002_colour.py").write_text(SECOND)
    monkeypatch.setattr(migrate, "revisions_folder", lambda: folder)


@pytest.mark.parametrize(("line", "wanted"), LINES)
def test_the_newest_revision_is_exactly_the_models(migrated, line, wanted):
    assert tables(migrated[line]) == set(wanted.tables)
    assert differences(migrated[line], wanted) == []
    migrate.require_head(migrated[line], line)


@pytest.mark.parametrize(("line", "wanted"), LINES)
def test_a_table_that_is_missing_is_noticed(migrated, line, wanted):
    with migrated[line].begin() as connection:
        victim = list(wanted.sorted_tables)[-1]
        connection.execute(text(f'DROP TABLE "{victim.name}"'))
    assert differences(migrated[line], wanted) != []


@pytest.mark.parametrize("line", ["main", "keystore"])
def test_an_empty_database_is_refused_until_it_is_brought_up(engines, line):
    with pytest.raises(migrate.SchemaBehind):
        migrate.require_head(engines[line], line)
    migrate.upgrade(engines[line], line)
    migrate.require_head(engines[line], line)


def test_a_house_is_lived_in_over_the_revisions(lived_in: World):
    with lived_in.deployment.sessions() as session:
        assert session.scalar(select(func.count()).select_from(AuditEvent)) > 0


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_events SET id = id", "DELETE FROM audit_events"]
)
def test_what_was_noted_is_not_changed_whoever_asks_the_database(lived_in: World, statement: str):
    with pytest.raises(DBAPIError), lived_in.deployment.engine.begin() as connection:
        connection.execute(text(statement))


def test_down_to_nothing_with_rows_in_it_and_up_again(lived_in: World, migrated):
    for line, wanted in LINES:
        engine = migrated[line]
        migrate.downgrade(engine, line, "base")
        assert tables(engine) == set()
        migrate.upgrade(engine, line)
        assert differences(engine, wanted) == []
        with engine.connect() as connection:
            for table in wanted.sorted_tables:
                assert connection.scalar(select(func.count()).select_from(table)) == 0


def test_a_database_with_rows_is_refused_by_a_later_program_until_it_is_upgraded(
    lived_in: World, migrated: dict[str, Engine], second_revision: None
):
    engine = migrated["main"]
    teams = select(func.count()).select_from(metadata.tables["teams"])
    with engine.connect() as connection:
        before = connection.scalar(teams)
    with pytest.raises(migrate.SchemaBehind):
        migrate.require_head(engine, "main")
    migrate.require_head(migrated["keystore"], "keystore")
    migrate.upgrade(engine, "main")
    migrate.require_head(engine, "main")
    with engine.connect() as connection:
        assert connection.scalar(teams) == before
        assert connection.scalars(text("SELECT colour FROM teams")).all() == ["green"] * before
    lived_in.open_case()


def test_a_later_revision_goes_down_again_and_leaves_the_rows(
    lived_in: World, migrated: dict[str, Engine], second_revision: None
):
    engine = migrated["main"]
    migrate.upgrade(engine, "main")
    migrate.downgrade(engine, "main", "0001")
    assert migrate.current(engine, "main") == "0001"
    assert differences(engine, metadata) == []
    lived_in.open_case()
