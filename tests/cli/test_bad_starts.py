"""Every wrong start is refused as the table of `docs/operating.md` says, each by its exit code.

The starts are in `tests/support/bad_starts.py`, by the names of that table.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import serve as serving
from app.cli.commands import build_app
from app.store.identity import StartCode
from tests.support.bad_starts import ONLY_SEVERAL, STARTS, Ground, Home, newer_program, statement
from tests.support.hosts import found_home
from tests.support.postgres import fresh_database

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "operating.md"
_numbers = count()


def table() -> dict[str, tuple[int, str]]:
    """The rows of the page's table: by its first cell, the exit code and the line as a pattern."""
    section = _PAGE.read_text("utf-8").split("\n### What a refused start says\n", 1)[1]
    section = re.split(r"^##", section, flags=re.MULTILINE)[0]
    rows = re.findall(r"^\| (.+) \| (\d+) \| (.+) \| (.+) \|$", section, flags=re.MULTILINE)
    return {
        name: (int(code), f"Refused: {re.escape(f'{says}; {advice}')}".replace("…", ".+"))
        for name, code, says, advice in rows
    }


TABLE = table()


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


@pytest.fixture(scope="module")
def on_postgres(request, tmp_path_factory):
    """A home on a server, founded when the first test requires it."""
    made: list[tuple[Home, str]] = []

    def found() -> tuple[Home, str]:
        if not made:
            server = request.getfixturevalue("postgres_server")
            names = [f"sound_{next(_numbers)}" for _ in range(2)]
            urls = [fresh_database(server, name) for name in names]
            made.append((found_home(tmp_path_factory.mktemp("server") / "home", *urls), server))
        return made[0]

    return found


@pytest.fixture
def served(monkeypatch) -> list[str]:
    """What would have been served: nothing, where a start is refused."""
    reached: list[str] = []
    for way in ("serve_deployment", "serve_processes"):
        monkeypatch.setattr(serving, way, lambda *_, **__: reached.append("served"))
    return reached


@pytest.fixture
def ground(homes, on_postgres, monkeypatch) -> Iterator[Ground]:
    with ExitStack() as held:
        yield Ground(homes / "ours", homes / "theirs", on_postgres, monkeypatch, held)


def run(*words: str, home: Path):
    return CliRunner().invoke(build_app(), [*words, "--home", str(home)])


def serve(home: Path, *more: str):
    return run("serve", *more, home=home)


def files_in(home: Path) -> set[str]:
    """The files of a home, without those that SQLite keeps beside a database."""
    names = {str(file.relative_to(home)) for file in home.rglob("*")}
    return {name for name in names if not name.endswith(("-wal", "-shm", ".lock"))}


def has_tables(file: Path) -> bool:
    """Whether a file is a database with a table."""
    try:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
            return connection.execute("SELECT count(*) FROM sqlite_master").fetchone() > (0,)
    except sqlite3.Error:
        return False


def assert_refused(outcome, start: str) -> None:
    code, says = TABLE[start]
    assert outcome.exit_code == code, outcome.output
    lines = outcome.stderr.strip().splitlines()
    assert len(lines) == 1, outcome.output
    assert re.fullmatch(says, lines[0]), f"{lines[0]}\nis not\n{says}"


def test_the_table_has_every_wrong_start_and_no_other():
    assert sorted(TABLE) == sorted([*STARTS, *ONLY_SEVERAL])


def test_each_reason_to_refuse_a_start_is_met():
    assert {code for code, _ in TABLE.values()} == set(StartCode)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_wrong_start_says_what_the_table_says_and_makes_nothing(ground, served, start, processes):
    STARTS[start](ground)
    before = files_in(ground.home)
    outcome = serve(ground.home, "--processes", processes)
    ground.held.close()
    assert_refused(outcome, start)
    assert served == []
    assert files_in(ground.home) == before


@pytest.mark.parametrize("start", ONLY_SEVERAL)
def test_what_several_processes_cannot_share_is_refused(ground, served, start):
    ONLY_SEVERAL[start](ground)
    assert_refused(serve(ground.home, "--processes", "2"), start)
    assert served == []
    assert serve(ground.home).exit_code == 0
    assert served == ["served"]


@pytest.mark.parametrize(
    "start",
    [
        start
        for start in STARTS
        if TABLE[start][0] not in {StartCode.SCHEMA_OLDER, StartCode.ADDRESS}
        and start != "another server with another boot key"
    ],
)
def test_an_upgrade_says_the_same_and_makes_no_table(ground, start):
    STARTS[start](ground)
    before = files_in(ground.home)
    outcome = run("doctor", "--upgrade", home=ground.home)
    ground.held.close()
    assert_refused(outcome, start)
    assert files_in(ground.home) == before
    if start in {"an empty main database", "an empty keystore"}:
        assert not all(has_tables(ground.home / name) for name in ("padauk.db", "keystore.db"))


def test_an_older_schema_is_upgraded_and_served(ground, served):
    newer_program(ground)
    assert_refused(serve(ground.home), "an older schema")
    upgraded = run("doctor", "--upgrade", home=ground.home)
    assert "Traceback" not in upgraded.output
    assert serve(ground.home).exit_code == 0
    assert served == ["served"]


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_sound_home_is_served(ground, served, processes):
    ground.move_to_postgres()
    outcome = serve(ground.home, "--processes", processes)
    assert outcome.exit_code == 0, outcome.output
    assert served == ["served"]


def test_a_newer_keystore_is_served_as_after_a_restore_of_the_main_database(ground, served):
    statement("keystore.db", "UPDATE keystore SET number = number + 40")(ground)
    assert serve(ground.home).exit_code == 0
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


def test_init_founds_with_the_limits_of_the_preset_that_was_chosen(tmp_path):
    home = tmp_path / "home"
    found = ["init", "--home", str(home), "--team", "Teak", "--lead", "lead-1"]
    assert CliRunner().invoke(build_app(), [*found, "--preset", "small"]).exit_code == 0
    database = sqlite3.connect(home / "padauk.db")
    assert database.execute("SELECT preset FROM organisation_settings").fetchall() == [("small",)]
    database.close()
