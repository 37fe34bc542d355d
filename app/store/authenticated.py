"""Authenticate rows: a MAC over a row's plain columns and the digests of its cells.

- Every record that is not housekeeping has ``row_mac``; ``seals`` holds a digest of each sealed
  cell, in the order of their declaration.
- Both are written by the flush, and checked whenever a row is loaded: somebody who can only write
  to the database gives no row another role, status, amount or day.
- A row that fails is noted and not raised there: one altered row never takes the page that it is
  on. It opens nothing, and no unit of work that loaded it commits or answers (``app.work``).
- A column that is left out of the MAC says why (``unproved``).
- Columns are named in the MAC and NULLs left out: a migration that adds an empty column changes no
  MAC. Table, organisation and primary key are in it: a row proves nothing in another's place.

A MAC sees no age: from which version on a row counts is marked in the keystore (``store.marks``),
and a row older than its mark is treated as one that was altered. It sees no absence either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC
from functools import cache
from itertools import compress, repeat
from operator import is_not, itemgetter
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import Boolean, Connection, Date, Enum, Uuid, event, inspect
from sqlalchemy.orm import QueryContext, Session, object_session
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.sql.elements import KeyedColumnElement
from sqlalchemy.types import TypeEngine

from app.crypto.derive import ShortMac, digest, equal
from app.permissions import written_roles
from app.store.base import Mark, Moment, Record, RolesText, Versioned
from app.store.mark_reader import MarkReader
from app.store.sealed import is_digested, seals_of

_encode = msgspec.msgpack.Encoder().encode
_INFO = "row macs"
_SEEN_ROWS: Final = 2_048
"""Some 2 MB of plain columns and wrapped keys: nothing that the database does not show."""
R = TypeVar("R", bound=Record)


_Present: TypeAlias = tuple[bool, ...]
"""Which columns of a row are not NULL."""


class _Columns(NamedTuple):
    table: str
    names: tuple[str, ...]
    attributes: tuple[str, ...]
    writers: tuple[Callable[[object], object] | None, ...]
    id_at: int
    version_at: int | None
    """Where the version is among the columns; None where no version of a row is ever marked."""


class _Begun(NamedTuple):
    beginning: bytes
    mac: ShortMac


class RowMacs:
    """Computes and checks the MACs of rows, in one organisation."""

    def __init__(self, key: Callable[[], bytes], organisation: UUID, marks: MarkReader) -> None:
        """``key`` is asked at the first use: the deployment's secrets may be younger than this.

        ``marks`` says from which version on a row counts.
        """
        self._key = key
        self._marks = marks
        self._organisation = organisation.bytes
        self._begun: dict[tuple[str, _Present], _Begun] = {}
        self._seen: dict[object, Sequence[object]] = {}

    def _mac_of(self, columns: _Columns, written: Sequence[object]) -> bytes:
        begun, values = self._begin(columns, written)
        return begun.mac.of(values)

    def _begin(self, columns: _Columns, written: Sequence[object]) -> tuple[_Begun, bytes]:
        """Return what MAC and digest of a row begin with, and the values that come behind it."""
        present = tuple(map(is_not, written, repeat(None)))
        begun = self._begun.get((columns.table, present))
        if begun is None:
            beginning = _beginning(columns, self._organisation, present)
            begun = _Begun(beginning, ShortMac(self._key(), beginning))
            self._begun[columns.table, present] = begun
        return begun, _encode([*compress(written, present)])

    def against(self, marks: MarkReader) -> RowMacs:
        """Return the same with other marks: those of one state of the keystore."""
        return RowMacs(self._key, UUID(bytes=self._organisation), marks)

    def _counts(self, columns: _Columns, values: Sequence[object]) -> bool:
        """Return whether no newer version of this row is marked."""
        if columns.version_at is None:
            return True
        version = values[columns.version_at]
        least = self._marks.least(columns.table, _hex_of(values[columns.id_at]))
        return isinstance(version, int) and least <= version

    def read_marks(self, model: type[Record], rows: Sequence[Sequence[object]]) -> None:
        """Read the marks of many rows at once, before each is asked for; rows as the driver's."""
        columns = _columns(model)
        if columns.version_at is None or len(rows) < 2:  # noqa: PLR2004
            return
        self._marks.read_ahead(columns.table, (_hex_of(row[columns.id_at]) for row in rows))

    def is_authentic(self, model: type[Record], row: Sequence[object], *, as_written: bool) -> bool:
        """Return whether a row that begins with ``authenticated_columns`` is as it was written.

        The row is as the driver gave it; ``as_written``: the driver is that of SQLite.
        """
        columns = _columns(model)
        count = len(columns.names)
        values, mac = row[:count], row[count]
        # The very same row that was authentic before is: compared byte by byte, a third of a MAC.
        if self._seen.get(mac) == values:
            return self._counts(columns, values)
        written = values if as_written else _written(columns, values)
        if not isinstance(mac, bytes) or not equal(self._mac_of(columns, written), mac):
            return False
        if len(self._seen) >= _SEEN_ROWS:
            self._seen.clear()
        self._seen[mac] = values
        return self._counts(columns, values)

    def write(self, record: Record) -> str:
        """Write the digests of a record's cells and the MAC over it, as the flush leaves it.

        Returns the digest of the whole row, under no key: what the log keeps of it.
        """
        if is_digested(record):
            record.seals = seals_of(record)
        is_new = instance_state(record).key is None
        if not is_new and not isinstance(record, Versioned):
            message = f"{record.__tablename__} changes and has no version: make it Versioned"
            raise RuntimeError(message)
        if is_new:
            _fill_in_defaults(record)
        columns = _columns(type(record))
        begun, values = self._begin(columns, _written(columns, _values_after_flush(record)))
        record.row_mac = begun.mac.of(values)
        return digest(begun.beginning + values).hex()

    def holds(self, record: Record) -> bool:
        """Return whether a loaded record is as it was written; raises where a column is missing."""
        known = record.__dict__
        columns = _columns(type(record))
        try:
            values = [known[name] for name in columns.attributes]
            mac = known["row_mac"]
        except KeyError as missing:
            message = f"{columns.table} was loaded without {missing}: its MAC cannot be checked"
            raise RuntimeError(message) from None
        written = _written(columns, values)
        return (
            mac is not None
            and equal(self._mac_of(columns, written), mac)
            and self._counts(columns, values)
        )

    def digest_of(self, record: Record) -> str:
        """Return the digest of a whole row as it was loaded: see ``write``."""
        columns = _columns(type(record))
        begun, values = self._begin(columns, _written(columns, _values(record)))
        return digest(begun.beginning + values).hex()


