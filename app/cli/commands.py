"""The ``padauk`` command and its subcommands, for those who run a deployment.

Exit codes: 0 done, 1 refused (the reason is printed), 2 wrong usage, 3 a check found something,
4 a check could not look at everything; 10 and above: why a deployment must not be served
(``store.identity.StartCode``).
"""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli import (
    audit,
    backup,
    call,
    demo,
    doctor,
    documents,
    init,
    member,
    reindex,
    retention,
    serve,
    settings,
)
from app.version import program_version


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"padauk {program_version()}")
        raise typer.Exit


app = typer.Typer(
    name="padauk",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
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


app.command("init")(init.init)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("worker")(serve.worker)
app.command("doctor")(doctor.doctor)
app.command("settings")(settings.settings)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore_backup)
app.command("reindex")(reindex.reindex)
app.command("call")(call.call)
app.command("documents")(documents.documents)
app.add_typer(member.app, name="member")
app.add_typer(audit.app, name="audit")
app.add_typer(retention.app, name="retention")
