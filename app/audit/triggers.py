"""Name the triggers of insert-only tables that are missing, switched off or rewritten.

A table without its trigger takes changes that the program never makes. Knows the databases' own
catalogues; who can rewrite those as well is seen by the log's leaves and a kept checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, column, select, table

from app.audit.models import INSERT_ONLY, insert_only
from app.store.owners import no_change

_SQLITE = table("sqlite_master", column("type"), column("name"), column("sql"))
_POSTGRES = table("pg_trigger", column("tgname"), column("tgenabled"))
_ALWAYS = frozenset({"O", "A"})
"""How PostgreSQL writes that a trigger fires for an ordinary session."""


def missing_triggers(connection: Connection) -> Iterator[str]:
    """Yield the names of the triggers that are not as the migrations made them."""
    if connection.dialect.name == "sqlite":
        yield from _missing_on_sqlite(connection)
        return
    rows = connection.execute(select(_POSTGRES.c.tgname, _POSTGRES.c.tgenabled)).all()
    standing = {row.tgname for row in rows if _text(row.tgenabled) in _ALWAYS}
    yield from (name for name in map(no_change, INSERT_ONLY) if name not in standing)


def _missing_on_sqlite(connection: Connection) -> Iterator[str]:
    query = select(_SQLITE.c.name, _SQLITE.c.sql).where(_SQLITE.c.type == "trigger")
    standing = {row.name: _words(row.sql) for row in connection.execute(query)}
    for one in INSERT_ONLY:
        for statement in insert_only(one)["sqlite"]:
            name = statement.split()[2]
            if standing.get(name) != _words(statement):
                yield name


def _words(statement: str) -> list[str]:
    return statement.split()


def _text(value: str | bytes) -> str:
    """Return a one-letter code: PostgreSQL's ``"char"`` comes as bytes."""
    return value.decode() if isinstance(value, bytes) else value