def fixed_columns(model: type[Record], row: Sequence[object], *, as_written: bool) -> bytes:
    """Return those columns of a row that never change; ``row`` as ``RowMacs.is_authentic`` has it.

    A model names the others in ``__changing__``. What is sealed with this as its address opens no
    more where one of the fixed columns was changed, though the row's MAC be good.
    """
    columns = _columns(model)
    values = row[: len(columns.names)]
    return _encode(_fixed(model)(values if as_written else _written(columns, values)))


def fixed_columns_of(record: Record) -> bytes:
    """Return ``fixed_columns`` of a record that is loaded or about to be added."""
    return fixed_columns(type(record), _values(record), as_written=False)


@cache
def _fixed(model: type[Record]) -> itemgetter[tuple[object, ...]]:
    changing: frozenset[str] = getattr(model, "__changing__", frozenset())
    names = _columns(model).names
    return itemgetter(*(place for place, name in enumerate(names) if name not in changing))


class AlteredRows:
    """The rows of one unit of work that are not as they were written, by ``table/id``."""

    def __init__(self) -> None:
        self._found: dict[str, bool] = {}

    def __contains__(self, place: str) -> bool:
        return place in self._found

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, place: str) -> None:
        """Note an altered row."""
        self._found.setdefault(place, False)

    def leave_out(self, place: str) -> None:
        """Note that a row was left out or shown as shut, so that nothing rests on it."""
        self._found[place] = True

    @property
    def in_use(self) -> list[str]:
        """The altered rows that something may rest on."""
        return [place for place, left_out in self._found.items() if not left_out]


def place_of(record: Any) -> str:
    """Return ``table/id`` of a record."""
    return f"{record.__tablename__}/{record.id}"


def is_authenticated(model: type[object]) -> bool:
    """Return whether the rows of a model carry a MAC."""
    return issubclass(model, Record) and hasattr(model, "row_mac")


def authenticated_columns(model: type[Record]) -> list[KeyedColumnElement[object]]:
    """Return the columns that a query without the ORM must select first for ``is_authentic``."""
    table = model.__table__
    return [table.c[name] for name in (*_columns(model).names, "row_mac")]


def session_info(macs: RowMacs) -> dict[str, object]:
    """Return the ``info`` of a session that writes the MACs of its records and checks them."""
    return {_INFO: macs}


def open_checked(connection: Connection, macs: RowMacs) -> Session:
    """Return a session on a connection that checks the rows it loads, as a deployment's do."""
    return Session(connection, info=session_info(macs))


def altered_rows(session: Session) -> AlteredRows:
    """Return the altered rows that a session has met in this unit of work."""
    found: AlteredRows = session.info.setdefault("altered", AlteredRows())
    return found


