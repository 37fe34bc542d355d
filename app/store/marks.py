"""Marks in the keystore: from which version on a row of the main database counts.

- A MAC says that a row was written here, and not that it is the newest: a row that was put back
  from last week has a good one. What ends, spends or replaces something is therefore marked:
  no older version of that row counts from then on, in any process, from the next request.
- A unit of work promises its marks in the keystore before the main database commits (``promise``),
  and confirms them before it answers (``confirm``). What it did is answered only once it holds.
- A unit that certainly did not commit withdraws. One whose process died between the two is settled
  by who comes next (``settle``): by its first event, and on PostgreSQL by the status of its
  transaction.
- Only confirmed marks count. They are read again whenever a transaction of the main database has
  begun, so that nothing that was answered before can be missed.
- A mark that is for good has an entry in the journal: a restore brings none of those back.

Example: a code is redeemed. Its row gets version 4, and 4 is promised under the row's tag; the main
database commits; 4 is confirmed. Somebody puts version 3 back, in which the code was delivered: it
has a good MAC, is older than 4, and is treated as altered.

Knows tags, versions and units; of a row only its table and its id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Row,
    String,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.types import UserDefinedType

from app.crypto.framing import int64
from app.errors import IntegrityFault
from app.store.engine import count_changes, reading_connection
from app.store.journal import DestructionEntry, Journal
from app.store.kept_statements import KeptStatement
from app.store.mark_reader import (
    AT_ONCE,
    NO_VERSION,
    OF_TAGS,
    READ,
    MarkReader,
    Place,
    Promised,
)
from app.store.models import KeystoreIdentity, RowMark

MARK: Final = "mark"
"""The kind of an entry of the journal that says that a mark was made for good."""
_TAG_BYTES: Final = 16

_ROWS = RowMark.__table__.c
_IDENTITY = KeystoreIdentity.__table__.c
_AFTER = KeptStatement(select(*READ).where(_ROWS.number > bindparam("after")))
_NUMBER = KeptStatement(select(_IDENTITY.number))

WasCommitted: TypeAlias = Callable[[Connection, UUID], bool]
"""Says whether a unit's first event is in the main database."""


class KeystoreReplaced(IntegrityFault):
    """The keystore is older than it was a moment ago: somebody has put another one in its place."""

    code = "keystore.older"
    title = "The keystore is older than it was; stop the server, and look at the stores"


