"""`padauk rotate root`: a new root key wraps the deployment's secrets, and nothing else changes."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.commands import build_app
from app.store.identity import StartCode


def run(*words: str, typed: str | None = None):
    return CliRunner().invoke(build_app(), list(words), input=typed)


@pytest.fixture(scope="module")
def founded(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("founded") / "home"
    done = run("init", "--home", str(home), "--lead", "lead-1", "--team", "Teak")
    assert done.exit_code == 0, done.output
    return home


@pytest.fixture
def home(founded, tmp_path) -> Path:
    return shutil.copytree(founded, tmp_path / "home")


def rows(file: Path) -> dict[str, list[tuple[object, ...]]]:
    with sqlite3.connect(file) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall()
        found = {
            name: connection.execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608
            for (name,) in tables
        }
    connection.close()
    return found


def rotated(home: Path, *more: str):
    return run("rotate", "root", "--home", str(home), *more)


def test_the_secrets_are_wrapped_again_and_nothing_else_changes(home):
    before, main = rows(home / "keystore.db"), rows(home / "padauk.db")
    done = rotated(home)
    assert done.exit_code == 0, done.output
    after, main_after = rows(home / "keystore.db"), rows(home / "padauk.db")
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"deployment_secrets"}
    assert len(before["deployment_secrets"]) == len(after["deployment_secrets"])
    # One event of it, which waits for its place in the log.
    changed = {name for name in main if main[name] != main_after[name]}
    assert changed == {"audit_events", "audit_unsequenced"}
    assert run("worker", "--once", "--home", str(home)).exit_code == 0
    assert run("audit", "verify", "--database", "--home", str(home)).exit_code == 0


def test_the_old_key_opens_nothing_any_more_and_the_words_shown_are_the_new_one_s(home):
    old = (home / "root.key").read_bytes()
    done = rotated(home)
    words = next(line for line in done.output.splitlines() if len(line.split()) == 33)
    assert not (home / "root.key.new").exists()
    (home / "root.key").write_bytes(old)
    refused = run("doctor", "--home", str(home))
    assert refused.exit_code == StartCode.OTHER_ROOT_KEY
    (home / "root.key").unlink()
    settings = home / "padauk.toml"
    lines = [line for line in settings.read_text().splitlines() if "root_key_file" not in line]
    settings.write_text("\n".join([*lines, ""]))
    assert run("audit", "key", "--home", str(home), typed=f"{words}\n").exit_code == 0


def test_stopped_after_the_wrapping_it_goes_on(home, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", stopped)
        assert rotated(home).exit_code != 0
    assert run("doctor", "--home", str(home)).exit_code == StartCode.OTHER_ROOT_KEY
    assert rotated(home).exit_code == 0
    assert run("audit", "key", "--home", str(home)).exit_code == 0


def test_a_key_that_is_handed_over_is_written_where_it_is_said(home, tmp_path, monkeypatch):
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    shutil.move(home / "root.key", credentials / "padauk-root-key")
    settings = home / "padauk.toml"
    text = settings.read_text().replace(
        'root_key_file = "root.key"', 'root_key_credential = "padauk-root-key"'
    )
    settings.write_text(text)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    assert "--to" in rotated(home).output
    new = tmp_path / "new.key"
    assert rotated(home, "--to", str(new)).exit_code == 0
    assert new.stat().st_mode & 0o777 == 0o600
    shutil.copy(new, credentials / "padauk-root-key")
    assert run("audit", "key", "--home", str(home)).exit_code == 0


def test_a_root_key_of_another_deployment_is_refused(home):
    (home / "root.key").write_bytes(bytes(32))
    done = rotated(home)
    assert done.exit_code == 1
    assert "give the root key" in done.output


def test_a_file_that_others_may_read_is_no_place_for_it(home, tmp_path):
    file = tmp_path / "new.key"
    file.write_bytes(bytes(range(32)))
    file.chmod(0o644)
    done = rotated(home, "--to", str(file))
    assert done.exit_code == 1
    assert "cannot be kept" in done.output
