"""The ``padauk`` command and its subcommands, for those who run a deployment.

Exit codes: 0 done, 1 refused (the reason is printed), 2 wrong usage, 3 a check found something,
4 a check could not look at everything; 10 and above: why a deployment must not be served
(``store.identity.StartCode``).
"""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Final

import typer

from app.version import program_version


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"padauk {program_version()}")
        raise typer.Exit


COMMANDS: Final = {
    "init": "init.init",
    "demo": "demo.demo",
    "serve": "serve.serve",
    "worker": "serve.worker",
    "doctor": "doctor.doctor",
    "settings": "settings.settings",
    "backup": "backup.backup",
    "restore": "backup.restore_backup",
    "reindex": "reindex.reindex",
    "call": "call.call",
    "join": "join.join",
    "documents": "documents.documents",
}
"""Each command, and where it is."""

GROUPS: Final = ("member", "audit", "retention", "rotate")
"""Modules whose commands have two words."""


def padauk(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Padauk: case management in which every case is sealed under its own keys."""


def build_app(wanted: str = "") -> typer.Typer:
    """Return the command with the subcommand ``wanted``; with all where there is none of that name.

    Only what is wanted is imported: the interface of the server alone takes a second.
    """
    app = typer.Typer(
        name="padauk", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False
    )
    app.callback()(padauk)
    known = wanted in {*COMMANDS, *GROUPS}
    for name, place in COMMANDS.items():
        if name == wanted or not known:
            module, function = place.split(".")
            app.command(name)(getattr(import_module(f"app.cli.{module}"), function))
    for name in GROUPS:
        if name == wanted or not known:
            app.add_typer(import_module(f"app.cli.{name}").app, name=name)
    return app