def is_altered(session: Session, record: Record) -> bool:
    """Return whether a loaded record is not as it was written; the caller refuses or leaves it."""
    place = place_of(record)
    altered = altered_rows(session)
    if place in altered:
        altered.leave_out(place)
        return True
    return False


def leave_out_altered(session: Session, records: Iterable[R]) -> list[R]:
    """Return the records that are as they were written."""
    return [record for record in records if not is_altered(session, record)]


def row_macs(session: Session) -> RowMacs:
    """Return what a session computes MACs with; raises ``RuntimeError`` where it has none."""
    found: RowMacs | None = session.info.get(_INFO)
    if found is None:
        message = "this session checks no rows: open it with Deployment.sessions or open_checked"
        raise RuntimeError(message)
    return found


def authenticate_rows() -> None:
    """Have every session write and check the MACs of records. Called once, where this is loaded."""
    event.listen(Record, "load", _check_loaded, propagate=True)
    event.listen(Record, "refresh", _check_refreshed, propagate=True)


def _check_loaded(record: Record, context: QueryContext | None) -> None:
    session = object_session(record) if context is None else context.session
    if session is None or not is_authenticated(type(record)):
        return
    if not row_macs(session).holds(record):
        altered_rows(session).add(place_of(record))


def _check_refreshed(record: Record, context: QueryContext | None, attributes: object) -> None:
    # ``attributes`` names what was read again, None for all: a part is checked with the rest.
    del attributes
    _check_loaded(record, context)


def _fill_in_defaults(record: Record) -> None:
    """Give a new record the defaults of its columns, which an insert would only give it later."""
    for name, value in _defaults(type(record)):
        if getattr(record, name) is None:
            setattr(record, name, value)


@cache
def _defaults(model: type[Record]) -> tuple[tuple[str, object], ...]:
    mapper = inspect(model)
    return tuple(
        (mapper.get_property_by_column(column).key, column.default.arg)
        for column in mapper.local_table.c
        if column.default is not None
    )


def _values(record: Record) -> list[object]:
    # What is there is read past SQLAlchemy's descriptors, which take four times as long.
    known = record.__dict__
    return [
        known[name] if name in known else getattr(record, name)
        for name in _columns(type(record)).attributes
    ]


def _values_after_flush(record: Record) -> list[object]:
    """Return a record's plain values as they stand once this flush is done.

    SQLAlchemy counts a version up after the hook that asks has run.
    """
    values = _values(record)
    if isinstance(record, Versioned):
        at = _columns(type(record)).attributes.index("version")
        values[at] = (record.version or 0) + 1
    return values


def _beginning(columns: _Columns, organisation: bytes, present: _Present) -> bytes:
    """Return what the MAC begins with: table, organisation, and the columns that are not NULL.

    The same for most rows of a table, so that it is hashed once; the values come behind it.
    """
    return _encode([columns.table, organisation, *compress(columns.names, present)])


def _written(columns: _Columns, values: Sequence[object]) -> list[object]:
    return [
        value if write is None or value is None else write(value)
        for write, value in zip(columns.writers, values, strict=True)
    ]


@cache
def _columns(model: type[Record]) -> _Columns:
    mapper = inspect(model)
    found = sorted(
        (column.name, mapper.get_property_by_column(column).key, column)
        for column in mapper.local_table.c
        if column.info["shows"] != "sealed" and not column.info.get("unproved")
    )
    names = tuple(name for name, _, _ in found)
    return _Columns(
        model.__tablename__,
        names,
        tuple(attribute for _, attribute, _ in found),
        tuple(kind and _WRITERS[kind] for kind in map(_kind_of, (c for _, _, c in found))),
        names.index("id"),
        None if mark_of(model) is None else names.index("version"),
    )


def _hex_of(row_id: object) -> str:
    """Return an id as SQLite's driver gives it."""
    return row_id.hex if isinstance(row_id, UUID) else str(row_id)


def mark_of(model: type[object]) -> Mark | None:
    """Return when the rows of a model are marked, or None where they never are."""
    found: Mark | None = getattr(model, "__mark__", None)
    return found


_Kind: TypeAlias = type[TypeEngine[Any]]
_WRITERS: Final[Mapping[_Kind, Callable[[Any], object]]] = {
    Uuid: lambda value: value.hex,
    Enum: str,
    Boolean: int,
    Date: lambda value: value.isoformat(),
    Moment: lambda value: f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}",
    RolesText: lambda value: value if isinstance(value, str) else written_roles(value),
}
"""How values are written for the MAC: as SQLite's driver gives them, so that it converts none."""


def _kind_of(column: KeyedColumnElement[object]) -> _Kind | None:
    """Return the type by which ``_WRITERS`` writes a column; None where it stays as it is."""
    return next((kind for kind in _WRITERS if isinstance(column.type, kind)), None)


authenticate_rows()
