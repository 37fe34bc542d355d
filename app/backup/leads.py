"""The part of a backup by which leads restore it with their passphrases, without the kit.

- A share of custody is sealed to a lead's second key, which the lead's passphrase opens together
  with the pepper. So this part holds the leads' credentials, certificates and shares, and the
  deployment's secrets as the root key wraps them: no case, no erasure share, no other member.
- It is sealed to a key that the root key wraps. Who has a backup and the root key can therefore
  try passphrases of leads, at the cost of Argon2id for each, as with a stolen database.

Knows leads by sign-in name; opens what their passphrases open, and nothing else.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, Table, false, insert, select
from sqlalchemy.orm import Session

from app.accounts.credentials import open_lead_key, stretch_now, stretchings_of, try_slots
from app.accounts.logins import login_index
from app.accounts.models import Credential, Member, MemberStatus, Team
from app.backup.archive import ArchiveDamaged, open_part, seal_part
from app.crypto.errors import CryptoError
from app.crypto.framing import frame
from app.crypto.hpke import PrivateKey, PublicKey
from app.crypto.labels import Label
from app.crypto.root import RootKey
from app.deployment import Deployment
from app.errors import DomainError
from app.permissions import Role, holds
from app.settings import Settings
from app.store.base import Base
from app.store.engine import build_engine, checkpoint
from app.store.models import DeploymentSecret, KeystoreBase, KeystoreIdentity, RowMark
from app.store.organisation_settings import DEFAULT_ZONE
from app.text.dates import day_of
from app.vault.certificates import Certificates
from app.vault.keyring import Keyring
from app.vault.models import KeyCopy, MemberKeys, OrganisationKey, OrganisationKeyKind

LEAD_PARTS: Final = ("leads.db", "leads-keystore.db", "leads.toml")
_SETTINGS: Final = (
    "environment",
    "organisation_id",
    "organisation_root",
    "argon2_memory_kib",
    "argon2_iterations",
    "argon2_lanes",
)


class LeadRefused(RuntimeError):
    """No lead with a share of custody has this name and this passphrase."""


def copy_leads(settings: Settings, main: Engine, keystore: Engine, clear: Path) -> int:
    """Write the leads' rows of a copy into files of their own; returns how many leads there are."""
    leads = _lead_ids(main)
    shares = (KeyCopy.kind == OrganisationKeyKind.CUSTODY) & KeyCopy.member_id.in_(leads)
    wanted: list[tuple[type[Base], ColumnElement[bool] | None]] = [
        (Team, None),
        (Member, Member.id.in_(leads)),
        (Credential, Credential.id.in_(leads)),
        # Of removed leads too: what they certified while they were leads still holds.
        (MemberKeys, MemberKeys.lead_public.is_not(None)),
        (OrganisationKey, None),
        (KeyCopy, shares),
    ]
    _copy_rows(main, [(_table(model), which) for model, which in wanted], clear / LEAD_PARTS[0])
    kept: list[tuple[Table, ColumnElement[bool] | None]] = [
        (_table(DeploymentSecret), None),
        (_table(KeystoreIdentity), None),
        (_table(RowMark), false()),
    ]
    _copy_rows(keystore, kept, clear / LEAD_PARTS[1])
    values = {name: getattr(settings, name) for name in _SETTINGS}
    lines = [
        f'{k} = "{v}"' if isinstance(v, (str, UUID)) else f"{k} = {v}" for k, v in values.items()
    ]
    (clear / LEAD_PARTS[2]).write_text("\n".join([*lines, ""]), encoding="utf-8")
    with Session(main) as session:
        return len(session.scalars(select(KeyCopy.id).where(shares)).all())


def _lead_ids(main: Engine) -> list[UUID]:
    active = select(Member.id, Member.roles).where(Member.status == MemberStatus.ACTIVE)
    with main.connect() as reading:
        return [row.id for row in reading.execute(active) if holds(row.roles, Role.LEAD)]


def _table(model: type[Base | KeystoreBase]) -> Table:
    return model.metadata.tables[model.__tablename__]


def seal_leads(clear: Path, draft: Path, root: RootKey, *, backup: UUID) -> bytes:
    """Seal the leads' files to a fresh key; returns that key as the root key wraps it."""
    private = PrivateKey.generate()
    for part in LEAD_PARTS:
        seal_part(
            clear / part,
            draft / f"{part}.sealed",
            PublicKey(private.public),
            backup=backup,
            part=part,
        )
    return root.wrap_key().wrap(private.seed, address=_address(backup))


@contextmanager
def open_leads(
    folder: Path, clear: Path, root: RootKey, *, backup: UUID, wrapped: bytes
) -> Iterator[Deployment]:
    """Yield what a backup holds of leads, opened into a private folder.

    Raises ``ArchiveDamaged``, also for another root key.
    """
    try:
        private = PrivateKey(root.wrap_key().unwrap(wrapped, address=_address(backup)))
    except CryptoError:
        raise ArchiveDamaged(LEAD_PARTS[0]) from None
    for part in LEAD_PARTS:
        open_part(folder / f"{part}.sealed", clear / part, private, backup=backup, part=part)
    values = tomllib.loads((clear / LEAD_PARTS[2]).read_text(encoding="utf-8"))
    values["database_url"] = f"sqlite:///{clear / LEAD_PARTS[0]}"
    values["keystore_url"] = f"sqlite:///{clear / LEAD_PARTS[1]}"
    found = Deployment.build(Settings(**values), root, create=False)
    try:
        yield found
    finally:
        found.close()


def share_of(found: Deployment, login: str, passphrase: str) -> str:
    """Return a lead's share of custody, as words; raises ``LeadRefused``."""
    try:
        with found.sessions() as session:
            index = login_index(found, login)
            member_id = session.scalar(select(Member.id).where(Member.login_index == index))
            credential = session.get(Credential, member_id) if member_id else None
            if credential is None:
                raise LeadRefused
            return _share(session, found, credential, passphrase).decode()
    except DomainError:
        raise LeadRefused from None


def _share(session: Session, found: Deployment, credential: Credential, passphrase: str) -> bytes:
    tasks = stretchings_of(found, credential, passphrase)
    stretched = [stretch_now(found, task) for task in tasks]
    unlocked = try_slots(found, credential, stretched)
    if unlocked is None:
        raise LeadRefused
    lead = open_lead_key(found, credential, unlocked.slot, stretched)
    certificates = Certificates(session, found.organisation, found.settings.organisation_root)
    keyring = Keyring(
        session,
        found,
        certificates,
        unlocked.member_id,
        replace(unlocked.keys, lead=lead),
        day_of(found.clock(), DEFAULT_ZONE),  # these tables do not say which zone
        frozenset(),
    )
    return keyring.copy(OrganisationKeyKind.CUSTODY)[1]


def _copy_rows(
    source: Engine, wanted: list[tuple[Table, ColumnElement[bool] | None]], target: Path
) -> None:
    target.touch(mode=0o600, exist_ok=False)
    copy = build_engine(f"sqlite:///{target}")
    try:
        with source.connect() as reading, copy.begin() as into:
            for table, which in wanted:
                table.create(into)
                query = select(table) if which is None else select(table).where(which)
                rows = [dict(row) for row in reading.execute(query).mappings()]
                if rows:
                    into.execute(insert(table), rows)
        checkpoint(copy)
    finally:
        copy.dispose()


def _address(backup: UUID) -> bytes:
    return frame(Label.BACKUP_LEADS, backup)
