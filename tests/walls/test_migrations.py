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


def columns(engine: Engine) -> set[tuple[str, str]]:
    """Each column and each index, by its table."""
    seen = inspect(engine)
    return {
        (table, str(item["name"]))
        for table in tables(engine)
        for item in (*seen.get_columns(table), *seen.get_indexes(table))
    }


def differences(engine: Engine, wanted: Any) -> list[Any]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, wanted))


LATER = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{newest}"
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
def later_revision(migrated: dict[str, Engine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A later version of the program: one more revision of the main database, in `tests` alone.

    Returns the revision before it, which is the newest of the program.
    """
    newest = migrate.current(migrated["main"], "main")
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.revisions_folder(), folder)
    later = LATER.format(revision=f"{int(newest) + 1:04d}", newest=newest)
    (folder / "main" / "versions" / "later_colour.py").write_text(later)
    monkeypatch.setattr(migrate, "revisions_folder", lambda: folder)
    return newest


@pytest.mark.parametrize(("line", "wanted"), LINES)
def test_the_newest_revision_is_exactly_the_models(migrated, line, wanted):
    changed = sorted(tables(migrated[line]) ^ set(wanted.tables))
    assert not changed, f'tables of {line} changed: run `make migration m="..."`: {changed}'
    found = differences(migrated[line], wanted)
    assert not found, f'the models of {line} changed: run `make migration m="..."`: {found}'
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


@pytest.mark.parametrize("line", ["main", "keystore"])
def test_each_revision_goes_down_to_what_stood_before_it(engines, line):
    engine, before = engines[line], {}
    for _ in migrate.known(line):
        before[migrate.current(engine, line)] = columns(engine)
        migrate.upgrade(engine, line, "+1")
    while (revision := migrate.current(engine, line)) != "base":
        migrate.downgrade(engine, line, "-1")
        left = columns(engine) ^ before[migrate.current(engine, line)]
        assert not left, f"undo these in downgrade() of revision {revision} of {line}: {left}"


def test_a_database_with_rows_is_refused_by_a_later_program_until_it_is_upgraded(
    lived_in: World, migrated: dict[str, Engine], later_revision: str
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
    lived_in: World, migrated: dict[str, Engine], later_revision: str
):
    engine = migrated["main"]
    migrate.upgrade(engine, "main")
    migrate.downgrade(engine, "main", later_revision)
    assert migrate.current(engine, "main") == later_revision
    assert differences(engine, metadata) == []
    lived_in.open_case()
