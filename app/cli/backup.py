"""``padauk backup`` and ``padauk restore``: copies that were proved, and the way back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from app.backup.archive import ArchiveDamaged
from app.backup.copies import DatabaseNotEmpty
from app.backup.restore import CustodyWordsWrong, Target, custody_of, restore
from app.backup.service import BackupNotProved, Manifest, back_up, read_manifest
from app.cli.home import AsJson, Home, opened, out, read_root_key, refuse
from app.crypto.errors import CryptoError
from app.crypto.hpke import PrivateKey
from app.crypto.root import RootKey, load_root_key
from app.settings import SETTINGS_FILE
from app.store.identity import StartRefused
from app.store.jobs import begin_if_due, note_success

JOB = "backup"
"""The row by which ``doctor`` knows how old the last proved copy is."""

Folder = Annotated[Path, typer.Argument(help="The folder of one backup.", exists=True)]
To = Annotated[Path, typer.Option("--to", help="Where backups are kept; not on this disk.")]
KitWords = Annotated[
    list[str] | None,
    typer.Option("--words", help="One share of the recovery kit; typed if it is left out."),
]
RootKeyFile = Annotated[
    Path | None, typer.Option(help="The root key's file; typed as words if it is left out.")
]


def backup(home: Home, to: To, *, as_json: AsJson = False) -> None:
    """Copy both databases while they are in use, prove the copy, and seal it to the custody key."""
    with opened(home) as deployment:
        root = read_root_key(deployment.settings)
        try:
            made = back_up(deployment, root, home / SETTINGS_FILE, to)
        except BackupNotProved as failure:
            refuse(f"the copy was not proved and not kept: {failure}")
        except OSError as failure:
            refuse(f"the copy could not be written: {failure.strerror}")
        now = deployment.clock()
        with deployment.sessions() as session, session.begin():
            begin_if_due(session, JOB, now=now, every=now - now)
            session.flush()
            note_success(session, JOB, now=now)
    if as_json:
        out.print_json(json.dumps({"folder": str(made.folder), **vars_of(made.manifest)}))
        return
    out.print(
        f"{made.folder}\n{made.manifest.cases} cases, {made.manifest.shares} shares;"
        " proved, then sealed to the custody key. The root key is not in it: keep it elsewhere."
    )
    if made.removed_keystores:
        out.print(f"{made.removed_keystores} keystore copies older than seven days were deleted")


def vars_of(manifest: Manifest) -> dict[str, object]:
    """Return what a manifest says, for programs."""
    return {name: getattr(manifest, name) for name in Manifest.__dataclass_fields__}


def restore_backup(
    home: Home,
    folder: Folder,
    root_key_file: RootKeyFile = None,
    words: KitWords = None,
    database_url: Annotated[
        str | None, typer.Option(help="postgresql+psycopg://... to restore into, empty.")
    ] = None,
    keystore_url: Annotated[str | None, typer.Option(help="Likewise.")] = None,
) -> None:
    """Restore a backup into an empty home: needs the root key and words of the recovery kit."""
    try:
        manifest = read_manifest(folder)
    except (OSError, ValueError, TypeError):
        refuse(f"{folder} is no backup, or not a whole one")
    root = _root_key(root_key_file)
    custody = _custody(manifest, words)
    try:
        settings = restore(
            folder,
            Target(home, database_url, keystore_url),
            custody=custody,
            root=root,
            root_key_file=root_key_file,
        )
    except FileExistsError:
        refuse(f"{home} is not empty")
    except DatabaseNotEmpty as failure:
        refuse(f"the {failure} database is not empty; a restore overwrites nothing")
    except ArchiveDamaged as failure:
        refuse(f"{failure} of this backup is damaged; take another backup")
    except StartRefused as refusal:
        refuse(str(refusal), refusal.code)
    out.print(
        f"Restored {manifest.cases} cases into {home}. Next: `padauk doctor --home {home}`, then"
        f" `padauk serve --home {home}`."
    )
    if settings.root_key_file is None and settings.root_key_credential is None:
        out.print("The root key is typed at each start: the settings name no file for it.")


def _root_key(file: Path | None) -> RootKey:
    try:
        if file is not None:
            return load_root_key(file=file)
        return load_root_key(
            prompt=lambda: str(typer.prompt("Root key (recovery words)", hide_input=True))
        )
    except CryptoError as refusal:
        refuse(f"the root key: {refusal}")


def _custody(manifest: Manifest, words: list[str] | None) -> PrivateKey:
    given = list(words or ())
    while True:
        try:
            return custody_of(given, manifest)
        except CustodyWordsWrong:
            if words:
                refuse("these words are too few, or not of this deployment's recovery kit")
        share = str(typer.prompt("A share of the recovery kit (empty: no more)", default=""))
        if not share.strip():
            refuse("custody needs more shares than were given")
        given.append(share)
