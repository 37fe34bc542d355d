"""The container file: what it copies is there, and what it runs is not root."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import typer.main

from app.cli.commands import build_app
from app.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def steps():
    text = (ROOT / "deploy" / "Containerfile").read_text().replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]


def _last_stage(steps):
    begins = max(place for place, (verb, _) in enumerate(steps) if verb == "FROM")
    return steps[begins:]


def test_what_it_copies_is_in_the_repository(steps):
    copied = [
        source
        for verb, rest in steps
        if verb == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    ]
    assert "requirements/run.txt" in copied
    assert [source for source in copied if not (ROOT / source).exists()] == []


def test_everything_that_it_installs_is_pinned_or_ours(steps):
    installs = [rest for verb, rest in steps if verb == "RUN" and "pip install" in rest]
    assert len(installs) == 2
    assert all("--require-hashes" in rest or "--no-deps" in rest for rest in installs)


def test_it_runs_as_nobody_in_particular_and_never_as_root(steps):
    users = [rest for verb, rest in _last_stage(steps) if verb == "USER"]
    assert len(users) == 1
    assert int(users[0]) > 1000


def test_its_base_is_a_plain_name_of_a_python_that_the_project_serves(steps):
    bases = {rest.split()[0] for verb, rest in steps if verb == "FROM"}
    assert len(bases) == 1
    major, minor = re.fullmatch(r"python:(\d+)\.(\d+)-slim", bases.pop()).groups()
    lowest = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert (int(major), int(minor)) >= tuple(map(int, lowest.removeprefix(">=").split(".")))


def test_its_environment_names_settings_that_exist(steps):
    environment = " ".join(rest for verb, rest in steps if verb == "ENV")
    named = set(re.findall(r"PADAUK_(\w+)=", environment)) - {"HOME"}
    assert named
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_it_starts_a_command_that_exists(steps):
    started = dict(step for step in _last_stage(steps) if step[0] in {"ENTRYPOINT", "CMD"})
    assert json.loads(started["ENTRYPOINT"]) == ["padauk"]
    (verb,) = json.loads(started["CMD"])
    assert typer.main.get_command(build_app()).get_command(None, verb) is not None


def test_it_shows_the_port_that_padauk_listens_on(steps):
    assert ("EXPOSE", str(Settings.model_fields["port"].default)) in steps
