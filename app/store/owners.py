"""On PostgreSQL, one role owns the tables and another serves: who serves cannot rewrite the log.

- The owner's address is given to `init`, `restore` and `doctor --upgrade`, and is written nowhere.
- The serving role may read and write every table, and rewrite it after a destruction (MAINTAIN).
  In tables of the log and the ledger, where nothing is destroyed, it may only add: it can neither
  change nor delete a row there, nor switch off the trigger that refuses both.
- MAINTAIN came with PostgreSQL 17; an older server is refused where an owner is given.

Knows roles and rights; a table only by its name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, Engine, column, func, inspect, select, table

from app.store.engine import build_engine
from app.store.migrate import Line, upgrade

LEAST_VERSION: Final = 17
_READ_AND_ADD: Final = "SELECT, INSERT"
_ALL: Final = "SELECT, INSERT, UPDATE, DELETE, MAINTAIN"
_SCHEMA_TABLE: Final = "alembic_version"


class OwnerRefused(RuntimeError):
    """This owner cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Owners:
    """Addresses of the roles that own the tables of each line; None: the role that serves."""

    main: str | None = field(default=None, repr=False)
    keystore: str | None = field(default=None, repr=False)

    def of(self, line: Line) -> str | None:
        """Return the address of a line's owner."""
        return self.main if line == "main" else self.keystore


def bring_up(
    engine: Engine,
    line: Line,
    owner: str | None = None,
    revision: str = "head",
) -> None:
    """Upgrade a database; with an owner's address as that role, which then gives rights.

    Raises ``OwnerRefused`` for SQLite, an older PostgreSQL, another database or the role that
    serves itself; and what the database raises.
    """
    if owner is None:
        upgrade(engine, line, revision)
        return
    if engine.dialect.name == "sqlite":
        raise OwnerRefused("SQLite has no roles: leave the owner out")
    with _owner_engine(owner) as owning:
        role = _role_that_serves(engine, owning)
        upgrade(owning, line, revision)
        with owning.begin() as connection:
            _give_rights(connection, role)


def no_change(name: str) -> str:
    """Return the name of the trigger that lets a table only be added to."""
    return f"{name}_no_change"


def owns_tables(connection: Connection, names: Collection[str]) -> bool:
    """Return whether the present role could change rows of tables that are only added to."""
    if connection.dialect.name == "sqlite":
        return False
    rights = [
        func.has_table_privilege(name, right) for name in names for right in ("UPDATE", "TRIGGER")
    ]
    return any(connection.execute(select(*rights)).one())


@contextmanager
def _owner_engine(address: str) -> Iterator[Engine]:
    engine = build_engine(address)
    try:
        yield engine
    finally:
        engine.dispose()


def _role_that_serves(engine: Engine, owning: Engine) -> str:
    asked = select(func.current_user(), func.current_database())
    with engine.connect() as connection:
        role, database = connection.execute(asked).one()
    with owning.connect() as connection:
        owner, owned = connection.execute(asked).one()
        version = connection.scalar(select(func.current_setting("server_version_num")))
    if owned != database:
        raise OwnerRefused(f"the owner's address names another database: {owned}")
    if owner == role:
        raise OwnerRefused("the owner and the role that serves are the same role")
    if int(str(version)) // 10_000 < LEAST_VERSION:
        raise OwnerRefused(f"an owner of its own needs PostgreSQL {LEAST_VERSION} or newer")
    return str(role)


def _give_rights(connection: Connection, role: str) -> None:
    quote = connection.dialect.identifier_preparer.quote
    triggers: set[str] = set(
        connection.scalars(select(column("tgname")).select_from(table("pg_trigger")))
    )
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA public TO {quote(role)}")
    for name in inspect(connection).get_table_names():
        rights = _READ_AND_ADD if no_change(name) in triggers else _ALL
        if name == _SCHEMA_TABLE:
            rights = "SELECT"
        connection.exec_driver_sql(f"REVOKE ALL ON {quote(name)} FROM {quote(role)}, PUBLIC")
        connection.exec_driver_sql(f"GRANT {rights} ON {quote(name)} TO {quote(role)}")
