"""A deployment's folder: its settings, and with SQLite its root key and both databases.

Every command starts here. Knows files and how a deployment is opened; knows no case.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn
from uuid import UUID

import typer
from pydantic import ValidationError
from rich.console import Console

from app.crypto.errors import CryptoError, RootKeyRefused
from app.crypto.root import RootKey, load_root_key
from app.deployment import BOOT_KEY_BYTES, Deployment, utc_now
from app.settings import SETTINGS_FILE, Settings
from app.store.base import new_id
from app.store.deployment_secrets import SecretsMissing
from app.store.migrate import SchemaBehind, require_head
from app.work import note_writes

ROOT_KEY_FILE = "root.key"
REFUSED = 1
FOUND = 3
out = Console()
err = Console(stderr=True)

Home = Annotated[
    Path,
    typer.Option(
        "--home",
        envvar="PADAUK_HOME",
        help="Folder of the deployment.",
        file_okay=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def refuse(reason: str) -> NoReturn:
    """Print the reason and exit with code 1."""
    err.print(f"[red]Refused:[/red] {reason}")
    raise typer.Exit(REFUSED)


def write_settings(home: Path, values: dict[str, Any]) -> Settings:
    """Write ``padauk.toml``, mode 0600, and return what it says. Never overwrites one."""
    lines = ["# Settings of this deployment. PADAUK_* in the environment wins over them.", ""]
    for name, value in values.items():
        shown = f'"{value}"' if isinstance(value, (str, Path, UUID)) else str(value).lower()
        lines.append(f"{name} = {shown}")
    file = os.open(home / SETTINGS_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as settings:
        settings.write("\n".join(lines) + "\n")
    return Settings.load(home)


def load_settings(home: Path) -> Settings:
    """Read the settings of a home, or refuse."""
    try:
        return Settings.load(home)
    except FileNotFoundError:
        refuse(f"there is no {SETTINGS_FILE} in {home}; `padauk init --home {home}` makes one")
    except ValidationError as invalid:
        named = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in invalid.errors())
        refuse(f"the settings do not hold: {named}")


def read_root_key(settings: Settings) -> RootKey:
    """Read the root key from where the settings say, or ask for it; refuse without one."""
    try:
        if settings.root_key_file is not None:
            return load_root_key(file=settings.root_key_file)
        if settings.root_key_credential is not None:
            return load_root_key(credential=settings.root_key_credential)
        return load_root_key(
            prompt=lambda: str(typer.prompt("Root key (recovery words)", hide_input=True))
        )
    except CryptoError as refusal:
        refuse(str(refusal))


def read_boot_key(settings: Settings) -> bytes | None:
    """Return the boot key that processes share, made by the first of them; None without a file."""
    path = settings.boot_key_file
    if path is None:
        return None
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        key = path.read_bytes()
        if len(key) != BOOT_KEY_BYTES:
            refuse("the boot key file is not 32 bytes; remove it and start again")
        return key
    with os.fdopen(file, "wb") as made:
        key = secrets.token_bytes(BOOT_KEY_BYTES)
        made.write(key)
    return key


def build(settings: Settings, root: RootKey, clock: Callable[[], datetime] = utc_now) -> Deployment:
    """Open a deployment's databases and listen for unexplained writes."""
    deployment = Deployment.build(settings, root, boot_key=read_boot_key(settings), clock=clock)
    note_writes(deployment.sessions)
    return deployment


@contextmanager
def opened(home: Path) -> Iterator[Deployment]:
    """Open the deployment of a home for one command; refuses when the schema is behind."""
    settings = load_settings(home)
    deployment = build(settings, read_root_key(settings))
    try:
        require_head(deployment.engine, "main")
        require_head(deployment.keystore.engine, "keystore")
        deployment.secrets.load()
        yield deployment
    except SchemaBehind:
        refuse("the databases are behind this program; `padauk doctor --upgrade` brings them up")
    except SecretsMissing:
        refuse("the keystore holds no secrets: this deployment was never founded")
    except RootKeyRefused as refusal:
        refuse(f"the root key does not fit: {refusal}")
    finally:
        deployment.close()


def fresh_values(home: Path, environment: str, root_fingerprint: str) -> dict[str, Any]:
    """Return the settings of a new embedded deployment in ``home``."""
    home = home.resolve()
    return {
        "environment": environment,
        "organisation_id": new_id(),
        "organisation_root": root_fingerprint,
        "database_url": f"sqlite:///{home}/padauk.db",
        "keystore_url": f"sqlite:///{home}/keystore.db",
        "root_key_file": home / ROOT_KEY_FILE,
    }
