"""Read marks: from which version on a row counts, by its tag.

Keeps what it has read, until somebody says that it changed (``store.marks``). A mark carries a MAC:
one that is not as it was written lets no version count. Writes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from sqlalchemy import Connection, bindparam, select

from app.crypto.derive import ShortMac, equal
from app.crypto.framing import frame, int64
from app.crypto.labels import Label
from app.store.kept_statements import KeptStatement
from app.store.models import RowMark

NO_VERSION: Final = 2**31 - 1
"""What a mark says that is not as it was written: no version counts."""
AT_ONCE: Final = 500
_MOST_KNOWN: Final = 100_000
_ROWS = RowMark.__table__.c
READ = (_ROWS.tag, _ROWS.least, _ROWS.for_good, _ROWS.proof)
"""The columns that ``MarkReader.checked`` takes."""
OF_TAGS = KeptStatement(
    select(*READ).where(_ROWS.tag.in_(bindparam("tags", expanding=True))), list_="tags"
)

Place: TypeAlias = tuple[str, str]
"""A row: its table, and its id in 32 hexadecimal digits."""


class Promised(NamedTuple):
    """The version that a row is about to get, from which on it counts; or how a count changes.

    A count (``adds``) is of no row: it says how often something stands, and never falls below 0.
    """

    least: int = 0
    for_good: bool = False
    adds: int = 0


class MarkReader:
    """Reads marks on a connection, and keeps what it has read. Safe to use from several threads."""

    def __init__(self, key: Callable[[], bytes], connection: Connection | None) -> None:
        """``key`` is asked at the first use: the deployment's secrets may be younger than this."""
        self._key = key
        self._connection = connection
        self._lock = threading.Lock()
        self._tags: dict[str, ShortMac] = {}
        self._proofs: ShortMac | None = None
        self._least: dict[Place, int] = {}
        self._places: dict[bytes, Place] = {}

    def least(self, table: str, row_id: str) -> int:
        """Return the least version of a row that counts; 0 where every version does."""
        found = self._least.get((table, row_id))
        return self._look_up([(table, row_id)])[0] if found is None else found

    def read_ahead(self, table: str, row_ids: Iterable[str]) -> None:
        """Read the marks of many rows of a table at once, those that are not known yet."""
        known = self._least
        missing = [place for row_id in row_ids if (place := (table, row_id)) not in known]
        for start in range(0, len(missing), AT_ONCE):
            self._look_up(missing[start : start + AT_ONCE])

    def _look_up(self, places: Sequence[Place]) -> list[int]:
        tags = {self.tag(*place): place for place in places}
        # The lock covers the reading too: what is kept is never older than what ``refresh`` saw.
        with self._lock:
            found = {row[0]: self.checked(*row) for row in self._rows(OF_TAGS, {"tags": [*tags]})}
            if len(self._least) + len(tags) > _MOST_KNOWN:
                self._least.clear()
                self._places.clear()
            for tag, place in tags.items():
                self._places[tag] = place
                self._least[place] = found.get(tag, 0)
        return [found.get(tag, 0) for tag in tags]

    def _rows(
        self, statement: KeptStatement, given: Mapping[str, object]
    ) -> list[tuple[object, ...]]:
        if self._connection is None:
            message = "this reader has no connection"
            raise RuntimeError(message)
        return statement.rows(self._connection, given)

    def tag(self, table: str, row_id: str) -> bytes:
        """Return the tag of a row: nobody else can tell which row a mark is of."""
        begun = self._tags.get(table)
        if begun is None:
            begun = self._tags[table] = ShortMac(self._key(), frame(Label.MARK_TAG, table))
        return begun.of(row_id.encode())

    def proof(self, tag: bytes, least: int, *, for_good: bool) -> bytes:
        """Return the MAC over a mark."""
        if self._proofs is None:
            self._proofs = ShortMac(self._key(), frame(Label.MARK_PROOF))
        return self._proofs.of(tag + int64(least) + (b"1" if for_good else b"0"))

    def checked(self, tag: object, least: object, for_good: object, proof: object) -> int:
        """Return what a mark says; where it is not as it was written, that no version counts."""
        if not (isinstance(tag, bytes) and isinstance(least, int) and isinstance(proof, bytes)):
            return NO_VERSION
        expected = self.proof(tag, least, for_good=bool(for_good))
        return least if equal(expected, proof) else NO_VERSION
