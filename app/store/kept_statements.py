"""Statements that are put together once and run on the driver's own cursor.

SQLAlchemy composes, binds and reads a statement again at each execution, which takes ten times as
long as the driver does. The few statements that nearly every request runs are kept.

- Values are bound as their types bind them. Rows come as the driver gives them; ``converters``
  turns their values into those of Python.
- A driver's error is raised as the error of SQLAlchemy that it would have been.
- Where somebody listens to an engine's statements, SQLAlchemy runs them.
- No hook of the ORM sees them, as with every statement of a connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias, cast
from uuid import UUID

from sqlalchemy import Connection, Dialect, Insert, Uuid
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement, CompilerElement

Converter: TypeAlias = Callable[[object], object]
Parameters: TypeAlias = Mapping[str, object]

_Rows: TypeAlias = list[tuple[object, ...]]

_MOST_KEPT: Final = 512
"""Of longer lists each length is compiled when it comes."""
READ_BEFORE_FLUSH: Final = "read before the flush"
"""Where in a session's ``info`` lies what was read past the ORM: each flush and each end of a unit
of work drop it."""
_CONNECTION: Final = "connection"
_MOST_IDS: Final = 8_192
"""Some 2 MB of ids."""


class _Value(NamedTuple):
    """Where a value of the driver comes from: a parameter, an entry of one, or a constant."""

    name: str
    parameter: str | None
    position: int | None
    convert: Converter | None
    constant: object


class _Compiled(NamedTuple):
    sql: str
    values: list[_Value]
    positional: bool

    def bound(self, given: Parameters) -> tuple[object, ...] | dict[str, object]:
        found = [_bind(value, given) for value in self.values]
        if self.positional:
            return tuple(found)
        return dict(zip((value.name for value in self.values), found, strict=True))


def _bind(value: _Value, given: Parameters) -> object:
    if value.parameter is None:
        return value.constant
    found = given[value.parameter]
    if value.position is not None:
        # The list is as long as the next power of two: it ends with its last entry, repeated.
        listed = cast("Sequence[object]", found)
        found = listed[min(value.position, len(listed) - 1)]
    return found if value.convert is None else value.convert(found)


class KeptStatement:
    """One statement; its parameters are named, ``list_`` is one that is a list (``IN``)."""

    def __init__(self, statement: CompilerElement, *, list_: str | None = None) -> None:
        self._statement = statement
        self._list = list_
        self._compiled: dict[tuple[str, int], _Compiled] = {}

    def rows(self, connection: Connection, given: Parameters) -> list[tuple[object, ...]]:
        """Return all rows, as the driver gives them. A list must not be empty."""
        compiled = self._compiled_for(connection.dialect, given)
        bound = compiled.bound(given)
        if connection.dispatch.before_cursor_execute:
            return [tuple(row) for row in connection.exec_driver_sql(compiled.sql, bound)]
        driver = connection.connection
        try:
            cursor = driver.cursor()
            try:
                cursor.execute(compiled.sql, bound)
                return cast("list[tuple[object, ...]]", cursor.fetchall())
            finally:
                cursor.close()
        except connection.dialect.loaded_dbapi.Error as failure:
            raise _as_raised(connection, compiled.sql, failure) from failure

    def run(self, connection: Connection, *each: Parameters) -> None:
        """Run a statement that returns no rows, once for each set of parameters."""
        compiled = self._compiled_for(connection.dialect, each[0])
        bound = [compiled.bound(given) for given in each]
        if connection.dispatch.before_cursor_execute:
            connection.exec_driver_sql(compiled.sql, bound)
            return
        driver = connection.connection
        try:
            cursor = driver.cursor()
            try:
                if len(bound) == 1:
                    cursor.execute(compiled.sql, bound[0])
                else:
                    cursor.executemany(compiled.sql, cast("_Rows", bound))
            finally:
                cursor.close()
        except connection.dialect.loaded_dbapi.Error as failure:
            raise _as_raised(connection, compiled.sql, failure) from failure

    def _compiled_for(self, dialect: Dialect, given: Parameters) -> _Compiled:
        length = 0 if self._list is None else len(cast("Sequence[object]", given[self._list]))
        if 0 < length <= _MOST_KEPT:
            length = 1 << (length - 1).bit_length()
        compiled = self._compiled.get((dialect.name, length))
        if compiled is None:
            compiled = self._compile(dialect, given, length)
            if length <= _MOST_KEPT:
                self._compiled[dialect.name, length] = compiled
        return compiled

    def _compile(self, dialect: Dialect, given: Parameters, length: int) -> _Compiled:
        example = dict(given)
        if self._list is not None:
            example[self._list] = [cast("Sequence[object]", given[self._list])[0]] * length
        names = list(given) if isinstance(self._statement, Insert) else None
        compiled = cast("SQLCompiler", self._statement.compile(dialect=dialect, column_keys=names))
        state = compiled.construct_expanded_state(example, escape_names=False)
        listed = {
            name: (parameter, position)
            for parameter, expanded in state.parameter_expansion.items()
            if parameter in given
            for position, name in enumerate(expanded)
        }
        values = []
        for name in state.positiontup or state.parameters:
            parameter, position = listed.get(name, (name if name in given else None, None))
            convert = state.processors.get(name)
            if name in compiled.binds:
                convert = compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
            constant = None if parameter else state.parameters[name]
            if convert is not None and parameter is None and constant is not None:
                constant = convert(constant)
            values.append(_Value(name, parameter, position, convert, constant))
        return _Compiled(state.statement, values, bool(state.positiontup))


def connection_of(session: Session) -> Connection:
    """Return the connection of a session's transaction, as ``Session.connection`` does.

    That asks its state machine each time, for as long as some of these statements take.
    """
    kept: Connection | None = session.info.get(_CONNECTION)
    if kept is None or kept.closed or not (kept.in_transaction() and session.in_transaction()):
        kept = session.info[_CONNECTION] = session.connection()
    return kept


def converters(
    dialect: Dialect, columns: Iterable[ColumnElement[object]]
) -> list[Converter | None]:
    """Return what turns the driver's values of columns into Python's; None where nothing does."""
    return [_converter(dialect, column) for column in columns]


def _converter(dialect: Dialect, column: ColumnElement[object]) -> Converter | None:
    convert = column.type.dialect_impl(dialect).result_processor(dialect, None)
    return _uuid_of if convert is not None and isinstance(column.type, Uuid) else convert


@lru_cache(maxsize=_MOST_IDS)
def _uuid_of(written: object) -> UUID:
    """Return the id that SQLite's driver gives as text; making it again takes ten times as long."""
    return UUID(str(written))


def _as_raised(connection: Connection, sql: str, failure: Exception) -> BaseException:
    """Return the error of SQLAlchemy for a driver's; a connection that broke leaves the pool."""
    dialect = connection.dialect
    driver = connection.connection.dbapi_connection
    broken = dialect.is_disconnect(failure, driver, None)  # type: ignore[arg-type]
    raised = DBAPIError.instance(
        sql, None, failure, dialect.loaded_dbapi.Error,
        hide_parameters=True, dialect=dialect, connection_invalidated=broken,
    )  # fmt: skip
    if broken:
        connection.invalidate(failure)
    return raised
