"""Engines for the two databases that Padauk runs on, with their settings asserted.

- SQLite forgets its pragmas with each connection, so they are set and read back every time: a
  deployment that cannot overwrite what it deletes must not start.
- On PostgreSQL nothing waits without end: connecting, a statement, a lock, an idle transaction and
  an unacknowledged packet each have a limit. One frozen lock must not hold every request thread.
- Files and databases are opened, never made: only ``init``, ``demo`` and ``restore`` create.

Knows drivers and seconds; knows no table.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Final, cast

from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import make_url

_PRAGMAS: Final = {
    "journal_mode": "wal",
    "synchronous": 2,
    "secure_delete": 1,
    "foreign_keys": 1,
    "busy_timeout": 5_000,
    "temp_store": 2,
}
_COMMAND_MILLISECONDS: Final = 60_000
_POOL_SECONDS: Final = 5
_CONNECT_SECONDS: Final = 5
_TCP_MILLISECONDS: Final = 15_000
_SERVER_KEEPALIVES: Final = {
    "tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3",
}  # fmt: skip
"""By these the server ends the locks of a host that has vanished, not two hours later."""


class PragmaRefused(RuntimeError):
    """SQLite did not take a setting that the promises of SECURITY.md rest on."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a transaction may wait on PostgreSQL, in milliseconds; 0 is without limit."""

    statement: int = 15_000
    lock: int = 5_000
    idle_in_transaction: int = 60_000

    def items(self) -> dict[str, str]:
        """Return the settings by the names that PostgreSQL gives them."""
        return {
            "statement_timeout": str(self.statement),
            "lock_timeout": str(self.lock),
            "idle_in_transaction_session_timeout": str(self.idle_in_transaction),
        }


class ForeignKeysBroken(RuntimeError):
    """A migration left a row whose foreign key leads nowhere; it was rolled back."""


def build_engine(
    url: str, *, pool_size: int = 5, behind_pgbouncer: bool = False, create: bool = True
) -> Engine:
    """Return an engine that never logs values, for ``sqlite:///`` or ``postgresql+psycopg://``.

    Without ``create`` a missing SQLite file is an error at the first connection, not a new and
    empty database. ``behind_pgbouncer`` keeps nothing on a server connection between
    transactions: no prepared statements, and the timeouts are set in each transaction.
    """
    if url.startswith("sqlite"):
        return _sqlite(url, pool_size, create=create)
    timeouts = Timeouts()
    arguments: dict[str, object] = {
        "connect_timeout": _CONNECT_SECONDS,
        "tcp_user_timeout": _TCP_MILLISECONDS,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
    }
    if behind_pgbouncer:
        arguments["prepare_threshold"] = None
    else:
        asked = timeouts.items() | _SERVER_KEEPALIVES
        arguments["options"] = " ".join(f"-c {k}={v}" for k, v in asked.items())
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=pool_size,
        pool_timeout=_POOL_SECONDS,
        max_overflow=0,
        pool_pre_ping=False,
        connect_args=arguments,
    )
    if behind_pgbouncer:
        event.listen(engine, "begin", _set_timeouts)
    return engine


def _sqlite(url: str, pool_size: int, *, create: bool) -> Engine:
    database = make_url(url).database
    arguments: dict[str, object] = {"check_same_thread": False}
    if database and database != ":memory:" and not create:
        # The driver's own spelling of "open, and do not make".
        url = f"sqlite:///file:{Path(database).resolve()}?mode=rw&uri=true"
    pool: dict[str, object] = {
        "pool_size": pool_size,
        "pool_timeout": _POOL_SECONDS,
        "max_overflow": 0,
    }
    if not database or database == ":memory:":
        pool = {}  # one connection a thread, which nobody waits for
    engine = create_engine(url, hide_parameters=True, connect_args=arguments, **pool)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
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


