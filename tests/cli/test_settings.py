"""``padauk settings`` lists and explains all that can be set."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import app
from app.cli.commands import build_app
from app.cli.settings import VARIABLES, list_settings
from app.settings import Settings

ROOT = Path(app.__file__).parent


def listed(*options: str) -> str:
    run = CliRunner().invoke(build_app(), ["settings", *options])
    assert run.exit_code == 0, run.output
    return run.output


@pytest.mark.parametrize("name", Settings.model_fields)
def test_each_setting_is_listed_and_explained(name):
    line = next(line for line in list_settings() if line.name == name)
    assert len(line.says.split()) >= 3
    assert line.variable == f"PADAUK_{name.upper()}"
    assert f"{line.name} = " in listed()


def test_each_variable_that_the_program_reads_is_listed():
    read = set()
    for file in ROOT.rglob("*.py"):
        read |= set(re.findall(r'"(PADAUK_[A-Z_]*[A-Z]|CREDENTIALS_DIRECTORY)"', file.read_text()))
    assert read >= {"PADAUK_HOME", "PADAUK_TOKEN"}
    assert read == set(VARIABLES)


def test_bounds_and_choices_are_named():
    says = {line.name: line.says for line in list_settings()}
    assert says["session_idle_minutes"].endswith("at least 1, at most 60")
    assert "one of production, demo, test" in says["environment"]


def test_the_list_as_json_has_every_setting():
    told = json.loads(listed("--json"))
    assert [line["name"] for line in told["settings"]] == list(Settings.model_fields)


def test_no_value_of_a_deployment_is_shown(monkeypatch):
    monkeypatch.setenv("PADAUK_DATABASE_URL", "postgresql+psycopg://heron:secret@db/padauk")
    assert "secret@" not in listed()
