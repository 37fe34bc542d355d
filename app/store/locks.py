"""One job at a time across processes and hosts, by a lock that ends with its process.

- PostgreSQL: a transaction-level advisory lock on a connection of its own. It ends when the
  transaction, the connection or the process does; it works behind a transaction-pooling proxy.
- SQLite: an exclusive ``flock`` on a file beside the database. It ends with the process. SQLite
  serves one host, so a file of this host is enough.

No lock looks at a clock: a wrong clock can neither keep a lock nor steal one. Knows names of jobs
and nothing of what they do.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import BigInteger, Connection, Engine, cast, column, func, select, table
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.crypto.derive import digest

_KEY_BYTES = 8
_TWO_NUMBERS = 2
"""What `pg_locks` says of an advisory lock that has two numbers, not one."""
_LOCKS = table("pg_locks", *map(column, ("locktype", "classid", "objid", "objsubid", "database")))
_DATABASES = table("pg_database", column("oid"), column("datname"))


def lock_until_commit(session: Session, name: str, *, shared: bool) -> None:
    """Wait for a lock by name, and hold it until this transaction ends; several may share it.

    On SQLite the one write lock does it.
    """
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        return
    take = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
    connection.execute(select(take(_key(name))))


@contextmanager
def job_lock(engine: Engine, name: str) -> Iterator[bool]:
    """Yield whether the lock of a job was taken; it is held until the block ends."""
    if engine.dialect.name == "sqlite":
        with _file_lock(engine, name) as taken:
            yield taken
        return
    with engine.connect() as connection, connection.begin():
        # The job works on another connection while this one waits: no timeout may end it.
        connection.execute(
            select(func.set_config("idle_in_transaction_session_timeout", "0", True))
        )
        yield bool(connection.scalar(select(func.pg_try_advisory_xact_lock(_key(name)))))


@contextmanager
def same_boot_key(engine: Engine, boot_key: bytes, seconds: float) -> Iterator[bool]:
    """Yield whether each server of this database has this boot key; says so until the block ends.

    Waits so long for one that has another, because the lock of a host that has vanished lasts for
    some seconds. SQLite serves one host. What is locked shows 31 bits of a digest of the key.
    """
    if engine.dialect.name == "sqlite":
        yield True
        return
    number = int.from_bytes(digest(boot_key)[:4], "big") >> 1
    until = time.monotonic() + seconds
    with engine.connect() as connection:
        lasting = connection.begin()
        connection.execute(
            select(func.set_config("idle_in_transaction_session_timeout", "0", True))
        )
        try:
            while not (same := _take_boot_key(engine, connection, number)):
                if time.monotonic() > until:
                    break
                time.sleep(min(1.0, seconds / 4))
            yield same
        finally:
            with suppress(SQLAlchemyError):  # the connection may be gone by now, and the lock too
                lasting.close()


def _take_boot_key(engine: Engine, connection: Connection, number: int) -> bool:
    """Take the lock of a boot key, unless another key's is held; one server at a time."""
    space = _key("boot key") & 0x7FFFFFFF
    present = select(_DATABASES.c.oid).where(_DATABASES.c.datname == func.current_database())
    held = select(cast(_LOCKS.c.objid, BigInteger)).where(
        _LOCKS.c.locktype == "advisory",
        cast(_LOCKS.c.classid, BigInteger) == space,
        _LOCKS.c.objsubid == _TWO_NUMBERS,
        _LOCKS.c.database == present.scalar_subquery(),
    )
    with engine.begin() as starting:
        starting.execute(select(func.pg_advisory_xact_lock(_key("start"))))
        others = set(starting.scalars(held)) - {number}
        if not others:
            connection.execute(select(func.pg_advisory_xact_lock_shared(space, number)))
        return not others


def _key(name: str) -> int:
    return int.from_bytes(digest(name.encode())[:_KEY_BYTES], "big", signed=True)


@contextmanager
def _file_lock(engine: Engine, name: str) -> Iterator[bool]:
    path = _path(engine, name)
    if path is None:
        yield True
        return
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        with suppress(OSError):
            os.close(file)


def _path(engine: Engine, name: str) -> Path | None:
    """Return the lock file of a job; None for a database in memory, which one process has."""
    database = engine.url.database
    if not database or database == ":memory:":
        return None
    database = database.removeprefix("file:")
    return Path(f"{database}.{name.replace(' ', '-')}.lock")
