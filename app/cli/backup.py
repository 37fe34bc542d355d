"""``padauk backup`` and ``padauk restore``: copies that were proved, and the way back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from app.backup.archive import ArchiveDamaged
from app.backup.copies import DatabaseNotEmpty
from app.backup.journals import Applied, JournalTooOld, NoCertificate
from app.backup.leads import LeadRefused, share_of
from app.backup.restore import (
    CustodyWordsWrong,
    PartMissing,
    Target,
    custody_of,
    opened_leads,
    restore,
)
from app.backup.service import JOB, BackupNotProved, Manifest, back_up, read_manifest
from app.cli.home import (
    AsJson,
    Home,
    KeystoreOwnerUrl,
    OwnerUrl,
    ask_root_key,
    opened,
    out,
    read_root_key,
    refuse,
)
from app.crypto.errors import CryptoError
from app.crypto.hpke import PrivateKey
from app.crypto.root import RootKey, load_root_key
from app.settings import SETTINGS_FILE, Settings
from app.store.identity import StartRefused
from app.store.jobs import begin_if_due, note_success
from app.store.owners import OwnerRefused, Owners
from app.vault.canary import CanaryLost

Folder = Annotated[Path, typer.Argument(help="The folder of one backup.", exists=True)]
To = Annotated[Path, typer.Option("--to", help="Where backups are kept; not on this disk.")]
KitWords = Annotated[
    list[str] | None,
    typer.Option("--words", help="One share of the recovery kit; typed if it is left out."),
]
LeadNames = Annotated[
    list[str] | None,
    typer.Option("--lead", help="Sign-in name of a lead, who types their passphrase."),
]
KeystoreFrom = Annotated[
    Path | None,
    typer.Option(help="A newer backup whose keystore is taken, for one that lost its own."),
]
DatabaseUrl = Annotated[
    str | None, typer.Option(help="postgresql+psycopg://... to restore into, empty.")
]
KeystoreUrl = Annotated[str | None, typer.Option(help="Likewise.")]
Since = Annotated[
    Path | None,
    typer.Option(help="The newest certificate or journal that a lead holds.", dir_okay=False),
]
NoCertificateHeld = Annotated[
    bool, typer.Option("--i-have-none", help="No lead holds a certificate; goes on record.")
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
        except (SQLAlchemyError, sqlite3.Error) as failure:
            refuse(f"a database could not be copied: {type(failure).__name__}")
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
        " proved, then sealed to the custody key. The root key is not in it: keep it elsewhere.",
        soft_wrap=True,
    )
    if made.time_doubt:
        out.print(f"No old keystore copy was deleted: {made.time_doubt}", soft_wrap=True)
    if made.removed_keystores:
        out.print(f"{made.removed_keystores} keystore copies older than seven days were deleted")


def vars_of(manifest: Manifest) -> dict[str, object]:
    """Return what a manifest says, for programs."""
    return {name: getattr(manifest, name) for name in Manifest.__dataclass_fields__}


def restore_backup(  # noqa: PLR0913 - each is an option
    home: Home,
    folder: Folder,
    root_key_file: RootKeyFile = None,
    words: KitWords = None,
    lead: LeadNames = None,
    keystore_from: KeystoreFrom = None,
    database_url: DatabaseUrl = None,
    keystore_url: KeystoreUrl = None,
    *,
    owner_url: OwnerUrl = None,
    keystore_owner_url: KeystoreOwnerUrl = None,
    since: Since = None,
    i_have_none: NoCertificateHeld = False,
) -> None:
    """Restore a backup into an empty home: needs the root key, and words of the kit or leads.

    The newest journal of what was destroyed is applied before anything is served.
    """
    if (since is None) is not i_have_none:
        refuse(_ASKED)
    manifest = _manifest(folder)
    if keystore_from is not None and _is_older(_manifest(keystore_from), manifest):
        refuse("that keystore is of another deployment, or older than this backup")
    root = _root_key(root_key_file)
    shares = [*(words or ()), *_shares_of_leads(folder, root, lead or [])]
    custody = _custody(manifest, shares, ask=not (words or lead))
    with _refused(home):
        settings, applied = restore(
            folder,
            Target(home, database_url, keystore_url, Owners(owner_url, keystore_owner_url)),
            custody=custody,
            root=root,
            root_key_file=root_key_file,
            keystore_from=keystore_from,
            since=since,
        )
    _show(home, manifest, settings, applied)


_ASKED = (
    "name the newest certificate of destruction, or journal, that a lead holds (--since FILE), so"
    " that nothing erased comes back; or say --i-have-none, which goes on record"
)


def _show(home: Path, manifest: Manifest, settings: Settings, applied: Applied) -> None:
    out.print(
        f"The journal has {applied.entries} entries; {applied.shares} were new to this backup, and"
        f" {applied.destroyed} cases or parts that it had brought back were destroyed again.",
        soft_wrap=True,
    )
    for file in applied.left_out:
        out.print(f"Not applied, changed or of another line: {file}", soft_wrap=True)
    out.print(
        f"Restored {manifest.cases} cases into {home}. Next: `padauk doctor --home {home}`, then"
        f" `padauk serve --home {home}`.",
        soft_wrap=True,
    )
    if settings.root_key_file is None and settings.root_key_credential is None:
        out.print("The root key is typed at each start: the settings name no file for it.")


@contextmanager
def _refused(home: Path) -> Iterator[None]:
    """Refuse in one line what a restore raises."""
    try:
        yield
    except StartRefused as refusal:
        refuse(str(refusal), refusal.code)
    except (FileExistsError, DatabaseNotEmpty, PartMissing, ArchiveDamaged) as failure:
        refuse(_REFUSALS[type(failure)].format(failure, home=home))
    except CanaryLost as failure:
        refuse(failure.title)
    except OwnerRefused as refusal:
        refuse(str(refusal))
    except JournalTooOld as failure:
        refuse(f"what was destroyed since would come back: of that certificate, {failure}")
    except NoCertificate:
        refuse("that file is no certificate of this deployment, and no journal")
    except OSError as failure:
        refuse(f"the home could not be written: {failure.strerror}")
    except (SQLAlchemyError, sqlite3.Error) as failure:
        refuse(f"a database does not take the backup: {type(failure).__name__}")


_REFUSALS: dict[type[Exception], str] = {
    FileExistsError: "{home} is not empty",
    DatabaseNotEmpty: "the {} database is not empty; a restore overwrites nothing",
    ArchiveDamaged: "{} of this backup is damaged; take another backup",
    PartMissing: (
        "{} of this backup was deleted after seven days; --keystore-from names a newer backup"
        " whose keystore opens it"
    ),
}


def _root_key(file: Path | None) -> RootKey:
    try:
        if file is not None:
            return load_root_key(file=file)
        return load_root_key(prompt=ask_root_key)
    except CryptoError as refusal:
        refuse(f"the root key: {refusal}")


def _manifest(folder: Path) -> Manifest:
    try:
        return read_manifest(folder)
    except (OSError, ValueError, TypeError):
        refuse(f"{folder} is no backup, or not a whole one")


def _is_older(other: Manifest, manifest: Manifest) -> bool:
    foreign = other.organisation_id != manifest.organisation_id
    return foreign or other.made_on < manifest.made_on


def _shares_of_leads(folder: Path, root: RootKey, names: list[str]) -> list[str]:
    if not names:
        return []
    shares = []
    try:
        with opened_leads(folder, root) as found:
            for name in names:
                passphrase = str(typer.prompt(f"Passphrase of {name}", hide_input=True))
                shares.append(share_of(found, name, passphrase))
    except ArchiveDamaged:
        refuse("the leads' part of this backup is damaged, or the root key is another")
    except LeadRefused:
        refuse("no lead who holds a share has this name and this passphrase")
    except CryptoError as refusal:
        refuse(f"the root key: {refusal}")
    return shares


def _custody(manifest: Manifest, shares: list[str], *, ask: bool) -> PrivateKey:
    given = list(shares)
    while True:
        try:
            return custody_of(given, manifest)
        except CustodyWordsWrong:
            if not ask:
                needed = manifest.custody_threshold
                refuse(f"custody needs {needed} shares of this deployment; these do not open it")
        share = str(typer.prompt("A share of the recovery kit (empty: no more)", default=""))
        if not share.strip():
            refuse("custody needs more shares than were given")
        given.append(share)
