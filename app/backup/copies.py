"""Copies of a database as one SQLite file, made while others write, and read back into either kind.

- A copy is one state of the database: SQLite's online backup, or one snapshot on PostgreSQL.
- Whatever the source, a copy is a SQLite file of the same tables: it can be opened and proved on
  any machine, and restored into SQLite or PostgreSQL.
- The copy is of one schema revision, which it names; restoring brings up exactly that one.

Knows tables and rows as stored; opens no cell.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import cast

from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, MetaData, Table, func, insert, select

from app.store.engine import build_engine, checkpoint, read_snapshot
from app.store.migrate import Line, current, upgrade
from app.store.owners import bring_up

_ROWS_AT_ONCE = 2_000


def copy_out(engine: Engine, line: Line, metadata: MetaData, target: Path) -> None:
    """Write a copy of a database to a new file; raises ``FileExistsError``, or as the engine does.

    The file is readable by its owner alone.
    """
    target.touch(mode=0o600, exist_ok=False)
    if engine.dialect.name == "sqlite":
        _copy_pages(engine, target)
        return
    copy = build_engine(f"sqlite:///{target}")
    try:
        upgrade(copy, line, current(engine, line))
        with read_snapshot(engine) as source, copy.begin() as into:
            _copy_rows(source, into, metadata)
        checkpoint(copy)
    finally:
        copy.dispose()


def copy_in(
    source: Path, line: Line, metadata: MetaData, engine: Engine, owner: str | None = None
) -> None:
    """Read a copy into an empty database, at the copy's own revision.

    ``owner`` is the address of the role that is to own the tables. Raises ``DatabaseNotEmpty``,
    ``OwnerRefused``; nothing is left half done.
    """
    copy = build_engine(f"sqlite:///{source}")
    try:
        require_empty(engine, line)
        bring_up(engine, line, owner, current(copy, line))
        with read_snapshot(copy) as reading, engine.begin() as into:
            _copy_rows(reading, into, metadata)
    finally:
        copy.dispose()
    checkpoint(engine)


def require_empty(engine: Engine, line: Line) -> None:
    """Raise ``DatabaseNotEmpty`` unless a database has no tables of ours."""
    if current(engine, line) != "base":
        raise DatabaseNotEmpty(line)


class DatabaseNotEmpty(RuntimeError):
    """A copy is restored into an empty database only: nothing is ever overwritten."""


def count_rows(connection: Connection, metadata: MetaData) -> dict[str, int]:
    """Return how many rows each table has."""
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in metadata.sorted_tables
    }


def revision_of(connection: Connection) -> str:
    """Return the schema revision that a database is at."""
    return MigrationContext.configure(connection).get_current_revision() or "base"


def _copy_pages(engine: Engine, target: Path) -> None:
    raw = engine.raw_connection()
    try:
        with closing(sqlite3.connect(target)) as into:
            source = cast("sqlite3.Connection", raw.driver_connection)
            # All pages in one step: between two steps, a commit of another process would make it
            # begin again. A reader holds up no writer; the write-ahead log grows meanwhile.
            source.backup(into, pages=-1)
            # A copy that is carried about is one file, with no log beside it.
            into.execute("PRAGMA journal_mode = delete")
    finally:
        raw.close()


def _copy_rows(source: Connection, into: Connection, metadata: MetaData) -> None:
    for table in metadata.sorted_tables:
        for rows in _pages(source, table):
            into.execute(insert(table), rows)


def _pages(source: Connection, table: Table) -> Iterator[list[dict[str, object]]]:
    found = source.execution_options(yield_per=_ROWS_AT_ONCE).execute(select(table))
    for page in found.mappings().partitions():
        yield [dict(row) for row in page]
