"""The deployment's own secrets: random, wrapped by the root key, kept in the keystore.

- One for each ``SecretPurpose``, made at the founding; whatever belongs to the deployment as a
  whole (indexes, MACs, the log's key, the pepper) is derived from the one that fits.
- The root key wraps them and takes part in nothing else: ``rewrap_deployment_secrets`` replaces it
  by writing a handful of rows, and nothing has to be sealed again.
- They are read when first needed, and then kept for as long as the process lives.

Knows no case and no member.
"""

from __future__ import annotations

import secrets
from datetime import date
from threading import Lock
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from app.crypto.derive import hkdf
from app.crypto.errors import CryptoError, RootKeyRefused, SealBroken
from app.crypto.framing import Part, frame
from app.crypto.labels import Label
from app.crypto.root import RootKey
from app.store.base import new_id
from app.store.models import DeploymentSecret, SecretPurpose

SECRET_BYTES = 32
FIRST_EPOCH = 1

_ROWS = DeploymentSecret.__table__.c


class SecretsMissing(CryptoError):
    """The keystore holds no such secret: wrong epoch, or the deployment was never founded."""


class DeploymentSecrets:
    """Makes, reads and derives from the deployment's secrets. Never shows them."""

    def __init__(self, engine: Engine, root: RootKey, organisation: UUID) -> None:
        self._engine = engine
        self._root = root
        self._organisation = organisation
        self._lock = Lock()
        self._opened: dict[tuple[SecretPurpose, int], bytes] = {}

    def create(self, today: date) -> None:
        """Make the secrets that are missing: all of them at the founding, durable at once."""
        with self._engine.begin() as connection:
            known = set(connection.scalars(select(_ROWS.purpose)))
            for purpose in SecretPurpose:
                if purpose not in known:
                    self._add(connection, purpose, FIRST_EPOCH, today)

    def add_epoch(self, purpose: SecretPurpose, today: date) -> int:
        """Make a further secret for a purpose, and return its epoch.

        What is there keeps the secret of the epoch that it names.
        """
        with self._engine.begin() as connection:
            newest = select(func.max(_ROWS.epoch)).where(_ROWS.purpose == purpose)
            epoch = 1 + (connection.scalar(newest) or 0)
            self._add(connection, purpose, epoch, today)
        return epoch

    def _add(self, connection: Connection, purpose: SecretPurpose, epoch: int, today: date) -> None:
        secret = secrets.token_bytes(SECRET_BYTES)
        values = _wrapped(self._root, self._organisation, new_id(), purpose, epoch, secret)
        connection.execute(insert(DeploymentSecret).values(made_on=today, **values))

    def load(self) -> None:
        """Read and unwrap all secrets.

        Raises ``SecretsMissing`` before the founding, ``RootKeyRefused`` where another root key
        wrapped them or a row is not what was written.
        """
        with self._lock, self._engine.connect() as connection:
            for row in _read(connection):
                secret = _unwrapped(self._root, self._organisation, row)
                self._opened[row.purpose, row.epoch] = secret
        if not self._opened:
            raise SecretsMissing

    def secret(self, purpose: SecretPurpose, epoch: int = FIRST_EPOCH) -> bytes:
        """Return a secret; raises as ``load`` does, ``SecretsMissing`` for an unknown epoch."""
        if (purpose, epoch) not in self._opened:
            self.load()
        found = self._opened.get((purpose, epoch))
        if found is None:
            raise SecretsMissing
        return found

    def derive(
        self, purpose: SecretPurpose, label: Label, *parts: Part, epoch: int = FIRST_EPOCH
    ) -> bytes:
        """Return the 32-byte key of one use. Two labels give unrelated keys."""
        return hkdf(self.secret(purpose, epoch), info=frame(label, *parts))


def rewrap_deployment_secrets(
    engine: Engine, organisation: UUID, old: RootKey, new: RootKey
) -> int:
    """Wrap every secret under a new root key, in one transaction; returns how many rows changed.

    Nothing else changes: what was sealed before opens as before. Rows that the new key wraps
    already are passed over. Raises ``RootKeyRefused`` where neither key wrapped a row.
    """
    with engine.begin() as connection:
        waiting = [row for row in _read(connection) if row.root_key_id != new.id]
        for row in waiting:
            secret = _unwrapped(old, organisation, row)
            values = _wrapped(new, organisation, row.id, row.purpose, row.epoch, secret)
            connection.execute(update(DeploymentSecret).where(_ROWS.id == row.id).values(values))
    return len(waiting)


def _read(connection: Connection) -> list[Row[tuple[object, ...]]]:
    return list(connection.execute(select(DeploymentSecret.__table__)))


def _wrapped(
    root: RootKey,
    organisation: UUID,
    secret_id: UUID,
    purpose: SecretPurpose,
    epoch: int,
    secret: bytes,
) -> dict[str, object]:
    address = _address(root, organisation, secret_id, purpose, epoch)
    return {
        "id": secret_id,
        "purpose": purpose,
        "epoch": epoch,
        "root_key_id": root.id,
        "wrapped": root.wrap_key().wrap(secret, address=address),
    }


def _unwrapped(root: RootKey, organisation: UUID, row: Row[tuple[object, ...]]) -> bytes:
    if row.root_key_id != root.id:
        raise RootKeyRefused("another root key wraps this deployment's secrets")
    address = _address(root, organisation, row.id, row.purpose, row.epoch)
    try:
        return root.wrap_key().unwrap(row.wrapped, address=address)
    except SealBroken:
        raise RootKeyRefused("a secret of the deployment is not what was written") from None


def _address(
    root: RootKey, organisation: UUID, secret_id: UUID, purpose: SecretPurpose, epoch: int
) -> bytes:
    return frame(Label.DEPLOYMENT_SECRET, organisation, secret_id, purpose.value, epoch, root.id)
