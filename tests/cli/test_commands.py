"""The command line: its help, and what it prints when a table is incomplete."""

from __future__ import annotations

import sys

import pytest
from typer.main import get_command

from app import cli
from app.cli.commands import COMMANDS, GROUPS, build_app
from app.totality import RowMissing


def commands(group, path: tuple[str, ...] = ()):
    """Yield each command with the words that call it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


EVERY_COMMAND = list(commands(get_command(build_app())))


@pytest.mark.parametrize(
    ("path", "command"), EVERY_COMMAND, ids=[" ".join(path) for path, _ in EVERY_COMMAND]
)
def test_each_command_and_each_of_its_options_has_a_help_text(path, command):
    assert command.help, path
    for parameter in command.params:
        assert getattr(parameter, "help", None), (path, parameter.name)


def test_commands_that_the_help_texts_name_exist():
    known = {" ".join(path) for path, _ in EVERY_COMMAND}
    assert {"member teams", "member list", "member invite", "join", "audit verify"} <= known


def test_an_incomplete_table_ends_the_program_with_what_to_add(monkeypatch):
    def incomplete(_name):
        raise RowMissing("Role.SCOUT has no row in ROLE_PERMISSIONS: add one in app/permissions.py")

    monkeypatch.setattr(cli.os, "umask", lambda _mode: None)
    monkeypatch.setattr(sys, "argv", ["padauk", "documents"])
    monkeypatch.setattr(cli, "build_app", incomplete)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert str(ended.value).startswith("Incomplete table: Role.SCOUT has no row")


@pytest.mark.parametrize("name", [*COMMANDS, *GROUPS])
def test_the_command_that_is_wanted_is_the_only_one_that_is_loaded(name):
    assert list(get_command(build_app(name)).commands) == [name]


def test_a_command_that_nobody_knows_is_looked_for_among_all():
    assert set(get_command(build_app("nothing")).commands) == {*COMMANDS, *GROUPS}
