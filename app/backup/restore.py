"""Restoring a backup into a new home, or into new databases.

- Needs the root key and the custody key: words of the recovery kit, or leads with their
  passphrases, as many together as custody needs.
- Nothing is ever overwritten: home and databases must be empty, and a restore that fails leaves
  neither behind.
- The newest journal of what was destroyed is applied before the home gets its name.
- What was restored is checked like a start before it gets its name: the pair, the root key, the
  canary.

Knows files; opens no cell but the canary.
"""

from __future__ import annotations

import shutil
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from uuid import UUID

from sqlalchemy import MetaData

from app.audit.events import EventKind
from app.audit.trail import has_event
from app.audit.writes import note_writes
from app.backup.archive import open_part, private_folder
from app.backup.copies import copy_in, require_empty
from app.backup.journals import Applied, apply_newest, find_journals
from app.backup.leads import open_leads
from app.backup.service import KEYSTORE_PART, PARTS, Manifest, read_manifest
from app.crypto.errors import CryptoError
from app.crypto.hpke import PrivateKey, private_from_secret
from app.crypto.root import RootKey
from app.crypto.shares import combine
from app.deployment import Deployment
from app.models import metadata
from app.principal import NOBODY
from app.sessions.ending import end_every_session
from app.settings import SETTINGS_FILE, Settings
from app.store.base import new_id
from app.store.engine import build_engine
from app.store.identity import check_stores
from app.store.jobs import RESTORE
from app.store.migrate import Line
from app.store.models import JobRun, KeystoreBase
from app.store.owners import Owners
from app.text.dates import start_of_day
from app.text.passphrases import kit_words
from app.vault.canary import open_canary
from app.work import begin_work, unit_of_work


class CustodyWordsWrong(RuntimeError):
    """The words are too few, or of another custody key than the one this backup is sealed to."""


class PartMissing(RuntimeError):
    """A backup lacks a part: a keystore is deleted after seven days."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a backup goes: a home, and databases of a server where they are not files in it."""

    home: Path
    database_url: str | None = None
    keystore_url: str | None = None
    owners: Owners = field(default_factory=Owners)


def custody_of(words: Sequence[str], manifest: Manifest) -> PrivateKey:
    """Return the custody key that these shares give; raises ``CustodyWordsWrong``."""
    try:
        private = private_from_secret(combine(list(map(kit_words, words))))
    except CryptoError:
        raise CustodyWordsWrong from None
    if private.public.hex() != manifest.custody_public:
        raise CustodyWordsWrong
    return private


@contextmanager
def opened_leads(folder: Path, root: RootKey) -> Iterator[Deployment]:
    """Yield what a backup holds of its leads; ``leads.share_of`` asks it for their shares.

    Raises ``ArchiveDamaged``, also for another root key.
    """
    manifest = read_manifest(folder)
    backup, wrapped = UUID(manifest.backup_id), bytes.fromhex(manifest.leads_key)
    size = sum(file.stat().st_size for file in folder.glob("leads*"))
    with (
        private_folder(Path(tempfile.gettempdir()), size, new_id()) as clear,
        open_leads(folder, clear, root, backup=backup, wrapped=wrapped) as found,
    ):
        yield found


def restore(
    folder: Path,
    target: Target,
    *,
    custody: PrivateKey,
    root: RootKey,
    root_key_file: Path | None,
    keystore_from: Path | None = None,
    since: Path | None = None,
) -> tuple[Settings, Applied]:
    """Restore a backup; returns the settings of the restored home, and what the journal did.

    ``keystore_from`` names a newer backup whose keystore is taken: an older main database is
    opened by a newer keystore, never the other way round. ``since`` is a certificate or a journal
    that a lead holds; see ``backup.journals``.

    Raises ``FileExistsError`` for a home that is not empty, ``DatabaseNotEmpty``,
    ``ArchiveDamaged``, ``StartRefused`` where the parts or the root key do not belong together.
    """
    manifest = read_manifest(folder)
    if target.home.exists() and any(target.home.iterdir()):
        raise FileExistsError(target.home)
    target.home.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".restoring-", dir=target.home.parent))
    try:
        for part in PARTS:
            source = keystore_from if keystore_from and part == KEYSTORE_PART else folder
            _open(source, draft, part, custody)
        (draft / "main.db").rename(draft / "padauk.db")
        values = tomllib.loads((draft / SETTINGS_FILE).read_text(encoding="utf-8"))
        # As files first: a server's database is written only with what belongs together.
        local = Target(target.home)
        _write_settings(draft, _values(values, local, root_key_file))
        _check(Settings.load(draft), root)
        if target != local:
            _place(draft, target)
            _write_settings(draft, _values(values, target, root_key_file))
            _check(Settings.load(draft), root)
        folders = [folder, *([keystore_from] if keystore_from else [])]
        applied = _finish(Settings.load(draft), root, manifest, folders, since)
        if target.home.exists():
            target.home.rmdir()
        draft.rename(target.home)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return Settings.load(target.home), applied


