"""The erasure shares of the keystore, the second and small database: one row a case.

- A compartment opens only with its share, the log of a case only with the log's share. All of a
  case are in one row under one id, and are read in one query.
- Destroying a share closes its part for good, even where an old backup of the main database comes
  back: the keystore is never in the main dump, and its own backups roll within seven days.
  Destroying the row closes the case and its log. Each is entered in the journal with it.
- A part that is written again after it was destroyed (a second journey) gets a new share: what was
  sealed under the one before stays shut.
- Rows are made in batches ahead of the cases that take them: one durable write then serves many
  intakes.

Knows random bytes, ids and names of parts; knows no case.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Delete,
    Engine,
    Update,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from app.permissions import Compartment
from app.store.base import new_id
from app.store.engine import checkpoint
from app.store.journal import WHOLE, Journal, kind_of
from app.store.models import ErasedPart, ErasureShare, KeystoreIdentity

SHARE_BYTES = 32
CACHE_SECONDS = 60.0
_BATCH = 32

Part = ErasedPart | Compartment
"""A part by its own name, or by that of the compartment that it is the whole of."""

_POSITIONS: dict[str, int] = {part.value: n for n, part in enumerate(ErasedPart)}
_SHARES = ("log", *(part.value for part in ErasedPart))
_COLUMNS = ErasureShare.__table__.c
_COUNT_WRITE = update(KeystoreIdentity).values(number=KeystoreIdentity.number + 1)
_FIND = select(_COLUMNS.id, *(_COLUMNS[name] for name in _SHARES)).where(
    _COLUMNS.id.in_(bindparam("ids", expanding=True))
)
_HEAD = re.compile(r"keystore (\d{1,18}) (\d{1,18}) ([0-9a-f]{64})")
_EXISTING = select(_COLUMNS.id).where(_COLUMNS.id.in_(bindparam("ids", expanding=True)))


class CaseShares:
    """The shares of one case as read. Never shows them."""

    __slots__ = ("_parts", "log")

    def __init__(self, log: bytes | None, parts: Sequence[bytes | None]) -> None:
        self.log = log
        self._parts = parts

    def part(self, part: Part) -> bytes | None:
        """Return the share of a part, or None where it was destroyed."""
        return self._parts[_POSITIONS[part.value]]


class KeystoreHead(NamedTuple):
    """How far a keystore has come: how often it was written, and its journal's newest entry."""

    number: int
    entries: int
    running_hash: bytes

    def __str__(self) -> str:
        return f"keystore {self.number} {self.entries} {self.running_hash.hex()}"

    @classmethod
    def find(cls, lines: Iterable[str]) -> KeystoreHead | None:
        """Return the one that some line of a checkpoint says, or None."""
        for line in lines:
            said = _HEAD.fullmatch(line)
            if said is not None:
                return cls(int(said[1]), int(said[2]), bytes.fromhex(said[3]))
        return None


class Keystore:
    """Makes, finds and destroys erasure shares. Safe to use from several threads."""

    def __init__(self, engine: Engine, journal: Journal) -> None:
        self._engine = engine
        self.journal = journal
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

    def find_existing(self, share_ids: Iterable[UUID]) -> set[UUID]:
        """Return which rows exist at this moment, in one query. Reads no share, caches nothing."""
        with self._engine.connect() as connection:
            return set(connection.scalars(_EXISTING, {"ids": list(share_ids)}))

    def _read(self, share_ids: list[UUID], now: float) -> dict[UUID, CaseShares]:
        with self._engine.connect() as connection:
            rows = connection.execute(_FIND, {"ids": share_ids}).all()
        read = {row[0]: CaseShares(row[1], row[2:]) for row in rows}
        with self._lock:
            self._cache = {k: v for k, v in self._cache.items() if v[1] > now}
            for share_id, shares in read.items():
                self._cache[share_id] = (shares, now + CACHE_SECONDS)
        return read

    def require(self, share_id: UUID, part: Part) -> CaseShares | None:
        """Return a row as it is at this moment, with a share for a part: a new one if need be.

        For sealing: a cached share may be destroyed by now, and what is sealed with it would be
        lost. None where the whole row is gone.
        """
        now = time.monotonic()
        shares = self._read([share_id], now).get(share_id)
        if shares is None or shares.part(part) is not None:
            return shares
        column = _COLUMNS[part.value]
        fresh = update(ErasureShare).where(_COLUMNS.id == share_id, column.is_(None))
        with self._engine.begin() as connection:
            connection.execute(fresh.values({column: secrets.token_bytes(SHARE_BYTES)}))
            connection.execute(_COUNT_WRITE)
        return self._read([share_id], now).get(share_id)

    def destroy(self, share_ids: Iterable[UUID], parts: Iterable[Part] | None = None) -> int:
        """Destroy the shares of parts, or whole rows with the log's; returns how many rows.

        For good: here at once, in other processes within a minute. Each row has its entry in the
        journal in the same transaction; what is gone already gets none.
        """
        gone = sorted(set(share_ids))
        names = [WHOLE] if parts is None else sorted({part.value for part in parts})
        self.journal.key()
        with self._engine.begin() as connection:
            connection.execute(_COUNT_WRITE)  # one at a time: the journal's numbers follow
            count = 0
            for name in names:
                there, erasure = _erasure(name, gone)
                found = connection.scalars(select(_COLUMNS.id).where(there)).all()
                self.journal.append(
                    connection, [(kind_of(name), one.bytes) for one in sorted(found)]
                )
                connection.execute(erasure)
                count = max(count, len(found))
        checkpoint(self._engine)
        self.forget(gone)
        return count

    def forget(self, share_ids: Iterable[UUID]) -> None:
        """Drop cached shares, so that the next look-up reads the keystore."""
        with self._lock:
            for share_id in share_ids:
                self._cache.pop(share_id, None)

    def forget_all(self) -> None:
        """Drop every cached share."""
        with self._lock:
            self._cache.clear()

    def head(self) -> KeystoreHead:
        """Return how far the keystore has come, for what is signed elsewhere."""
        with self._engine.connect() as connection:
            number = connection.execute(select(KeystoreIdentity.number)).scalar_one()
        entry = self.journal.find_newest()
        if entry is None:
            return KeystoreHead(number, 0, bytes(32))
        return KeystoreHead(number, entry.number, entry.running_hash)

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


def _erasure(name: str, share_ids: list[UUID]) -> tuple[ColumnElement[bool], Update | Delete]:
    """Return the condition that a share is still there, and the statement that destroys it."""
    there: ColumnElement[bool] = _COLUMNS.id.in_(share_ids)
    if name == WHOLE:
        return there, delete(ErasureShare).where(there)
    there &= _COLUMNS[name].is_not(None)
    return there, update(ErasureShare).where(there).values({name: None})
