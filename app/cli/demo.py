"""``padauk demo``: build and serve an organisation of fictional people, in one command."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.cli.home import (
    ROOT_KEY_FILE,
    build,
    fresh_values,
    load_settings,
    opened,
    out,
    write_settings,
)
from app.cli.serve import serve_deployment
from app.clock import utc_now
from app.crypto.root import create_root_key_file
from app.demo.build import build_demo
from app.demo.organisation import DemoMember, SettableClock
from app.organisation.root import OrganisationRoot
from app.retention.passes import run_pass
from app.store.migrate import upgrade
from app.worker import Worker

_MEMBERS_FILE = "members.txt"


def demo(
    home: Annotated[
        Path, typer.Option("--home", help="Folder of the demo.", file_okay=False)
    ] = Path(".demo"),
    port: Annotated[int, typer.Option(help="Port to serve it on.")] = 8420,
    *,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Delete the demo and build it again.")
    ] = False,
    serve: Annotated[bool, typer.Option(help="Serve it after it is built.")] = True,
) -> None:
    """Build a demo with fictional people, print their passphrases, and serve it."""
    if fresh and (home / _MEMBERS_FILE).is_file():
        shutil.rmtree(home)
    if not (home / _MEMBERS_FILE).is_file():
        _make(home, port)
    out.print((home / _MEMBERS_FILE).read_text(encoding="utf-8"), soft_wrap=True, highlight=False)
    out.print("Everyone here is invented.")
    if serve:
        settings = load_settings(home)
        out.print(
            f"Serving on [bold]http://{settings.host}:{settings.port}[/bold]; README.md walks"
            " through a first case. Ctrl+C ends it."
        )
        with opened(home, to_serve=True) as deployment:
            serve_deployment(deployment, jobs=True)


def _make(home: Path, port: int) -> None:
    """Build the demo in a folder beside the home, so that a half-built one is never served."""
    draft = home.with_name(f"{home.name}-draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    root = OrganisationRoot.generate()
    root_key = create_root_key_file(draft / ROOT_KEY_FILE)
    values = fresh_values("demo", root.fingerprint) | {"port": port}
    settings = write_settings(draft, values)
    clock = SettableClock(utc_now())
    deployment = build(settings, root_key, clock, create=True)
    try:
        upgrade(deployment.engine, "main")
        upgrade(deployment.keystore.engine, "keystore")
        with Progress(
            SpinnerColumn(), TextColumn("Building the demo"), TimeElapsedColumn(), console=out
        ) as progress:
            task = progress.add_task("build", total=None)
            members = build_demo(deployment, clock, root, utc_now(), lambda: progress.advance(task))
        Worker(deployment).run_due()
        run_pass(deployment)
    finally:
        deployment.close()
    _write_members(draft / _MEMBERS_FILE, members)
    shutil.rmtree(home, ignore_errors=True)
    draft.rename(home)


def _write_members(file: Path, members: list[DemoMember]) -> None:
    table = Table("sign-in name", "role", "passphrase", box=None, title="Members, team by team")
    for member in sorted(members, key=lambda member: member.team):
        table.add_row(member.login, member.role.value, member.passphrase)
    written = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(written, "w", encoding="utf-8") as text:
        Console(file=text, width=120).print(table)
