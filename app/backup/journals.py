"""The journal of what was destroyed, beside each backup, and at a restore.

- A backup has the journal in the clear: random ids, and hashes that nobody without the deployment's
  secrets can make. It is as new as the backup.
- A restore looks for journals beside the backup, beside the other backups in its folder and in the
  ``journal_dir`` of the settings, and applies the newest before anything is served: shares that a
  backup of the keystore brought back are destroyed, then rows.
- A journal that was changed, or is of another line than the restored keystore's, is not applied,
  and is named.
- A certificate that a lead holds names an entry. Where no journal has it, nothing is restored:
  what was destroyed since would come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.audit.checkpoints import log_verifier
from app.crypto.errors import NoteInvalid
from app.deployment import Deployment
from app.retention.certificates import read_certificate
from app.retention.passes import journal_name
from app.retention.restored import destroy_again
from app.store.journal import DestructionEntry, JournalDamaged, read_journal

JOURNAL: Final = "journal.txt"
_BACKUPS: Final = f"padauk-*/{JOURNAL}"


class JournalTooOld(RuntimeError):
    """A certificate names an entry that no journal has; a newer journal must be found first."""


class NoCertificate(ValueError):
    """The file is neither a certificate of this deployment nor a journal."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a restore did by the journal."""

    entries: int
    shares: int
    destroyed: int
    left_out: tuple[Path, ...]


def apply_newest(deployment: Deployment, files: Iterable[Path], since: Path | None) -> Applied:
    """Apply the newest of these journals to both restored databases.

    ``since`` is a certificate or a journal that a lead holds. Raises ``JournalTooOld``,
    ``NoCertificate``.
    """
    journal = deployment.keystore.journal
    mine = journal.entries()
    newest: Sequence[DestructionEntry] = mine
    left_out = []
    wanted = [*files, *_as_journal(since)]
    for file in dict.fromkeys(wanted):
        try:
            found = read_journal(file.read_text(encoding="ascii"))
            journal.verify(found)
        except (JournalDamaged, UnicodeDecodeError):
            left_out.append(file)
            continue
        shorter, longer = sorted((newest, found), key=len)
        if list(longer[: len(shorter)]) != list(shorter):
            left_out.append(file)
        else:
            newest = longer
    if since is not None and since not in wanted:
        _require(deployment, newest, since)
    shares = journal.apply(newest)
    deployment.keystore.forget_all()
    return Applied(len(newest), shares, destroy_again(deployment), tuple(left_out))


def find_journals(deployment: Deployment, folders: Iterable[Path]) -> list[Path]:
    """Return the journals beside these backups and their neighbours, and in ``journal_dir``."""
    found = []
    for folder in folders:
        found += [folder / JOURNAL, *sorted(folder.resolve().parent.glob(_BACKUPS))]
    if deployment.settings.journal_dir is not None:
        found.append(deployment.settings.journal_dir / journal_name(deployment))
    return [file for file in dict.fromkeys(found) if file.is_file()]


def _as_journal(since: Path | None) -> Iterator[Path]:
    """Yield the file where it is a journal and no certificate."""
    if since is not None:
        try:
            read_journal(since.read_text(encoding="ascii"))
        except (JournalDamaged, UnicodeDecodeError):
            return
        yield since


def _require(deployment: Deployment, entries: Sequence[DestructionEntry], since: Path) -> None:
    verifier = log_verifier(deployment.log_signing_key.public)
    try:
        stated = read_certificate(since.read_text(encoding="utf-8"), verifier)
    except (NoteInvalid, UnicodeDecodeError):
        raise NoCertificate(since) from None
    known = {entry.number: entry.running_hash for entry in entries}
    if known.get(stated.journal) != stated.entry:
        raise JournalTooOld(f"it names entry {stated.journal}, the newest journal {len(entries)}")
