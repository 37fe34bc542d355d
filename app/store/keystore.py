"""The second, small database: one erasure share a case, and nothing else.

A case opens only with its share. The keystore is never in the main dump and its own backups roll
within seven days, so destroying a share is what makes an erased case stay closed even if an old
backup of the main database comes back. Shares are made in batches ahead of the cases that take
them: one durable write then serves many intakes. Knows random bytes and ids; knows no case.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import Engine, delete, func, insert, select

from app.store.base import new_id
from app.store.engine import checkpoint
from app.store.models import ErasureShare

SHARE_BYTES = 32
CACHE_SECONDS = 60.0
_BATCH = 32


class Keystore:
    """Gives out, finds and destroys erasure shares. Safe to use from several threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._spare: list[tuple[UUID, bytes]] = []
        self._cache: dict[UUID, tuple[bytes, float]] = {}

    @property
    def engine(self) -> Engine:
        """The keystore's engine, for migrations, health and backups."""
        return self._engine

    def take(self, today: date) -> tuple[UUID, bytes]:
        """Return the id and the bytes of a share that is already durable and not yet used."""
        with self._lock:
            if not self._spare:
                self._spare = self._make(today)
            share_id, share = self._spare.pop()
            self._cache[share_id] = (share, time.monotonic() + CACHE_SECONDS)
            return share_id, share

    def _make(self, today: date) -> list[tuple[UUID, bytes]]:
        fresh = [(new_id(), secrets.token_bytes(SHARE_BYTES)) for _ in range(_BATCH)]
        with self._engine.begin() as connection:
            connection.execute(
                insert(ErasureShare),
                [{"id": key, "share": share, "made_on": today} for key, share in fresh],
            )
        return fresh

    def find(self, share_ids: Iterable[UUID]) -> dict[UUID, bytes]:
        """Return the shares that still exist; destroyed ones are missing. Cached for a minute."""
        now = time.monotonic()
        cache = self._cache
        found: dict[UUID, bytes] = {}
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

    def _read(self, share_ids: list[UUID], now: float) -> dict[UUID, bytes]:
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(ErasureShare.id, ErasureShare.share).where(ErasureShare.id.in_(share_ids))
            ).all()
        read = {row.id: row.share for row in rows}
        with self._lock:
            self._cache = {k: v for k, v in self._cache.items() if v[1] > now}
            for share_id, share in read.items():
                self._cache[share_id] = (share, now + CACHE_SECONDS)
        return read

    def destroy(self, share_ids: Iterable[UUID]) -> int:
        """Delete shares for good, here at once and elsewhere within a minute. Returns how many."""
        gone = list(share_ids)
        with self._engine.begin() as connection:
            count = connection.execute(
                delete(ErasureShare).where(ErasureShare.id.in_(gone))
            ).rowcount
        checkpoint(self._engine)
        with self._lock:
            for share_id in gone:
                self._cache.pop(share_id, None)
        return count

    def count(self) -> int:
        """Return how many shares there are."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(ErasureShare)).scalar_one()

    def dispose(self) -> None:
        """Close the connections and forget the cached shares."""
        with self._lock:
            self._cache.clear()
            self._spare.clear()
        self._engine.dispose()
