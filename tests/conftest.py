"""Fixtures that every test may request: a founded organisation, on SQLite or on both databases.

- `world`, and what is built on it, runs on SQLite.
- A test that requests `world_on_both` beside it runs on SQLite and on PostgreSQL; its docstring,
  or its module's, says what differs between the two (`DIFFERENCES`).
- Hypothesis draws 25 examples; `HYPOTHESIS_PROFILE=deep` draws 400.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from app.crypto.root import RootKey
from app.settings import Settings
from tests.support.copies import Copies, DatabaseCopies, FileCopies, Prepare, Prepared
from tests.support.founding import found
from tests.support.postgres import drop_database, fresh_database, start_postgres
from tests.support.world import Clock, Founded, World

pytest_plugins = (
    "tests.support.accounts_client",
    "tests.support.aid_steps",
    "tests.support.relocation_client",
)

BACKENDS = ("sqlite", "postgresql")
MEMORY = next((path for path in (Path("/dev/shm"),) if os.access(path, os.W_OK)), None)  # noqa: S108
"""Where there is a file system in memory, databases of tests lie there: a copy then takes 30 ms."""

DIFFERENCES = ("lock", "upsert", "race", "migration", "paging", "transaction", "journey")
"""What a test on both databases may be about; a journey runs every query of a way through them."""

for profile, examples in (("ci", 25), ("deep", 400)):
    hypothesis_settings.register_profile(
        profile,
        deadline=None,
        max_examples=examples,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

_numbers = count()


def settings_for(database_url: str, keystore_url: str) -> Settings:
    """Settings of a test deployment: Argon2 at a cost that production refuses."""
    return Settings(
        environment="test",
        organisation_id=UUID("5a0c0ffe-0000-4000-8000-00000000abcd"),
        organisation_root="0" * 64,
        database_url=database_url,
        keystore_url=keystore_url,
        argon2_memory_kib=8,
        argon2_iterations=1,
    )


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL 18 of this test process's own."""
    with start_postgres(MEMORY) as server:
        yield server


@pytest.fixture(scope="session")
def memory_folder() -> Iterator[Path]:
    """A folder for databases, gone at the end of the session."""
    with tempfile.TemporaryDirectory(prefix="padauk-", dir=MEMORY) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def founded_sqlite(memory_folder: Path) -> tuple[Founded, Path]:
    folder = memory_folder / "founded"
    folder.mkdir()
    settings = settings_for(f"sqlite:///{folder}/main.db", f"sqlite:///{folder}/keystore.db")
    return found(settings, RootKey(secrets.token_bytes(32)), Clock()), folder


@pytest.fixture(scope="session")
def founded_postgresql(postgres_server: str) -> Founded:
    settings = settings_for(
        fresh_database(postgres_server, "founded"), fresh_database(postgres_server, "founded_keys")
    )
    return found(settings, RootKey(secrets.token_bytes(32)), Clock())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that requests `world_on_both` once on each database."""
    marks = metafunc.definition.iter_markers("parametrize")
    if "world_on_both" in metafunc.fixturenames and all(
        mark.args[0] != "backend" for mark in marks
    ):
        metafunc.parametrize("backend", BACKENDS, indirect=True)


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> str:
    """The database of this test: SQLite, unless the test is parametrised over both."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture(scope="session")
def prepared() -> dict[tuple[str, Prepare], Prepared]:
    """What was prepared in this test process, by the database and the function that did it."""
    return {}


@pytest.fixture
def new_world(
    backend: str,
    request: pytest.FixtureRequest,
    memory_folder: Path,
    prepared: dict[tuple[str, Prepare], Prepared],
) -> Iterator[Callable[..., World]]:
    """Makes worlds; each is a fresh copy of the founded organisation, or of one that was prepared.

    `new_world(prepare)` calls `prepare` once a test process; `world.facts` is what it returned.
    """
    copies: Copies
    if backend == "sqlite":
        founded, source = request.getfixturevalue("founded_sqlite")
        copies = FileCopies(founded, source, memory_folder)
    else:
        server = request.getfixturevalue("postgres_server")
        copies = DatabaseCopies(request.getfixturevalue("founded_postgresql"), server)
    worlds: list[World] = []

    def make(prepare: Prepare | None = None) -> World:
        if prepare is None:
            worlds.append(copies.copy())
            return worlds[-1]
        key = (backend, prepare)
        if key not in prepared:
            prepared[key] = copies.prepare(prepare)
        worlds.append(copies.copy(prepared[key].source))
        worlds[-1].clock.at, worlds[-1].facts = prepared[key].at, prepared[key].facts
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()
    copies.remove()


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """A founded organisation with members for each role, on SQLite."""
    return new_world(None)


@pytest.fixture
def world_on_both(world: World) -> World:
    """The same world as `world`, on each database in turn."""
    return world


@pytest.fixture
def empty_databases(
    backend: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[str, str]]:
    """Addresses of two empty databases: main and keystore."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path}/main.db", f"sqlite:///{tmp_path}/keystore.db"
        return
    server = request.getfixturevalue("postgres_server")
    names = tuple(f"empty_{next(_numbers)}_{part}" for part in ("main", "keys"))
    yield tuple(fresh_database(server, name) for name in names)  # type: ignore[misc]
    for name in names:
        drop_database(server, name)
