"""Every wrong start is refused in one line, with the right advice and an exit code of its own.

The starts that an operator met in use: files that are missing, empty, swapped or foreign, keys and
settings of somewhere else, schemas that are older or newer, disks that cannot be written.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import serve as serving
from app.cli.commands import build_app
from app.store.identity import StartCode

Breakage = Callable[[Path, Path], None]


@pytest.fixture(scope="module")
def founded(tmp_path_factory) -> Path:
    """Two founded homes beside each other: one to break, one to take foreign parts from."""
    folder = tmp_path_factory.mktemp("homes")
    for name in ("ours", "theirs"):
        found = ["init", "--home", str(folder / name), "--lead", "lead-1", "--team", "Teak"]
        made = CliRunner().invoke(build_app(), found)
        assert made.exit_code == 0, made.output
    return folder


@pytest.fixture
def homes(founded, tmp_path) -> Path:
    shutil.copytree(founded, tmp_path / "homes")
    return tmp_path / "homes"


@pytest.fixture
def served(monkeypatch) -> list[str]:
    """What would have been served: nothing, where a start is refused."""
    reached: list[str] = []
    monkeypatch.setattr(serving, "serve_deployment", lambda *_, **__: reached.append("served"))
    return reached


def serve(home: Path, *more: str):
    return CliRunner().invoke(build_app(), ["serve", "--home", str(home), *more])


def edit(name: str, old: str, new: str) -> Breakage:
    def breaking(home: Path, _theirs: Path) -> None:
        file = home / name
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    return breaking


def setting(line: str) -> Breakage:
    def breaking(home: Path, _theirs: Path) -> None:
        name = line.split(" = ", maxsplit=1)[0]
        file = home / "padauk.toml"
        kept = [old for old in file.read_text("utf-8").splitlines() if not old.startswith(name)]
        file.write_text("\n".join([*kept, line, ""]), encoding="utf-8")

    return breaking


def remove(name: str) -> Breakage:
    return lambda home, _theirs: (home / name).unlink()


def empty(name: str) -> Breakage:
    return lambda home, _theirs: (home / name).write_bytes(b"") and None


def garbage(name: str) -> Breakage:
    def breaking(home: Path, _theirs: Path) -> None:
        (home / name).write_bytes(b"not a database, whatever its name says" * 100)

    return breaking


def take(name: str) -> Breakage:
    """Put a file of the other deployment in the place of ours."""

    def breaking(home: Path, theirs: Path) -> None:
        shutil.copy(theirs / name, home / name)

    return breaking


def swap(home: Path, _theirs: Path) -> None:
    main, keystore = home / "padauk.db", home / "keystore.db"
    main.rename(home / "moved")
    keystore.rename(main)
    (home / "moved").rename(keystore)


def statement(name: str, sql: str) -> Breakage:
    def breaking(home: Path, _theirs: Path) -> None:
        with sqlite3.connect(home / name) as connection:
            connection.execute(sql)

    return breaking


def close_to_all(name: str) -> Breakage:
    return lambda home, _theirs: (home / name).chmod(0o644)


STARTS: dict[str, tuple[Breakage, StartCode, str]] = {
    "no settings": (remove("padauk.toml"), StartCode.SETTINGS, "there is no padauk.toml"),
    "broken settings": (edit("padauk.toml", " = ", " "), StartCode.SETTINGS, "line"),
    "unknown setting": (setting("colour = 1"), StartCode.SETTINGS, "colour"),
    "no such database": (
        setting('database_url = "mysql://host.invalid/padauk"'), StartCode.SETTINGS, "database_url",
    ),
    "nonsense for a database": (
        setting('database_url = "padauk"'), StartCode.SETTINGS, "database_url",
    ),
    "one database for both": (
        setting('keystore_url = "sqlite:///padauk.db"'), StartCode.SETTINGS, "another database",
    ),
    "weak Argon2": (setting("argon2_memory_kib = 64"), StartCode.SETTINGS, "argon2_memory_kib"),
    "no root key": (remove("root.key"), StartCode.ROOT_KEY, "root key"),
    "empty root key": (empty("root.key"), StartCode.ROOT_KEY, "root key"),
    "root key open to all": (close_to_all("root.key"), StartCode.ROOT_KEY, "root key"),
    "another root key": (take("root.key"), StartCode.OTHER_ROOT_KEY, "root key"),
    "no main database": (remove("padauk.db"), StartCode.NOT_FOUNDED, "main database"),
    "no keystore": (remove("keystore.db"), StartCode.NOT_FOUNDED, "keystore"),
    "empty main database": (empty("padauk.db"), StartCode.NOT_FOUNDED, "main database"),
    "empty keystore": (empty("keystore.db"), StartCode.NOT_FOUNDED, "keystore"),
    "main database is no database": (garbage("padauk.db"), StartCode.NOT_FOUNDED, "main database"),
    "keystore is no database": (garbage("keystore.db"), StartCode.NOT_FOUNDED, "keystore"),
    "swapped databases": (swap, StartCode.NOT_A_PAIR, "swapped"),
    "another's keystore": (take("keystore.db"), StartCode.NOT_A_PAIR, "keystore"),
    "another's main database": (take("padauk.db"), StartCode.NOT_A_PAIR, "settings"),
    "another's settings": (
        lambda home, theirs: shutil.copy(theirs / "padauk.toml", home / "padauk.toml") and None,
        StartCode.NOT_A_PAIR, "settings",
    ),
    "older keystore": (
        statement("keystore.db", "UPDATE keystore SET number = 0"),
        StartCode.KEYSTORE_OLDER, "older",
    ),
    "older schema": (
        statement("padauk.db", "DELETE FROM alembic_version"), StartCode.NOT_FOUNDED, "empty",
    ),
    "newer schema": (
        statement("padauk.db", "UPDATE alembic_version SET version_num = '9999'"),
        StartCode.SCHEMA_NEWER, "9999",
    ),
    "newer keystore schema": (
        statement("keystore.db", "UPDATE alembic_version SET version_num = '9999'"),
        StartCode.SCHEMA_NEWER, "9999",
    ),
    "a table is missing": (
        statement("padauk.db", "DROP TABLE counters"), StartCode.SCHEMA_OLDER, "counters",
    ),
    "boot key folder missing": (
        setting('boot_key_file = "nowhere/boot.key"'), StartCode.BOOT_KEY, "boot key",
    ),
}  # fmt: skip


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_wrong_start_is_refused_in_one_line(homes, served, start, processes):
    breaking, code, words = STARTS[start]
    breaking(homes / "ours", homes / "theirs")
    before = {file.name for file in (homes / "ours").iterdir()}
    outcome = serve(homes / "ours", "--processes", processes)
    assert outcome.exit_code == code, outcome.output
    assert words in outcome.output.replace("\n", " ")
    assert "Traceback" not in outcome.output
    assert served == []
    made = {file.name for file in (homes / "ours").iterdir()} - before
    assert not [name for name in made if not name.endswith(("-wal", "-shm", ".lock"))]


def test_a_sound_home_is_served(homes, served):
    outcome = serve(homes / "ours")
    assert outcome.exit_code == 0, outcome.output
    assert served == ["served"]


def test_a_newer_keystore_is_served_as_after_a_restore_of_the_main_database(homes, served):
    statement("keystore.db", "UPDATE keystore SET number = number + 40")(homes / "ours", homes)
    assert serve(homes / "ours").exit_code == 0
    assert served == ["served"]


def test_a_copied_home_opens_its_own_files(homes, served, tmp_path):
    shutil.copytree(homes / "ours", tmp_path / "copy")
    shutil.rmtree(homes)
    assert serve(tmp_path / "copy").exit_code == 0
    assert served == ["served"]


@pytest.mark.parametrize("lead", ["a", "Über", "lead 1"])
def test_a_founding_that_is_refused_leaves_nothing_and_can_be_repeated(tmp_path, lead):
    home = tmp_path / "home"
    found = ["init", "--home", str(home), "--team", "Teak", "--lead"]
    refused = CliRunner().invoke(build_app(), [*found, lead])
    assert refused.exit_code != 0
    assert not home.exists() or not any(home.iterdir())
    assert CliRunner().invoke(build_app(), [*found, "lead-1"]).exit_code == 0


def test_a_home_that_cannot_be_written_is_refused(homes, served, monkeypatch):
    """As on a disk that was mounted read-only; root may write anywhere, so SQLite says so."""
    if os.geteuid() == 0:
        statement("padauk.db", "PRAGMA user_version = 1")(homes / "ours", homes)
        monkeypatch.setattr("app.store.identity.is_writable", lambda _engine: False)
    else:
        for name in ("padauk.db", "keystore.db"):
            (homes / "ours" / name).chmod(0o400)
    outcome = serve(homes / "ours")
    assert outcome.exit_code == StartCode.NOT_WRITABLE, outcome.output
    assert served == []


def test_init_founds_with_the_limits_of_the_preset_that_was_chosen(tmp_path):
    home = tmp_path / "home"
    found = ["init", "--home", str(home), "--team", "Teak", "--lead", "lead-1"]
    assert CliRunner().invoke(build_app(), [*found, "--preset", "small"]).exit_code == 0
    database = sqlite3.connect(home / "padauk.db")
    assert database.execute("SELECT preset FROM organisation_settings").fetchall() == [("small",)]
    database.close()
