"""Engines for the two databases that Padauk runs on, with their promises asserted.

SQLite forgets its pragmas with each connection, so they are set and read back every time:
a deployment that cannot overwrite what it deletes must not start.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "secure_delete": 1,
    "foreign_keys": 1,
    "busy_timeout": 10_000,
    "temp_store": 2,
}


class PragmaRefused(RuntimeError):
    """SQLite did not take a setting that the promises of SECURITY.md rest on."""


def build_engine(url: str, *, pool_size: int = 5) -> Engine:
    """Return an engine that never logs values, for ``sqlite:///`` or ``postgresql+psycopg://``."""
    if url.startswith("sqlite"):
        engine = create_engine(
            url,
            hide_parameters=True,
            pool_size=pool_size,
            connect_args={"check_same_thread": False},
        )
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin_immediate)
        return engine
    return create_engine(
        url, hide_parameters=True, pool_size=pool_size, max_overflow=0, pool_pre_ping=False
    )


def _set_pragmas(connection: Any, _record: object) -> None:
    # SQLAlchemy begins transactions itself; the driver's own implicit BEGIN would be deferred.
    connection.isolation_level = None
    cursor = connection.cursor()
    for name, wanted in _PRAGMAS.items():
        cursor.execute(f"PRAGMA {name} = {wanted}")
        found = cursor.execute(f"PRAGMA {name}").fetchone()[0]
        if found != wanted:
            cursor.close()
            raise PragmaRefused(name)
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    # Every request writes at least its audit events: taking the write lock at once makes waiting
    # orderly, where upgrading a read later would fail instead of wait.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def truncate_wal(engine: Engine) -> None:
    """Empty SQLite's write-ahead log, so that what was erased is gone there too."""
    if engine.dialect.name != "sqlite":
        return
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        raw.close()
