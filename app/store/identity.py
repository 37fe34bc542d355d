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
from uuid import UUID

from sqlalchemy import Connection, Engine, func, inspect, select, update
from sqlalchemy.exc import DatabaseError, SQLAlchemyError
from sqlalchemy.orm import Session

from app.store.base import Base, new_id
from app.store.migrate import Line, current, head, known
from app.store.models import DeploymentIdentity, DeploymentSecret, DestroyedShare, KeystoreIdentity

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
    _check_schema(engine, "main")
    _check_schema(keystore, "keystore")
    _check_not_swapped(engine, keystore)
    try:
        _check_identity(engine, keystore, organisation, root)
        _check_root_key(keystore, root_key_id)
    except SQLAlchemyError as failure:
        raise unreachable("a", failure) from None
    _check_tables(engine)
    for line, checked in (("main", engine), ("keystore", keystore)):
        if not is_writable(checked):
            raise StartRefused(
                StartCode.NOT_WRITABLE,
                f"the {line} database cannot be written",
                "check the disk (mounted read-only, or full?) and who owns the files",
            )


def is_writable(engine: Engine) -> bool:
    """Return whether a transaction may write: one row is written as it is."""
    try:
        with engine.begin() as connection:
            count_write(connection, 0)
    except SQLAlchemyError:
        return False
    return True


def unreachable(which: str, failure: SQLAlchemyError) -> StartRefused:
    """Return the refusal for a database that does not answer."""
    return StartRefused(
        StartCode.UNREACHABLE,
        f"{which} database does not answer ({type(failure).__name__})",
        "check its address in the settings, that the server runs, and its name and password",
    )


def _check_schema(engine: Engine, line: Line) -> None:
    try:
        found = current(engine, line)
    except DatabaseError as failure:
        if engine.dialect.name == "sqlite":
            raise StartRefused(
                StartCode.NOT_FOUNDED,
                f"the {line} database is missing or is no database ({engine.url.database})",
                "put the file back, or restore a backup (`padauk restore`); nothing was created",
            ) from None
        raise unreachable(f"the {line}", failure) from None
    except SQLAlchemyError as failure:
        raise unreachable(f"the {line}", failure) from None
    if found == "base":
        raise StartRefused(
            StartCode.NOT_FOUNDED,
            f"the {line} database is empty",
            "restore a backup (`padauk restore`), or found a deployment (`padauk init`)",
        )
    if found == head(line):
        return
    if found in known(line):
        raise StartRefused(
            StartCode.SCHEMA_OLDER,
            f"the {line} database is at {found}, this program needs {head(line)}",
            "take a backup, then `padauk doctor --upgrade`",
        )
    raise StartRefused(
        StartCode.SCHEMA_NEWER,
        f"the {line} database is at {found}, which this program does not know",
        "start the newer program that wrote it, or restore a backup made before the upgrade",
    )


def _check_not_swapped(engine: Engine, keystore: Engine) -> None:
    if inspect(engine).has_table(KeystoreIdentity.__tablename__) or inspect(keystore).has_table(
        DeploymentIdentity.__tablename__
    ):
        raise StartRefused(
            StartCode.NOT_A_PAIR,
            "main database and keystore are swapped",
            "exchange database_url and keystore_url, or the two files",
        )


def _check_tables(engine: Engine) -> None:
    there = set(inspect(engine).get_table_names())
    missing = sorted(set(Base.metadata.tables) - there)
    if missing:
        raise StartRefused(
            StartCode.SCHEMA_OLDER,
            f"the main database lacks tables: {', '.join(missing)}",
            "restore a backup; somebody has removed them",
        )


def _check_identity(engine: Engine, keystore: Engine, organisation: UUID, root: str) -> None:
    with Session(engine) as session, Session(keystore) as reading:
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
    with Session(keystore) as session:
        wrapping = set(session.scalars(select(DeploymentSecret.root_key_id)))
    if wrapping and root_key_id not in wrapping:
        raise StartRefused(
            StartCode.OTHER_ROOT_KEY,
            "the root key is not the one of this deployment",
            "give the root key that was made with it (its recovery words are in the kit)",
        )
