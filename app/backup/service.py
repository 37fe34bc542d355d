"""Taking a backup that was proved before it was sealed, and keeping as few keystores as needed.

- The main database is copied first, the keystore after it: every case in the copy has its share.
- The copies are proved in the clear, in a private folder: they belong together and to this root
  key, no case lacks its share, and a canary opens that needs a deployment secret and a share.
- Each part is then sealed to the custody key, and what leads need to restore under the root key.
  The folder gets its name last: what has one is whole.
- The journal of what was destroyed goes along, in the clear: see ``journals``.
- The root key is in no backup. Keystore parts older than seven days are deleted, because a share
  that was destroyed must not come back. Where the clock is in doubt, nothing is deleted.

Knows files and counts; of the cells it opens the canary alone.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.backup.archive import private_folder, seal_part
from app.backup.copies import copy_out
from app.backup.journals import JOURNAL
from app.backup.leads import copy_leads, seal_leads
from app.cases.models import Case, CaseStatus
from app.crypto.root import RootKey
from app.deployment import Deployment
from app.models import metadata
from app.store.base import new_id
from app.store.identity import StartRefused, check_stores, remember_keystore
from app.store.locks import job_lock
from app.store.models import KeystoreBase
from app.vault.canary import CanaryLost, open_canary
from app.vault.certificates import Certificates
from app.vault.models import OrganisationKeyKind, ScopeRow

JOB: Final = "backup"
"""The row by which ``doctor`` knows how old the last proved copy is, and the lock of a backup."""
KEYSTORE_DAYS: Final = 7
_CASES_AT_ONCE: Final = 500
MANIFEST: Final = "manifest.json"
KEYSTORE_PART: Final = "keystore.db"
PARTS: Final = ("main.db", KEYSTORE_PART, "padauk.toml")
_PREFIX: Final = "padauk-"
_NAME: Final = re.compile(r"padauk-\d{8}T\d{6}Z-[0-9a-f]{8}")
_UNFINISHED: Final = ".unfinished-"


class BackupNotProved(RuntimeError):
    """The copy does not hold what it must; nothing was kept of it. Says what is missing."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself to everybody. Holds no secret and names nobody."""

    version: int
    backup_id: str
    made_on: str
    organisation_id: str
    organisation_root: str
    custody_epoch: int
    custody_public: str
    custody_threshold: int
    leads: int
    leads_key: str
    cases: int
    shares: int


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made: where it is, and what was counted when it was proved."""

    folder: Path
    manifest: Manifest
    removed_keystores: int
    time_doubt: str | None = None
    """Why no old keystore was deleted, where the clock cannot be trusted."""


@dataclass(frozen=True, slots=True)
class ProvedCounts:
    """What was counted when a copy was proved."""

    cases: int
    shares: int
    leads: int


def back_up(deployment: Deployment, root: RootKey, settings_file: Path, target: Path) -> Backup:
    """Copy, prove and seal both databases and the settings into a new folder of ``target``.

    One at a time. Raises ``BackupNotProved``, and what the engines and the file system raise.
    """
    with job_lock(deployment.engine, JOB) as taken:
        if not taken:
            raise BackupNotProved("another backup of this deployment is running")
        return _back_up(deployment, root, settings_file, target)


def _back_up(deployment: Deployment, root: RootKey, settings_file: Path, target: Path) -> Backup:
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    backup_id, now = new_id(), deployment.clock()
    mark = f"{_UNFINISHED}{deployment.organisation.hex}-"
    for left in target.glob(f"{mark}*"):  # of a backup that was killed
        shutil.rmtree(left, ignore_errors=True)
    draft = target / f"{mark}{backup_id}"
    draft.mkdir(mode=0o700)
    home, size = settings_file.parent, size_of(deployment)
    day = deployment.day_of(now)
    try:
        with private_folder(home, size, deployment.organisation) as clear:
            _copy(deployment, settings_file, clear)
            proved = prove(deployment, root, clear)
            wrapped = seal_leads(clear, draft, root, backup=backup_id)
            manifest = _seal(deployment, clear, draft, backup_id, day, proved, wrapped)
        deployment.keystore.journal.write(draft / JOURNAL)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    folder = target / f"{_PREFIX}{now:%Y%m%dT%H%M%S}Z-{backup_id.hex[:8]}"
    draft.rename(folder)
    _sync(target)
    doubt = deployment.find_time_doubt()
    removed = 0 if doubt else remove_old_keystores(target, now)
    return Backup(folder, manifest, removed, doubt)


def size_of(deployment: Deployment) -> int:
    """Return how many bytes both databases have."""
    return _bytes_of(deployment.engine) + _bytes_of(deployment.keystore.engine)


def _bytes_of(engine: Engine) -> int:
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            size = select(func.pg_database_size(func.current_database()))
            return int(connection.scalar(size) or 0)
    file = Path((engine.url.database or "").removeprefix("file:"))
    return file.stat().st_size if file.is_file() else 0


def _copy(deployment: Deployment, settings_file: Path, clear: Path) -> None:
    with deployment.sessions() as session, session.begin():
        remember_keystore(session, deployment.keystore.engine)
    copy_out(deployment.engine, "main", metadata, clear / "main.db")
    copy_out(deployment.keystore.engine, "keystore", KeystoreBase.metadata, clear / "keystore.db")
    shutil.copyfile(settings_file, clear / "padauk.toml")


def prove(deployment: Deployment, root: RootKey, clear: Path) -> ProvedCounts:
    """Open the copies as a deployment of their own; returns what they hold.

    Writes what leads need to restore into files of its own.

    Raises ``BackupNotProved``.
    """
    urls = {
        "database_url": f"sqlite:///{clear}/main.db",
        "keystore_url": f"sqlite:///{clear}/keystore.db",
        "boot_key_file": None,
    }
    copy = Deployment.build(deployment.settings.model_copy(update=urls), root)
    try:
        check_stores(
            copy.engine,
            copy.keystore.engine,
            organisation=copy.organisation,
            root=copy.settings.organisation_root,
            root_key_id=root.id,
        )
        open_canary(copy)
        cases, shares = _count_pairs(copy)
        leads = copy_leads(copy.settings, copy.engine, copy.keystore.engine, clear)
        return ProvedCounts(cases, shares, leads)
    except StartRefused as refusal:
        raise BackupNotProved(refusal.reason) from None
    except CanaryLost as lost:
        raise BackupNotProved(lost.title) from None
    finally:
        copy.close()


def _count_pairs(copy: Deployment) -> tuple[int, int]:
    """Count cases and shares; raises ``BackupNotProved`` where a living case has no share.

    In constant memory: some cases at a time, and no share is read.
    """
    cases = shares = lost = 0
    with Session(copy.engine) as session:
        for some in _share_ids(session):
            there = copy.keystore.find_existing(chain.from_iterable(some.values()))
            without = [case_id for case_id, ids in some.items() if not ids <= there]
            cases += len(some)
            shares += len(there)
            lost += len(without) - _count_erased(session, without)
    if lost:
        raise BackupNotProved(f"{lost} cases have no erasure share in the copy")
    return cases, shares


def _share_ids(session: Session) -> Iterator[dict[UUID, set[UUID]]]:
    """Yield the cases with the ids of their shares, some at a time."""
    rows = session.execute(
        select(ScopeRow.case_id, ScopeRow.share_id).order_by(ScopeRow.case_id),
        execution_options={"yield_per": _CASES_AT_ONCE},
    )
    cases = (
        (case_id, {row.share_id for row in scopes})
        for case_id, scopes in groupby(rows, key=lambda row: row.case_id)
    )
    while some := dict(islice(cases, _CASES_AT_ONCE)):
        yield some


def _count_erased(session: Session, case_ids: list[UUID]) -> int:
    if not case_ids:
        return 0
    erased = select(Case.id).where(Case.id.in_(case_ids), Case.status == CaseStatus.ERASED)
    return len(session.scalars(erased).all())


def _seal(
    deployment: Deployment,
    clear: Path,
    draft: Path,
    backup_id: UUID,
    day: date,
    proved: ProvedCounts,
    leads_key: bytes,
) -> Manifest:
    settings = deployment.settings
    with deployment.sessions() as session:
        certificates = Certificates(session, deployment.organisation, settings.organisation_root)
        epoch, custody = certificates.organisation_sealing_key(OrganisationKeyKind.CUSTODY)
        key = certificates.organisation_key(OrganisationKeyKind.CUSTODY, epoch)
    for part in PARTS:
        seal_part(clear / part, draft / f"{part}.sealed", custody, backup=backup_id, part=part)
    manifest = Manifest(
        version=1,
        backup_id=str(backup_id),
        made_on=day.isoformat(),
        organisation_id=str(deployment.organisation),
        organisation_root=settings.organisation_root,
        custody_epoch=epoch,
        custody_public=key.public.hex(),
        custody_threshold=key.threshold,
        leads=proved.leads,
        leads_key=leads_key.hex(),
        cases=proved.cases,
        shares=proved.shares,
    )
    text = json.dumps(asdict(manifest), indent=2) + "\n"
    (draft / MANIFEST).write_text(text, encoding="utf-8")
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Return what a backup says of itself; raises ``ValueError``, ``OSError``."""
    return Manifest(**json.loads((folder / MANIFEST).read_text(encoding="utf-8")))


def list_backups(target: Path) -> list[Path]:
    """Return the folders of whole backups, oldest first; what has another name is none."""
    return sorted(
        file.parent
        for file in target.glob(f"{_PREFIX}*/{MANIFEST}")
        if _NAME.fullmatch(file.parent.name)
    )


def list_old_keystores(target: Path, now: datetime) -> list[Path]:
    """Return the sealed keystores in a folder that are older than seven days."""
    oldest = now - timedelta(days=KEYSTORE_DAYS)
    return [
        folder / f"{KEYSTORE_PART}.sealed"
        for folder in list_backups(target)
        if made_at(folder) < oldest and (folder / f"{KEYSTORE_PART}.sealed").is_file()
    ]


def remove_old_keystores(target: Path, now: datetime) -> int:
    """Delete sealed keystores older than seven days; returns how many."""
    old = list_old_keystores(target, now)
    for file in old:
        file.unlink()
    return len(old)


def made_at(folder: Path) -> datetime:
    """Return when a backup was made, by its name."""
    return datetime.strptime(folder.name.split("-")[1], "%Y%m%dT%H%M%S%z")


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
