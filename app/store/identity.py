"""Which deployment a database belongs to, so that no start pairs the wrong two.

- Both databases hold the organisation's id; the keystore has an id and counts its own writes, and
  the main database remembers both, as of the last minute.
- An older keystore is refused: it lacks shares of cases that exist, and would shut them for good.
  A newer one is the ordinary state after a restore of the main database.
- The root key is known by its id, kept beside each secret that it wraps.

Knows ids and numbers. Says what is wrong in one sentence, and what to do in another.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, func, inspect, select, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from app.store.base import Base, new_id
from app.store.engine import begin_read
from app.store.failures import code_of, is_without_connection
from app.store.migrate import Line, current, head, known
from app.store.models import (
    DeploymentIdentity,
    DeploymentSecret,
    DestroyedShare,
    KeystoreBase,
    KeystoreIdentity,
)

ONLY_ROW = 1


class StartCode(IntEnum):
    """The exit code of each reason for which a start is refused."""

    SETTINGS = 10
    ROOT_KEY = 11
    UNREACHABLE = 12
    NOT_FOUNDED = 13
    SCHEMA_OLDER = 14
    SCHEMA_NEWER = 15
    NOT_A_PAIR = 16
    OTHER_ROOT_KEY = 17
    KEYSTORE_OLDER = 18
    KEYSTORE_LOCAL = 19
    NOT_WRITABLE = 20
    BOOT_KEY = 21
    JOURNAL_OLDER = 22
    ADDRESS = 23
    TABLE_MISSING = 24
    NOT_READABLE = 25


HEALS: Final = frozenset({StartCode.UNREACHABLE, StartCode.NOT_WRITABLE, StartCode.ADDRESS})
"""Reasons that may be over at a later start, without anybody's doing."""
_NAMES: Final[dict[Line, str]] = {"main": "main database", "keystore": "keystore"}
_TABLES: Final[dict[Line, frozenset[str]]] = {
    "main": frozenset(Base.metadata.tables), "keystore": frozenset(KeystoreBase.metadata.tables),
}  # fmt: skip


@dataclass(frozen=True)
class StartRefused(Exception):
    """This deployment must not be served as it is. ``advice`` is what an operator does about it."""

    code: StartCode
    reason: str
    advice: str

    def __str__(self) -> str:
        return f"{self.reason}; {self.advice}"


def found_keystore(keystore: Engine, organisation: UUID) -> UUID:
    """Give a new keystore its identity and return its id; one that has it keeps it."""
    with Session(keystore) as session, session.begin():
        known = session.get(KeystoreIdentity, ONLY_ROW)
        if known is not None:
            return known.keystore_id
        keystore_id = new_id()
        session.add(
            KeystoreIdentity(
                id=ONLY_ROW, keystore_id=keystore_id, organisation_id=organisation, number=1
            )
        )
    return keystore_id


def has_founding(keystore: Engine) -> bool:
    """Return whether a keystore holds what a founding made, whole or broken off."""
    there = (KeystoreIdentity.id, DeploymentSecret.id)
    with begin_read(keystore) as connection, Session(connection) as session:
        return any(session.scalar(select(column).limit(1)) is not None for column in there)


def empty_keystore(keystore: Engine) -> None:
    """Take back what a founding that failed has written; never for a keystore that was founded."""
    with keystore.begin() as connection:
        for table in reversed(KeystoreBase.metadata.sorted_tables):
            connection.execute(delete(table))


def count_write(connection: Connection, by: int = 1) -> None:
    """Count a write to the keystore, in the transaction of the write; 0 only tries to write."""
    if connection.engine.dialect.has_table(connection, KeystoreIdentity.__tablename__):
        row = update(KeystoreIdentity).values(number=KeystoreIdentity.number + by)
        connection.execute(row)
        return
    row = update(DeploymentIdentity).values(keystore_number=DeploymentIdentity.keystore_number + by)
    connection.execute(row)


def remember_keystore(session: Session, keystore: Engine) -> int:
    """Note in the main database how far the keystore has come; the caller commits.

    The keystore is read first, so that what is remembered is never more than what is there.
    """
    with Session(keystore) as reading:
        number = reading.scalars(select(KeystoreIdentity.number)).one()
    session.execute(
        update(DeploymentIdentity)
        .where(DeploymentIdentity.keystore_number < number)
        .values(keystore_number=number),
        execution_options={"housekeeping": "counts the keystore's writes"},
    )
    return number