class Marks(MarkReader):
    """Reads and makes the marks of one keystore."""

    def __init__(self, engine: Engine, journal: Journal, key: Callable[[], bytes]) -> None:
        """``key``: see ``MarkReader``. The journal's entries about marks are applied by this."""
        super().__init__(key, None)
        self._engine = engine
        self._journal = journal
        self._changes: object = None
        self._number = 0
        journal.applied_by[MARK] = self._make_again

    def reader_on(self, connection: Connection) -> MarkReader:
        """Return a reader of the marks as one state of the keystore has them, from now on."""
        connection.execute(select(_IDENTITY.number))  # the state is that of the first reading
        return MarkReader(self._key, connection)

    # ------------------------------------------------------------------ reading

    def refresh(self) -> None:
        """Read what has changed since the last time: one look where nothing has.

        Raises ``KeystoreReplaced``, and what the driver raises as SQLAlchemy's error.
        """
        with self._lock:
            if self._engine.dialect.name == "sqlite":
                changes = count_changes(self._open())
                if changes == self._changes:
                    return
                self._read_changed()
                self._changes = changes
            else:
                self._read_changed()

    def _read_changed(self) -> None:
        found = self._rows(_NUMBER, {})
        number = found[0][0] if found else 0
        if not isinstance(number, int) or number < self._number:
            raise KeystoreReplaced
        if number == self._number:
            return
        for row in self._rows(_AFTER, {"after": self._number}) if self._places else ():
            tag = row[0]
            if isinstance(tag, bytes) and (place := self._places.get(tag)) is not None:
                self._least[place] = self.checked(*row)
        self._number = number

    def _rows(
        self, statement: KeptStatement, given: Mapping[str, object]
    ) -> list[tuple[object, ...]]:
        try:
            return statement.rows(self._open(), given)
        except DBAPIError as failure:
            if not failure.connection_invalidated:
                raise
            # The server has closed a connection that lay still for long: once more on a fresh one.
            self.close()
            return statement.rows(self._open(), given)

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = reading_connection(self._engine)
        return self._connection

    def close(self) -> None:
        """Close the connection that marks are read on; the next reading opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    # ------------------------------------------------------------------ making

    def promise(
        self,
        main: Connection,
        unit: UUID,
        promised: Mapping[Place, Promised],
        was_committed: WasCommitted,
    ) -> None:
        """Note, durably, which versions a unit is about to commit on ``main``.

        Raises ``IntegrityFault`` where a row has had that version already: it was put back;
        ``StaleDataError`` where another unit is committing one of them at this moment.
        """
        by_tag = {self.tag(*place): one for place, one in promised.items()}
        transaction = _transaction_of(main)
        if self._try_promise(unit, by_tag, transaction):
            return
        self.settle(main, was_committed)
        if not self._try_promise(unit, by_tag, transaction):
            message = "another unit of work is committing the same row"
            raise StaleDataError(message)

    def _try_promise(
        self, unit: UUID, by_tag: Mapping[bytes, Promised], transaction: int | None
    ) -> bool:
        fresh = dict(by_tag)
        by_unit = {"unit": unit, "transaction": transaction}
        with self._engine.begin() as connection:
            for row in _locked(connection, _ROWS.tag.in_([*by_tag])):
                if row.unit is not None:
                    return False
                newest = self.checked(row.tag, row.least, row.for_good, row.proof)
                _set(connection, row.tag, _pending(fresh.pop(row.tag), newest) | by_unit)
            if fresh:
                none = {"least": 0, "for_good": False, "number": 0}
                connection.execute(
                    insert(RowMark),
                    [
                        {"tag": tag, "proof": self.proof(tag, 0, for_good=False)}
                        | none
                        | _pending(one, 0)
                        | by_unit
                        for tag, one in fresh.items()
                    ],
                )
        return True

    def confirm(self, unit: UUID) -> int:
        """Let the marks of a unit count that was committed; returns how many they are."""
        self._journal.key()
        with self._engine.begin() as connection:
            number = _count_write(connection)
            rows = _locked(connection, _ROWS.unit == unit)
            kept = []
            for row in rows:
                for_good = row.for_good or row.pending_for_good
                self._set_least(connection, row.tag, row.pending, number, for_good=for_good)
                if row.pending_for_good:
                    kept.append((MARK, row.tag + int64(row.pending)))
            self._journal.append(connection, kept)
        return len(rows)

    def withdraw(self, unit: UUID) -> None:
        """Forget what a unit has promised that was not committed."""
        with self._engine.begin() as connection:
            mine = _ROWS.unit == unit
            connection.execute(delete(RowMark).where(mine, _ROWS.least == 0))
            connection.execute(update(RowMark).where(mine).values(_NOT_PENDING))

    def settle(self, main: Connection, was_committed: WasCommitted) -> int:
        """Confirm or withdraw what units have left that died before they could; returns how many.

        On SQLite ``main`` holds the write lock, so that no unit is in the middle of its commit; on
        PostgreSQL those are left alone.
        """
        with self._engine.connect() as connection:
            left = {
                row.unit: row.transaction
                for row in connection.execute(
                    select(_ROWS.unit, _ROWS.transaction).where(_ROWS.unit.is_not(None)).distinct()
                )
            }
        settled = 0
        for unit, transaction in left.items():
            status = _status_of(main, transaction)
            if status == "in progress":
                continue
            if status == "committed" or (status is None and was_committed(main, unit)):
                self.confirm(unit)
            else:
                self.withdraw(unit)
            settled += 1
        return settled

    def take_back(self, main: Connection, was_committed: WasCommitted) -> int:
        """Let the rows of an older main database count again, after a restore; returns how many.

        Not those whose mark is for good: what ended stays ended, what was spent or paid stays so.
        """
        self._journal.key()  # the deployment's secrets are read before the keystore is locked
        # A transaction's number says nothing on another server than its own.
        with self._engine.connect() as connection:
            left = connection.scalars(
                select(_ROWS.unit).where(_ROWS.unit.is_not(None)).distinct()
            ).all()
        for unit in left:
            if was_committed(main, unit):
                self.confirm(unit)
            else:
                self.withdraw(unit)
        with self._engine.begin() as connection:
            number = _count_write(connection)
            rows = _locked(connection, _ROWS.for_good.is_(False), _ROWS.least > 0)
            for row in rows:
                self._set_least(connection, row.tag, 0, number, for_good=False)
        return len(rows)

    def _set_least(
        self, connection: Connection, tag: bytes, least: int, number: int, *, for_good: bool
    ) -> None:
        proof = self.proof(tag, least, for_good=for_good)
        values = {"least": least, "for_good": for_good, "number": number, "proof": proof}
        _set(connection, tag, {**values, **_NOT_PENDING})

    def _make_again(self, connection: Connection, entry: DestructionEntry) -> None:
        """Make a mark that an entry of the journal names, unless there is one at least as high."""
        tag, least = entry.subject[:_TAG_BYTES], int.from_bytes(entry.subject[_TAG_BYTES:], "big")
        rows = _locked(connection, _ROWS.tag == tag)
        if rows and rows[0].least >= least:
            return
        number = _count_write(connection)
        if rows:
            self._set_least(connection, tag, least, number, for_good=True)
            return
        connection.execute(
            insert(RowMark).values(
                tag=tag,
                least=least,
                for_good=True,
                number=number,
                proof=self.proof(tag, least, for_good=True),
            )
        )

    # ------------------------------------------------------------------ verifying

    def count_altered(self) -> int:
        """Return how many marks are not as they were written."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(*READ), execution_options={"yield_per": AT_ONCE})
            return sum(self.checked(*row) == NO_VERSION for row in rows)

    def count_lost(self, entries: Iterable[DestructionEntry]) -> int:
        """Return of how many marks in the journal the keystore has none, or a lower one."""
        wanted: dict[bytes, int] = {}
        for entry in entries:
            if entry.kind == MARK:
                tag = entry.subject[:_TAG_BYTES]
                least = int.from_bytes(entry.subject[_TAG_BYTES:], "big")
                wanted[tag] = max(least, wanted.get(tag, 0))
        lost = 0
        tags = [*wanted]
        for start in range(0, len(tags), AT_ONCE):
            some = tags[start : start + AT_ONCE]
            with self._lock:
                found = {r[0]: self.checked(*r) for r in self._rows(OF_TAGS, {"tags": some})}
            lost += sum(not wanted[tag] <= found.get(tag, 0) < NO_VERSION for tag in some)
        return lost


