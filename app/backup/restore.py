"""Restoring a backup into a new home, or into new databases.

- Needs the custody key (words of the recovery kit, as many as custody needs) and the root key.
- Nothing is ever overwritten: home and databases must be empty, and a restore that fails leaves
  neither behind.
- What was restored is checked like a start before it gets its name: the pair, the root key, the
  canary.

Knows files; opens no cell but the canary.
"""

from __future__ import annotations

import shutil
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from app.backup.archive import open_part
from app.backup.copies import copy_in
from app.backup.service import PARTS, Manifest, read_manifest
from app.crypto.errors import CryptoError
from app.crypto.hpke import PrivateKey, private_from_secret
from app.crypto.root import RootKey
from app.crypto.shares import combine
from app.deployment import Deployment
from app.models import metadata
from app.settings import SETTINGS_FILE, Settings
from app.store.engine import build_engine
from app.store.identity import check_stores
from app.store.models import KeystoreBase
from app.vault.canary import open_canary


class CustodyWordsWrong(RuntimeError):
    """The words are too few, or of another custody key than the one this backup is sealed to."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a backup goes: a home, and databases of a server where they are not files in it."""

    home: Path
    database_url: str | None = None
    keystore_url: str | None = None


def custody_of(words: Sequence[str], manifest: Manifest) -> PrivateKey:
    """Return the custody key that these shares give; raises ``CustodyWordsWrong``."""
    try:
        private = private_from_secret(combine(list(words)))
    except CryptoError:
        raise CustodyWordsWrong from None
    if private.public.hex() != manifest.custody_public:
        raise CustodyWordsWrong
    return private


def restore(
    folder: Path, target: Target, *, custody: PrivateKey, root: RootKey, root_key_file: Path | None
) -> Settings:
    """Restore a backup and return the settings of the restored home.

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
            open_part(
                folder / f"{part}.sealed",
                draft / part,
                custody,
                backup=UUID(manifest.backup_id),
                part=part,
            )
        values = _values(draft / SETTINGS_FILE, target, root_key_file)
        _place(draft, target)
        _write_settings(draft, values)
        _check(Settings.load(draft), root)
        if target.home.exists():
            target.home.rmdir()
        draft.rename(target.home)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return Settings.load(target.home)


def _values(settings: Path, target: Target, root_key_file: Path | None) -> dict[str, Any]:
    values = tomllib.loads(settings.read_text(encoding="utf-8"))
    values["database_url"] = target.database_url or "sqlite:///padauk.db"
    values["keystore_url"] = target.keystore_url or "sqlite:///keystore.db"
    values.pop("boot_key_file", None)
    if root_key_file is not None:
        values.pop("root_key_credential", None)
        values["root_key_file"] = str(root_key_file.resolve())
    return values


def _place(draft: Path, target: Target) -> None:
    """Put the copies where the settings say: files in the home, or a server's databases."""
    (draft / "main.db").rename(draft / "padauk.db")
    if target.database_url is not None:
        engine = build_engine(target.database_url)
        copy_in(draft / "padauk.db", "main", metadata, engine)
        engine.dispose()
        (draft / "padauk.db").unlink()
    if target.keystore_url is not None:
        engine = build_engine(target.keystore_url)
        copy_in(draft / "keystore.db", "keystore", KeystoreBase.metadata, engine)
        engine.dispose()
        (draft / "keystore.db").unlink()


def _write_settings(draft: Path, values: dict[str, Any]) -> None:
    lines = ["# Settings of this deployment, restored from a backup. PADAUK_* wins over them.", ""]
    for name, value in values.items():
        shown = f'"{value}"' if isinstance(value, str) else str(value).lower()
        lines.append(f"{name} = {shown}")
    (draft / SETTINGS_FILE).write_text("\n".join([*lines, ""]), encoding="utf-8")


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