def check_stores(
    engine: Engine, keystore: Engine, *, organisation: UUID, root: str, root_key_id: bytes
) -> None:
    """Raise ``StartRefused`` unless both databases, settings and root key belong together."""
    if engine.dialect.name == "postgresql" and keystore.dialect.name == "sqlite":
        raise StartRefused(
            StartCode.KEYSTORE_LOCAL,
            "the main database is a server's and the keystore is a file of this host",
            "put the keystore on a PostgreSQL server too, so that every host reads the same one",
        )
    _check_schemas(engine, keystore)
    try:
        _check_tables(engine, "main")
        _check_tables(keystore, "keystore")
        _check_identity(engine, keystore, organisation, root)
        _check_root_key(keystore, root_key_id)
    except SQLAlchemyError as failure:
        raise unreachable("a database", failure) from None
    _check_writable(engine, "main")
    _check_writable(keystore, "keystore")


def check_upgradable(engine: Engine, keystore: Engine) -> None:
    """Raise ``StartRefused`` unless both databases were founded once, and can be written."""
    _check_schemas(engine, keystore, older=True)
    _check_writable(engine, "main")
    _check_writable(keystore, "keystore")


def unreachable(which: str, failure: SQLAlchemyError) -> StartRefused:
    """Return the refusal for a database that does not answer.

    Where no connection came about nothing was asked yet, so what the server said quotes no row.
    """
    said = code_of(failure) or type(failure).__name__
    if isinstance(failure, DBAPIError) and failure.statement is None:
        first = str(failure.orig).partition("\n")[0]
        said = first.rpartition(" failed: ")[2] or said
    return StartRefused(
        StartCode.UNREACHABLE,
        f"{which} does not answer ({said})",
        "check its address in the settings, that the server runs, and its name and password",
    )


def _check_schemas(engine: Engine, keystore: Engine, *, older: bool = False) -> None:
    """Raise ``StartRefused`` unless each database is where it belongs, and of the newest schema.

    With ``older`` one that is still to be upgraded will do.
    """
    _check_schema(engine, "main", older=older)
    _check_schema(keystore, "keystore", older=older)
    if KeystoreIdentity.__tablename__ in _tables_in(engine):
        raise StartRefused(
            StartCode.NOT_A_PAIR,
            "main database and keystore are swapped",
            "exchange database_url and keystore_url, or the two files",
        )


def _check_schema(engine: Engine, line: Line, *, older: bool) -> None:
    try:
        found = current(engine, line)
        there = _tables_in(engine) if found == "base" else set()
    except SQLAlchemyError as failure:
        raise _unopened(engine, line, failure) from None
    if found == "base":
        raise _without_schema(line, there)
    if found == head(line):
        return
    if found not in known(line):
        raise StartRefused(
            StartCode.SCHEMA_NEWER,
            f"the {_NAMES[line]} is at {found}, which this program does not know",
            "start the newer program that wrote it, or restore a backup made before the upgrade",
        )
    if not older:
        raise StartRefused(
            StartCode.SCHEMA_OLDER,
            f"the {_NAMES[line]} is at {found}, this program needs {head(line)}",
            "take a backup, then `padauk doctor --upgrade`",
        )


def _without_schema(line: Line, there: set[str]) -> StartRefused:
    """Return the refusal for a database that names no revision, by the tables that it has."""
    if there & _TABLES[line]:
        return _lacks(line, ["alembic_version"])
    what = "holds another program's tables" if there else "is empty"
    return StartRefused(
        StartCode.NOT_FOUNDED,
        f"the {_NAMES[line]} {what}",
        "put it back, or restore a backup (`padauk restore`)",
    )


def _lacks(line: Line, tables: list[str]) -> StartRefused:
    return StartRefused(
        StartCode.TABLE_MISSING,
        f"the {_NAMES[line]} lacks tables: {', '.join(tables)}",
        "restore a backup, and ask who removed them: no upgrade brings them back",
    )


def _unopened(engine: Engine, line: Line, failure: SQLAlchemyError) -> StartRefused:
    """Return the refusal for a database that cannot be read, by what is in its place."""
    if engine.dialect.name != "sqlite":
        return unreachable(f"the {_NAMES[line]}", failure)
    file = Path(str(engine.url.database).removeprefix("file:"))
    try:
        wrong = _what_is_wrong(file, code_of(failure) or "")
    except PermissionError:
        return StartRefused(
            StartCode.NOT_READABLE,
            f"this user may not read the {_NAMES[line]} ({file})",
            "start as the user that it belongs to, or give it back to the one that serves (chown)",
        )
    if wrong is None:
        return _unwritable(engine, line, failure)
    return StartRefused(
        StartCode.NOT_FOUNDED,
        f"the {_NAMES[line]} {wrong} ({file})",
        "put the right file there, or restore a backup (`padauk restore`); nothing was created",
    )