def wait_longer(engine: Engine) -> None:
    """Let SQLite wait a minute for its write lock: a command beside a busy server, not a request.

    SQLite gives the lock to who happens to ask when it is free, not to who waited longest.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _wait_a_minute)
        engine.dispose()  # connections so far wait as requests do


def _wait_a_minute(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute(f"PRAGMA busy_timeout = {_COMMAND_MILLISECONDS}")


def _begin(connection: Connection) -> None:
    # Every request writes at least its audit events: taking the write lock at once makes waiting
    # orderly, where upgrading a read later would fail instead of wait. A snapshot only reads.
    options = connection.get_execution_options()
    if options.get("every_read_by_itself"):
        return
    reads = options.get("snapshot", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _set_timeouts(connection: Connection) -> None:
    for name, value in Timeouts().items().items():
        connection.exec_driver_sql(f"SET LOCAL {name} = {value}")


@contextmanager
def read_snapshot(engine: Engine) -> Iterator[Connection]:
    """Yield a connection that reads one state of the database, and holds up no writer.

    PostgreSQL: REPEATABLE READ, READ ONLY, without a statement timeout. SQLite: a deferred
    transaction, which in WAL mode sees the state of its first read.
    """
    if engine.dialect.name == "sqlite":
        with engine.connect().execution_options(snapshot=True) as connection:
            yield connection
        return
    with engine.connect().execution_options(
        isolation_level="REPEATABLE READ", postgresql_readonly=True
    ) as connection:
        for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
            connection.execute(select(func.set_config(name, "0", True)))
        yield connection


@contextmanager
def begin_read(engine: Engine) -> Iterator[Connection]:
    """Yield a connection that only reads: on SQLite without its write lock. For short reads."""
    with engine.connect().execution_options(snapshot=True) as connection:
        yield connection


def reading_connection(engine: Engine) -> Connection:
    """Return a connection in which every statement sees the newest state, and none locks anything.

    For reading only; the caller keeps it, and closes it.
    """
    options: dict[str, object] = {"every_read_by_itself": True}
    if engine.dialect.name != "sqlite":
        options["isolation_level"] = "AUTOCOMMIT"
    return engine.connect().execution_options(**options)


def count_changes(connection: Connection) -> object:
    """Return what is another number once anybody else has written to this SQLite database."""
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    return driver.execute("PRAGMA data_version").fetchone()[0]


class Writing(Enum):
    """What a database said when it was asked whether it takes writes."""

    TAKEN = auto()
    BUSY = auto()
    """Another writer holds the lock, for how long nobody knows."""
    REFUSED = auto()


def try_writing(engine: Engine, *, milliseconds: int) -> Writing:
    """Ask a database whether it takes writes; writes nothing, and blocks nobody for longer.

    SQLite: takes the write lock and lets it go, waiting for it so long at most. PostgreSQL: reads
    whether a transaction may write, which it may not on a standby. Raises ``SQLAlchemyError``.
    """
    if engine.dialect.name != "sqlite":
        with engine.connect() as connection:
            refused = connection.scalar(select(func.current_setting("transaction_read_only")))
        return Writing.REFUSED if refused == "on" else Writing.TAKEN
    raw = engine.raw_connection()
    try:
        driver = cast("sqlite3.Connection", raw.driver_connection)
        return _try_lock(driver, milliseconds)
    finally:
        raw.close()


def _try_lock(driver: sqlite3.Connection, milliseconds: int) -> Writing:
    driver.execute(f"PRAGMA busy_timeout = {milliseconds}")
    try:
        driver.execute("BEGIN IMMEDIATE")
        driver.execute("ROLLBACK")
    except sqlite3.OperationalError as failure:
        busy = failure.sqlite_errorname.startswith("SQLITE_BUSY")
        return Writing.BUSY if busy else Writing.REFUSED
    finally:
        driver.execute(f"PRAGMA busy_timeout = {_PRAGMAS['busy_timeout']}")
    return Writing.TAKEN


def checkpoint(engine: Engine) -> None:
    """Fold SQLite's write-ahead log into the file and empty it; nothing on PostgreSQL.

    After this the file alone is the whole database, and what was erased is gone from the log.
    """
    if engine.dialect.name != "sqlite":
        return
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        raw.close()


def rewrite_tables(engine: Engine, names: Sequence[str]) -> None:
    """Write tables again from what is left, so that no page of theirs holds what was deleted.

    PostgreSQL keeps deleted rows in their pages through a plain VACUUM: VACUUM FULL copies what is
    left, and locks each table meanwhile. SQLite overwrites what it deletes; there the file is
    rewritten and its log emptied.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "sqlite":
            raw = cast("sqlite3.Connection", connection.connection.driver_connection)
            raw.execute("VACUUM")
        else:
            for setting in ("statement_timeout", "lock_timeout"):
                connection.execute(select(func.set_config(setting, "0", False)))
            quote = connection.dialect.identifier_preparer.quote
            for name in names:
                connection.exec_driver_sql(f"VACUUM FULL {quote(name)}")
            for setting, value in Timeouts().items().items():
                connection.execute(select(func.set_config(setting, str(value), False)))
    checkpoint(engine)


@contextmanager
def begin_migration(engine: Engine) -> Iterator[Connection]:
    """Begin a transaction in which tables may be rebuilt while other tables refer to them.

    SQLite changes a column by copying its table and dropping the original, which its foreign keys
    refuse: they are off inside, and all of them are checked before the commit. PostgreSQL lifts
    the statement timeout and keeps the one for locks. Raises ``ForeignKeysBroken``.
    """
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            connection.execute(select(func.set_config("statement_timeout", "0", True)))
            yield connection
        return
    with engine.connect() as connection:
        driver = cast("sqlite3.Connection", connection.connection.driver_connection)
        driver.execute("PRAGMA foreign_keys = 0")  # ignored once the transaction has begun
        try:
            with connection.begin():
                yield connection
                if driver.execute("PRAGMA foreign_key_check").fetchone():
                    raise ForeignKeysBroken
        finally:
            driver.execute("PRAGMA foreign_keys = 1")
