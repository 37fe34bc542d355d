"""The erasure shares of the keystore, the second and small database: one row a case.

- A compartment opens only with its share, the log of a case only with the log's share. All of a
  case are in one row under one id, and are read in one query.
- Destroying a share closes its compartment for good, even where an old backup of the main
  database comes back: the keystore is never in the main dump, and its own backups roll within
  seven days. Destroying the row closes the case and its log.
- Rows are made in batches ahead of the cases that take them: one durable write then serves many
  intakes.

Knows random bytes, ids and compartments; knows no case.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Delete, Engine, Update, bindparam, delete, func, insert, select, update

from app.permissions import Compartment
from app.store.base import new_id
from app.store.engine import checkpoint
from app.store.models import SHARED_COMPARTMENTS, ErasureShare, KeystoreIdentity

SHARE_BYTES = 32
CACHE_SECONDS = 60.0
_BATCH = 32

_POSITIONS: dict[Compartment, int] = {
    compartment: n for n, compartment in enumerate(SHARED_COMPARTMENTS)
}
_SHARES = ("log", *(compartment.value for compartment in SHARED_COMPARTMENTS))
_COLUMNS = ErasureShare.__table__.c
_COUNT_WRITE = update(KeystoreIdentity).values(number=KeystoreIdentity.number + 1)
_FIND = select(_COLUMNS.id, *(_COLUMNS[name] for name in _SHARES)).where(
    _COLUMNS.id.in_(bindparam("ids", expanding=True))
)


class CaseShares:
    """The shares of one case as read. Never shows them."""

    __slots__ = ("_parts", "log")

    def __init__(self, log: bytes | None, parts: Sequence[bytes | None]) -> None:
        self.log = log
        self._parts = parts

    def part(self, compartment: Compartment) -> bytes | None:
        """Return the share of a compartment, or None where it was destroyed."""
        return self._parts[_POSITIONS[compartment]]


class Keystore:
    """Makes, finds and destroys erasure shares. Safe to use from several threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._spare: list[tuple[UUID, CaseShares]] = []
        self._cache: dict[UUID, tuple[CaseShares, float]] = {}

    @property
    def engine(self) -> Engine:
        """The keystore's engine, for migrations, health and backups."""
        return self._engine

    def take(self, today: date) -> tuple[UUID, CaseShares]:
        """Return the id and the shares of a row that is already durable and not yet used."""
        with self._lock:
            if not self._spare:
                self._spare = self._make(today)
            share_id, shares = self._spare.pop()
            self._cache[share_id] = (shares, time.monotonic() + CACHE_SECONDS)
            return share_id, shares

    def _make(self, today: date) -> list[tuple[UUID, CaseShares]]:
        made = {
            new_id(): [secrets.token_bytes(SHARE_BYTES) for _ in _SHARES] for _ in range(_BATCH)
        }
        rows: list[dict[str, object]] = [
            {"id": key, "made_on": today, **dict(zip(_SHARES, shares, strict=True))}
            for key, shares in made.items()
        ]
        with self._engine.begin() as connection:
            connection.execute(insert(ErasureShare), rows)
            connection.execute(_COUNT_WRITE)
        return [(key, CaseShares(shares[0], shares[1:])) for key, shares in made.items()]

    def find(self, share_ids: Iterable[UUID]) -> dict[UUID, CaseShares]:
        """Return the rows that still exist, in one query; erased ones are missing.

        Cached for a minute.
        """
        now = time.monotonic()
        cache = self._cache
        found: dict[UUID, CaseShares] = {}
        missing: list[UUID] = []
        for share_id in share_ids:
            kept = cache.get(share_id)
            if kept is not None and kept[1] > now:
                found[share_id] = kept[0]
            else:
                missing.append(share_id)
        if missing:
            found |= self._read(missing, now)
        return found

    def _read(self, share_ids: list[UUID], now: float) -> dict[UUID, CaseShares]:
        with self._engine.connect() as connection:
            rows = connection.execute(_FIND, {"ids": share_ids}).all()
        read = {row[0]: CaseShares(row[1], row[2:]) for row in rows}
        with self._lock:
            self._cache = {k: v for k, v in self._cache.items() if v[1] > now}
            for share_id, shares in read.items():
                self._cache[share_id] = (shares, now + CACHE_SECONDS)
        return read

    def destroy(
        self, share_ids: Iterable[UUID], compartments: Iterable[Compartment] | None = None
    ) -> int:
        """Destroy the shares of compartments, or whole rows with the log's. Returns how many rows.

        For good: here at once, in other processes within a minute.
        """
        gone = list(share_ids)
        erasure: Update | Delete = delete(ErasureShare)
        if compartments is not None:
            erasure = update(ErasureShare).values({part.value: None for part in compartments})
        with self._engine.begin() as connection:
            count = connection.execute(erasure.where(ErasureShare.id.in_(gone))).rowcount
            connection.execute(_COUNT_WRITE)
        checkpoint(self._engine)
        with self._lock:
            for share_id in gone:
                self._cache.pop(share_id, None)
        return count

    def count(self) -> int:
        """Return how many rows there are."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(ErasureShare)).scalar_one()

    def dispose(self) -> None:
        """Close the connections and forget the cached shares."""
        with self._lock:
            self._cache.clear()
            self._spare.clear()
        self._engine.dispose()
