"""A founding is all or nothing, and its kit is enough to come back from what was kept."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from itertools import count
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import init
from app.cli import serve as serving
from app.cli.commands import build_app
from tests.support.hosts import PADAUK
from tests.support.postgres import fresh_database

REST = """
database_url = "sqlite:///padauk.db"
keystore_url = "sqlite:///keystore.db"
root_key_file = "root.key"
"""
_numbers = count()


def found(home: Path, *more: str):
    words = ["init", "--home", str(home), "--lead", "lead-1", "--team", "Teak", *more]
    return CliRunner().invoke(build_app(), words)


@pytest.fixture
def served(monkeypatch) -> list[str]:
    reached: list[str] = []
    monkeypatch.setattr(serving, "serve_deployment", lambda *_, **__: reached.append("served"))
    return reached


@pytest.fixture
def urls(postgres_server) -> list[str]:
    number = next(_numbers)
    made = [fresh_database(postgres_server, f"founding_{number}_{part}") for part in ("a", "b")]
    return ["--database-url", made[0], "--keystore-url", made[1]]


def serve(home: Path) -> int:
    return CliRunner().invoke(build_app(), ["serve", "--home", str(home)]).exit_code


def test_a_lost_padauk_toml_is_written_again_from_the_kit(tmp_path, served):
    home = tmp_path / "home"
    shown = found(home).output
    kept = re.findall(r'^ *(organisation_(?:id|root) = "[0-9a-f-]+")$', shown, flags=re.MULTILINE)
    assert len(kept) == 2
    (home / "padauk.toml").unlink()
    (home / "padauk.toml").write_text("\n".join(kept) + REST, encoding="utf-8")
    assert serve(home) == 0
    assert served == ["served"]


@pytest.mark.parametrize("made", ["root.key", "padauk.toml", "padauk.db", "keystore.db"])
def test_a_founding_that_is_killed_leaves_no_home_and_is_repeated(tmp_path, served, made):
    home = tmp_path / "home"
    order = [PADAUK, "init", "--home", str(home), "--lead", "lead-1", "--team", "Teak"]
    founding = subprocess.Popen(order, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(f".home-being-founded-*/{made}")):
        assert founding.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    founding.send_signal(signal.SIGKILL)
    founding.wait()
    assert not home.exists()
    assert found(home).exit_code == 0
    assert serve(home) == 0
    assert served == ["served"]


def test_a_founding_that_fails_on_a_server_leaves_its_databases_for_the_next(
    tmp_path, monkeypatch, urls, served
):
    home, done = tmp_path / "home", init.found_organisation

    def fail(*words, **named):
        done(*words, **named)
        raise KeyboardInterrupt

    monkeypatch.setattr(init, "found_organisation", fail)
    assert found(home, *urls).exit_code != 0
    assert not home.exists()
    monkeypatch.setattr(init, "found_organisation", done)
    again = found(home, *urls)
    assert again.exit_code == 0, again.output
    assert serve(home) == 0
    assert served == ["served"]


def test_a_founding_takes_no_database_that_another_has(tmp_path, urls, served):
    assert found(tmp_path / "one", *urls).exit_code == 0
    refused = found(tmp_path / "other", *urls)
    assert refused.exit_code == 1
    assert "two empty databases" in refused.stderr.replace("\n", " ")
    assert not (tmp_path / "other").exists()
    assert serve(tmp_path / "one") == 0
    assert served == ["served"]
