"""``padauk documents``: write or check the documents that are generated from the code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from fastapi import FastAPI

from app.cli import presets, state_machines
from app.cli.home import FOUND, err, out
from app.crypto.root import RootKey
from app.deployment import Deployment
from app.http.matrix import render as render_matrix
from app.main import create_app
from app.models import housekeeping_tables, marked_tables, metadata
from app.retention.document import render as render_schedule
from app.settings import Settings
from app.store import inventory
from app.store.base import ORGANISATION
from app.store.models import KeystoreBase

_ROOT = Path(__file__).resolve().parents[2]


def app_without_databases() -> FastAPI:
    """Return the application over databases that are never opened, to read its routes."""
    settings = Settings(
        environment="test",
        organisation_id=ORGANISATION,
        organisation_root="0" * 64,
        database_url="sqlite://",
        keystore_url="sqlite:///:memory:",
    )
    return create_app(Deployment.build(settings, RootKey.generate()))


def rendered() -> dict[str, str]:
    """Return every generated document by its path."""
    return {
        "docs/data-inventory.md": inventory.render(
            [("Main database", metadata), ("Keystore", KeystoreBase.metadata)]
        )
        + inventory.render_housekeeping(housekeeping_tables())
        + inventory.render_marks(*marked_tables()),
        "docs/permissions.md": render_matrix(app_without_databases()),
        "docs/presets.md": presets.render(),
        "docs/retention.md": render_schedule(),
        "docs/state-machines.md": state_machines.render(),
    }


def documents(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Compare with the files; write nothing.")
    ] = False,
) -> None:
    """Generate the documents that follow from the code. Exit code 3 where one differs."""
    drifted = []
    for path, text in rendered().items():
        file = _ROOT / path
        if file.is_file() and file.read_text(encoding="utf-8") == text:
            continue
        drifted.append(path)
        if not check:
            file.write_text(text, encoding="utf-8")
            out.print(f"wrote {path}")
    if check and drifted:
        err.print(f"drifted: {', '.join(drifted)}; run `make docs`")
        raise typer.Exit(FOUND)
