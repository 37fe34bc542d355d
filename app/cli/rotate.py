"""``padauk rotate``: replace a key of the deployment.

Knows files and where the root key may lie; what a new root key wraps again is for ``app.store``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.audit.events import EventKind
from app.cli.home import Home, build, load_settings, opened, out, read_root_key, refuse
from app.crypto.errors import CryptoError, RootKeyRefused
from app.crypto.root import RootKey, create_root_key_file, load_root_key
from app.principal import NOBODY
from app.settings import Settings
from app.store.deployment_secrets import rewrap_deployment_secrets
from app.work import begin_work, unit_of_work

app = typer.Typer(help="Replace a key of the deployment.", no_args_is_help=True)


@app.callback()
def rotate() -> None:
    """Replace a key of the deployment."""


@app.command("root")
def rotate_root(
    home: Home,
    to: Annotated[
        Path | None,
        typer.Option(
            help="Where the new key is written: needed where the old one is typed, or handed over"
            " by systemd.",
            dir_okay=False,
        ),
    ] = None,
) -> None:
    """Make a new root key and wrap the deployment's secrets with it; nothing else changes.

    Asked for after the old key may have been seen. May be stopped at any time: the same command
    goes on. Servers that run go on; they need the new key at their next start.
    """
    settings = load_settings(home)
    file = _new_file(settings, to)
    old = read_root_key(settings)
    new = _make_or_read(file)
    deployment = build(settings, old)
    try:
        rewrap_deployment_secrets(deployment.keystore.engine, deployment.organisation, old, new)
    except RootKeyRefused as refusal:
        refuse(f"{refusal}; give the root key that wraps them now")
    finally:
        deployment.close()
    if to is None and settings.root_key_file is not None:
        file.replace(settings.root_key_file)
        _record(home)
        out.print(f"The new root key is in {settings.root_key_file}.", soft_wrap=True)
    else:
        out.print(
            f"Hand {file} over as the root key from now on; no old one opens.", soft_wrap=True
        )
    out.print("ROOT KEY (the process needs it to start), to be written down in the kit:")
    out.print(new.recovery_words(), soft_wrap=True)
    out.print(
        "Keep the old words apart for as long as you keep a backup from before: it opens with"
        " them alone. Make a backup now.",
        soft_wrap=True,
    )


def _new_file(settings: Settings, to: Path | None) -> Path:
    if to is not None:
        return to
    if settings.root_key_file is None:
        refuse("the root key is in no file of the settings; say with --to where the new one goes")
    return settings.root_key_file.with_name(f"{settings.root_key_file.name}.new")


def _make_or_read(file: Path) -> RootKey:
    """Return a new root key, or the one that an earlier run has left in the file."""
    try:
        return load_root_key(file=file) if file.exists() else create_root_key_file(file)
    except CryptoError as refusal:
        refuse(f"the new root key cannot be kept in {file} ({refusal})")


def _record(home: Path) -> None:
    with opened(home) as deployment, deployment.sessions() as session:
        work = begin_work(session, deployment, NOBODY)
        with unit_of_work(work):
            work.trail.record(EventKind.ROOT_KEY_REPLACED)
