"""The command says which version it is."""

import tomllib
from pathlib import Path

from typer.testing import CliRunner

from app.cli.commands import build_app

ROOT = Path(__file__).resolve().parents[2]


def test_padauk_prints_its_version_and_ends():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    ran = CliRunner().invoke(build_app(), ["--version"])
    assert (ran.exit_code, ran.stdout.strip()) == (0, f"padauk {wanted}")