def _open(source: Path, draft: Path, part: str, custody: PrivateKey) -> None:
    sealed, backup = source / f"{part}.sealed", UUID(read_manifest(source).backup_id)
    if not sealed.is_file():
        raise PartMissing(part)
    open_part(sealed, draft / part, custody, backup=backup, part=part)


def _values(
    found: dict[str, object], target: Target, root_key_file: Path | None
) -> dict[str, object]:
    values = dict(found)
    values["database_url"] = target.database_url or "sqlite:///padauk.db"
    values["keystore_url"] = target.keystore_url or "sqlite:///keystore.db"
    values.pop("boot_key_file", None)
    if root_key_file is not None:
        values.pop("root_key_credential", None)
        values["root_key_file"] = str(root_key_file.resolve())
    return values


def _place(draft: Path, target: Target) -> None:
    """Read the copies into a server's databases, where the settings name such."""
    lines: tuple[tuple[Line, str | None, MetaData, Path], ...] = (
        ("main", target.database_url, metadata, draft / "padauk.db"),
        ("keystore", target.keystore_url, KeystoreBase.metadata, draft / KEYSTORE_PART),
    )
    wanted = [(line, build_engine(url), m, file) for line, url, m, file in lines if url]
    try:
        for line, engine, _, _ in wanted:
            require_empty(engine, line)
        for line, engine, of_line, file in wanted:
            copy_in(file, line, of_line, engine, target.owners.of(line))
            file.unlink()
    finally:
        for _, engine, _, _ in wanted:
            engine.dispose()


def _write_settings(draft: Path, values: dict[str, object]) -> None:
    lines = ["# Settings of this deployment, restored from a backup. PADAUK_* wins over them.", ""]
    for name, value in values.items():
        shown = f'"{value}"' if isinstance(value, str) else str(value).lower()
        lines.append(f"{name} = {shown}")
    (draft / SETTINGS_FILE).write_text("\n".join([*lines, ""]), encoding="utf-8")


def _finish(
    settings: Settings,
    root: RootKey,
    manifest: Manifest,
    folders: Sequence[Path],
    since: Path | None,
) -> Applied:
    """Apply the newest journal, then put on record from which backup this is; ``doctor`` says it.

    Raises ``JournalTooOld``, ``NoCertificate``.
    """
    restored = Deployment.build(settings, root)
    note_writes(restored.sessions)
    try:
        with restored.engine.begin() as main:
            restored.marks.take_back(main, has_event)
        applied = apply_newest(restored, find_journals(restored, folders), since)
        with restored.sessions() as session:
            work = begin_work(session, restored, NOBODY)
            with unit_of_work(work):
                end_every_session(work)
                work.trail.record(
                    EventKind.DEPLOYMENT_RESTORED,
                    backup=manifest.backup_id,
                    made_on=manifest.made_on,
                    journal=applied.entries,
                    destroyed_again=applied.destroyed,
                    certificate_given=since is not None,
                )
                zone = restored.organisation_settings.zone
                made_at = start_of_day(date.fromisoformat(manifest.made_on), zone)
                session.merge(
                    JobRun(name=RESTORE, began_at=made_at, succeeded_at=work.now(), failures=0)
                )
        return applied
    finally:
        restored.close()


def _check(settings: Settings, root: RootKey) -> None:
    restored = Deployment.build(settings, root)
    try:
        check_stores(
            restored.engine,
            restored.keystore.engine,
            organisation=restored.organisation,
            root=settings.organisation_root,
            root_key_id=root.id,
        )
        open_canary(restored)
    finally:
        restored.close()
