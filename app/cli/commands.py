"""The command line: the same services as the routes, for those who run a deployment.

Exit codes: 0 done, 1 refused (the reason is printed), 2 called wrongly, 3 a check found something.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from app.cli import audit, call, demo, doctor, documents, init, member, serve
from app.cli.home import out

app = typer.Typer(
    name="padauk",
    help="Padauk: sealed case management.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _print_version(*, wanted: bool) -> None:
    if wanted:
        out.print(f"padauk {version('padauk')}", highlight=False)
        raise typer.Exit


@app.callback()
def padauk(
    *,
    show_version: Annotated[  # typer calls it back
        bool,
        typer.Option(
            "--version",
            callback=lambda wanted: _print_version(wanted=wanted),
            is_eager=True,
            help="Print the version and end.",
        ),
    ] = False,
) -> None:
    """Padauk: sealed case management."""


app.command("init")(init.init)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("worker")(serve.worker)
app.command("doctor")(doctor.doctor)
app.command("call")(call.call)
app.command("documents")(documents.documents)
app.add_typer(member.app, name="member")
app.add_typer(audit.app, name="audit")
