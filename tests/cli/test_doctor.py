"""What `padauk doctor` ends with, and what it says, of an installation as `padauk init` made it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from app.cli.commands import build_app


def run(*words: str):
    return CliRunner().invoke(build_app(), list(words))


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> str:
    """A founded embedded installation, root key and all in its folder."""
    folder = str(tmp_path_factory.mktemp("founded") / "home")
    assert run("init", "--home", folder, "--lead", "lead-1", "--team", "Teak").exit_code == 0
    return folder


def doctor(home: str) -> tuple[int, set[str], set[str]]:
    """The exit code, what is amiss, and what is advised."""
    seen = run("doctor", "--home", home, "--json")
    said = json.loads(seen.stdout)
    amiss = {check["name"] for check in said["checks"] if not check["ok"]}
    return seen.exit_code, amiss, {item["name"] for item in said["advice"]}


def test_what_needs_nobody_now_is_advice_and_ends_with_0(home):
    assert run("worker", "--once", "--home", home).exit_code == 0
    code, amiss, advised = doctor(home)
    assert (code, amiss) == (0, set())
    assert advised >= {"root key", "backup", "custody"}


def test_a_job_that_never_ran_is_amiss(tmp_path):
    home = str(tmp_path / "home")
    assert run("init", "--home", home, "--lead", "lead-1", "--team", "Teak").exit_code == 0
    code, amiss, _ = doctor(home)
    assert code == 3
    assert "job sequencer" in amiss
    assert {name.split()[0] for name in amiss} == {"job"}


def test_a_home_that_others_may_read_is_amiss(tmp_path):
    opened = tmp_path / "home"
    run("init", "--home", str(opened), "--lead", "lead-1", "--team", "Teak")
    run("worker", "--once", "--home", str(opened))
    opened.chmod(0o755)
    assert doctor(str(opened))[:2] == (3, {"mode of home"})