_NOT_PENDING: Final[Mapping[str, None]] = dict.fromkeys(
    ("pending", "pending_for_good", "unit", "transaction")
)


def _pending(one: Promised, newest: int) -> dict[str, object]:
    """Return what is promised of a row whose newest mark is this; raises ``IntegrityFault``."""
    if newest == NO_VERSION or (not one.adds and newest >= one.least):
        raise IntegrityFault
    least = max(0, newest + one.adds) if one.adds else one.least
    return {"pending": least, "pending_for_good": one.for_good}


def _locked(connection: Connection, *where: object) -> Sequence[Row[tuple[object, ...]]]:
    table = RowMark.__table__
    query = select(table).where(*where).order_by(_ROWS.tag).with_for_update()  # type: ignore[arg-type]
    return connection.execute(query).all()


def _set(connection: Connection, tag: bytes, values: Mapping[str, object]) -> None:
    connection.execute(update(RowMark).where(_ROWS.tag == tag).values(dict(values)))


def _count_write(connection: Connection) -> int:
    raised = update(KeystoreIdentity).values(number=KeystoreIdentity.number + 1)
    number: int = connection.execute(raised.returning(_IDENTITY.number)).scalar_one()
    return number


def _transaction_of(main: Connection) -> int | None:
    if main.dialect.name != "postgresql":
        return None
    number = func.pg_current_xact_id().cast(String).cast(BigInteger)
    return main.scalar(select(number))


def _status_of(main: Connection, transaction: int | None) -> str | None:
    """Return what PostgreSQL says of a transaction; None on SQLite, and where it cannot tell."""
    if transaction is None or main.dialect.name != "postgresql":
        return None
    asked = literal(str(transaction)).cast(_TransactionNumber)
    status: str | None = main.scalar(
        select(case((asked < func.pg_snapshot_xmax(func.pg_current_snapshot()), _status(asked))))
    )
    return status


class _TransactionNumber(UserDefinedType[str]):
    """PostgreSQL's ``xid8``."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def _status(asked: ColumnElement[str]) -> ColumnElement[str]:
    return func.pg_xact_status(asked, type_=String)
