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
from tomllib import TOMLDecodeError
from typing import Annotated, NoReturn
from uuid import UUID

import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from rich.console import Console
from rich.markup import escape

from app.audit.writes import note_writes
from app.clock import utc_now
from app.crypto.errors import CryptoError, KeyFileRefused
from app.crypto.guarded import read_key_file
from app.crypto.root import RootKey, load_root_key
from app.deployment import BOOT_KEY_BYTES, Deployment
from app.settings import SETTINGS_FILE, Settings
from app.store.base import new_id
from app.store.engine import wait_longer
from app.store.identity import StartCode, StartRefused, check_stores
from app.store.owners import OwnerRefused, Owners, bring_up
from app.text.passphrases import kit_words

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
OwnerUrl = Annotated[
    str | None,
    typer.Option(
        envvar="PADAUK_OWNER_URL",
        help="postgresql+psycopg://OWNER@...: makes the main tables and owns them; not kept.",
    ),
]
KeystoreOwnerUrl = Annotated[
    str | None,
    typer.Option(envvar="PADAUK_KEYSTORE_OWNER_URL", help="The same for the keystore's tables."),
]


def refuse(reason: str, code: int = REFUSED) -> NoReturn:
    """Say why not, in one line, and end with an exit code: 1 unless the reason has its own."""
    err.print(f"[red]Refused:[/red] {escape(reason)}", soft_wrap=True)
    raise typer.Exit(code)


def write_settings(home: Path, values: dict[str, object]) -> Settings:
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
        refuse(
            f"there is no {SETTINGS_FILE} in {home}; give the right --home, or found a deployment"
            " there (`padauk init`) or restore one (`padauk restore`)",
            StartCode.SETTINGS,
        )
    except OSError as failure:
        refuse(
            f"{SETTINGS_FILE} cannot be read ({failure.strerror}); start as the user that it"
            " belongs to",
            StartCode.SETTINGS,
        )
    except (TOMLDecodeError, UnicodeDecodeError) as broken:
        refuse(f"{SETTINGS_FILE} is not TOML ({broken}); correct that place", StartCode.SETTINGS)
    except ValidationError as invalid:
        named = ", ".join(
            ": ".join([*map(str, error["loc"]), _fault_of(error)]) for error in invalid.errors()
        )
        refuse(
            f"a setting cannot be used ({named}); correct {SETTINGS_FILE} or PADAUK_* in the"
            " environment (`padauk settings` lists them)",
            StartCode.SETTINGS,
        )


def _fault_of(error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no such setting"
    return error["msg"].removeprefix("Value error, ")


def read_root_key(settings: Settings) -> RootKey:
    """Read the root key from where the settings say, or ask for it; refuse without one."""
    try:
        if settings.root_key_file is not None:
            return load_root_key(file=settings.root_key_file)
        if settings.root_key_credential is not None:
            return load_root_key(credential=settings.root_key_credential)
        return load_root_key(prompt=ask_root_key)
    except CryptoError as refusal:
        refuse(
            f"the root key cannot be used ({refusal}); hand it over again as a file of 32 bytes"
            " and mode 0600, or take its line out of the settings and type the words of the kit",
            StartCode.ROOT_KEY,
        )


def ask_root_key() -> str:
    """Ask for the root key: its digits, or its recovery words however they are typed."""
    return kit_words(str(typer.prompt("Root key (recovery words)", hide_input=True)))


def bring_up_both(deployment: Deployment, owners: Owners) -> None:
    """Bring both databases to the newest schema, as their owners if such are given; or refuse."""
    try:
        bring_up(deployment.engine, "main", owners.main)
        bring_up(deployment.keystore.engine, "keystore", owners.keystore)
    except OwnerRefused as refusal:
        refuse(str(refusal))


def read_boot_key(settings: Settings) -> bytes | None:
    """Return the boot key that processes share, made by the first of them; None without a file."""
    path = settings.boot_key_file
    if path is None:
        return None
    try:
        _make_boot_key(path)
        key = read_key_file(path, name="the boot key", size=BOOT_KEY_BYTES)
    except OSError as failure:
        refuse(
            f"the boot key cannot be made ({path}: {failure.strerror}); make its folder, on tmpfs,"
            " for the user that serves",
            StartCode.BOOT_KEY,
        )
    except KeyFileRefused as refusal:
        refuse(
            f"the boot key cannot be used ({refusal}: {path}); remove it and start again, or carry"
            " it over from the other host",
            StartCode.BOOT_KEY,
        )
    if len(key) != BOOT_KEY_BYTES:
        refuse(
            f"the boot key cannot be used (not 32 bytes: {path}); remove it and start again, or"
            " carry it over from the other host",
            StartCode.BOOT_KEY,
        )
    return key


def _make_boot_key(path: Path) -> None:
    """Make the boot key unless it is there: whole or not at all, since processes start at once."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}-{new_id().hex}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(file, "wb") as made:
        made.write(secrets.token_bytes(BOOT_KEY_BYTES))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first, and its key counts
    finally:
        draft.unlink()


def build(
    settings: Settings,
    root: RootKey,
    clock: Callable[[], datetime] = utc_now,
    *,
    create: bool = False,
) -> Deployment:
    """Open a deployment's databases and listen for unexplained writes.

    Only with ``create`` may a missing SQLite file be made.
    """
    deployment = Deployment.build(
        settings, root, boot_key=read_boot_key(settings), clock=clock, create=create
    )
    note_writes(deployment.sessions)
    return deployment


@contextmanager
def opened(home: Path, *, to_serve: bool = False) -> Iterator[Deployment]:
    """Open the deployment of a home for one command; refuses one that must not be served.

    A command waits longer for its turn to write than one that is opened ``to_serve`` requests.
    """
    deployment = start(load_settings(home))
    if not to_serve:
        wait_longer(deployment.engine)
        wait_longer(deployment.keystore.engine)
    try:
        yield deployment
    finally:
        deployment.close()


def start(settings: Settings) -> Deployment:
    """Return a deployment whose parts belong together, or refuse in one line."""
    root = read_root_key(settings)
    deployment = build(settings, root)
    try:
        check_stores(
            deployment.engine,
            deployment.keystore.engine,
            organisation=deployment.organisation,
            root=settings.organisation_root,
            root_key_id=root.id,
        )
    except StartRefused as refusal:
        deployment.close()
        refuse(str(refusal), refusal.code)
    return deployment


def fresh_values(environment: str, root_fingerprint: str) -> dict[str, object]:
    """Return the settings of a new embedded deployment; files are named relative to its home."""
    return {
        "environment": environment,
        "organisation_id": new_id(),
        "organisation_root": root_fingerprint,
        "database_url": "sqlite:///padauk.db",
        "keystore_url": "sqlite:///keystore.db",
        "root_key_file": ROOT_KEY_FILE,
    }
