"""Copies are whole, of one state, and restored into either kind of database.

On both databases: migration, race.
"""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from app.backup.copies import DatabaseNotEmpty, copy_in, copy_out, count_rows
from app.cases.models import Case
from app.crypto.root import RootKey
from app.models import metadata
from app.store.engine import build_engine, read_snapshot
from app.store.migrate import upgrade
from app.store.models import KeystoreBase
from tests.conftest import BACKENDS, settings_for
from tests.support.founding import found
from tests.support.postgres import drop_database, fresh_database
from tests.support.world import Clock, World, open_world

pytestmark = pytest.mark.parametrize("backend", BACKENDS, indirect=True)
LINES = (("main", metadata), ("keystore", KeystoreBase.metadata))


@pytest.fixture
def folder(tmp_path):
    """Where copies go, apart from the databases themselves."""
    copies = tmp_path / "copies"
    copies.mkdir()
    return copies


@pytest.fixture
def lived_in(empty_databases):
    """An organisation over databases that the revisions made, with two cases."""
    for line, url in zip(("main", "keystore"), empty_databases, strict=True):
        engine = build_engine(url)
        upgrade(engine, line)
        engine.dispose()
    founded = found(settings_for(*empty_databases), RootKey(bytes(range(32))), Clock())
    world = open_world(founded, founded.settings)
    world.open_case()
    world.open_case()
    yield world
    world.close()


def engines(world: World):
    return {"main": world.deployment.engine, "keystore": world.deployment.keystore.engine}


def rows_in(engine, wanted) -> dict[str, int]:
    with read_snapshot(engine) as connection:
        return count_rows(connection, wanted)


def test_a_copy_holds_every_row_and_is_for_its_owner_alone(lived_in, folder):
    for line, wanted in LINES:
        target = folder / f"{line}.db"
        copy_out(engines(lived_in)[line], line, wanted, target)
        copy = build_engine(f"sqlite:///{target}")
        assert rows_in(copy, wanted) == rows_in(engines(lived_in)[line], wanted)
        copy.dispose()
        assert target.stat().st_mode & 0o077 == 0


def test_a_copy_is_never_written_over_a_file(lived_in, folder):
    target = folder / "main.db"
    target.write_bytes(b"something else")
    with pytest.raises(FileExistsError):
        copy_out(lived_in.deployment.engine, "main", metadata, target)
    assert target.read_bytes() == b"something else"


def test_a_copy_goes_into_an_empty_database_of_either_kind(lived_in, folder, postgres_server):
    addresses = {
        "sqlite": f"sqlite:///{folder}/restored.db",
        "postgresql": fresh_database(postgres_server, "restored_copy"),
    }
    copy_out(lived_in.deployment.engine, "main", metadata, folder / "main.db")
    for url in addresses.values():
        engine = build_engine(url)
        copy_in(folder / "main.db", "main", metadata, engine)
        assert rows_in(engine, metadata) == rows_in(lived_in.deployment.engine, metadata)
        with pytest.raises(DatabaseNotEmpty):
            copy_in(folder / "main.db", "main", metadata, engine)
        engine.dispose()
    drop_database(postgres_server, "restored_copy")


def test_a_copy_is_one_state_while_others_write(lived_in, folder):
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            lived_in.open_case()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            target = folder / f"main-{number}.db"
            copy_out(lived_in.deployment.engine, "main", metadata, target)
            copy = build_engine(f"sqlite:///{target}")
            with copy.connect() as connection:
                cases = set(connection.scalars(select(Case.id)))
                scoped = set(connection.scalars(select(metadata.tables["scopes"].c.case_id)))
            copy.dispose()
            assert cases == scoped, "a case without its scopes, or scopes without their case"
    finally:
        stop.set()
        writer.join()