def _what_is_wrong(file: Path, code: str) -> str | None:
    """Say why a file is no database, or None; raises PermissionError where it cannot be read."""
    try:
        file.open("rb").close()
    except FileNotFoundError:
        return "is missing"
    except IsADirectoryError:
        return "is no file"
    no_database = code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT"))
    return "is no database, or is damaged" if no_database else None


def _check_writable(engine: Engine, line: Line) -> None:
    """Raise ``StartRefused`` unless a transaction may write: one row is written as it is."""
    try:
        with engine.begin() as connection:
            count_write(connection, 0)
    except SQLAlchemyError as failure:
        raise _unwritable(engine, line, failure) from None


def _unwritable(engine: Engine, line: Line, failure: SQLAlchemyError) -> StartRefused:
    """Return the refusal for a database that is there and takes no writes."""
    code = code_of(failure) or ""
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "55P03")):
        return StartRefused(
            StartCode.UNREACHABLE,
            f"another program holds the {_NAMES[line]} ({code})",
            "wait for it or end it (a copy, a command, a second server?), then start again",
        )
    if isinstance(failure, DBAPIError) and is_without_connection(failure):
        return unreachable(f"the {_NAMES[line]}", failure)
    advice = "free the disk, or see who owns the file and whether the disk is mounted read-only"
    if engine.dialect.name != "sqlite":
        advice = "wait for the failover to end, or free the server's disk"
    return StartRefused(
        StartCode.NOT_WRITABLE, f"the {_NAMES[line]} cannot be written ({code})", advice
    )


def _tables_in(engine: Engine) -> set[str]:
    with begin_read(engine) as connection:
        return set(inspect(connection).get_table_names())


def _check_tables(engine: Engine, line: Line) -> None:
    missing = sorted(_TABLES[line] - _tables_in(engine))
    if missing:
        raise _lacks(line, missing)


def _check_identity(engine: Engine, keystore: Engine, organisation: UUID, root: str) -> None:
    with (
        begin_read(engine) as of_main, Session(of_main) as session,
        begin_read(keystore) as of_keys, Session(of_keys) as reading,
    ):  # fmt: skip
        main = session.get(DeploymentIdentity, ONLY_ROW)
        keys = reading.get(KeystoreIdentity, ONLY_ROW)
        journal = reading.scalar(select(func.max(DestroyedShare.number))) or 0
    if main is None or keys is None:
        raise StartRefused(
            StartCode.NOT_FOUNDED,
            "no organisation was founded in these databases",
            "finish the founding with `padauk init`, or restore a backup (`padauk restore`)",
        )
    if main.organisation_id != organisation or main.organisation_root != root:
        raise StartRefused(
            StartCode.NOT_A_PAIR,
            "the settings are of another organisation than the main database",
            "put back the padauk.toml of this deployment (it is in every backup)",
        )
    if keys.organisation_id != organisation or keys.keystore_id != main.keystore_id:
        raise StartRefused(
            StartCode.NOT_A_PAIR,
            "the keystore is of another deployment than the main database",
            "put back the keystore of this deployment; the two are backed up as a pair",
        )
    _check_age(main, keys, journal)


def _check_age(main: DeploymentIdentity, keys: KeystoreIdentity, journal: int) -> None:
    if keys.number < main.keystore_number:
        raise StartRefused(
            StartCode.KEYSTORE_OLDER,
            f"the keystore is older ({keys.number}) than what the main database has seen of it"
            f" ({main.keystore_number})",
            "put back the newest keystore: with this one, cases logged since would stay shut",
        )
    if journal < main.journal_number:
        raise StartRefused(
            StartCode.JOURNAL_OLDER,
            f"the keystore's journal ends at {journal}, the main database has seen"
            f" {main.journal_number}",
            "put back the newest keystore, or restore with the newest journal: with this one,"
            " shares that were destroyed may be back",
        )


def _check_root_key(keystore: Engine, root_key_id: bytes) -> None:
    with begin_read(keystore) as connection, Session(connection) as session:
        wrapping = set(session.scalars(select(DeploymentSecret.root_key_id)))
    if wrapping and root_key_id not in wrapping:
        raise StartRefused(
            StartCode.OTHER_ROOT_KEY,
            "the root key is not the one of this deployment",
            "give the root key that was made with it (its recovery words are in the kit)",
        )
