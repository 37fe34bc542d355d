"""What the database's refusals mean to a caller.

Two that met, one that is down, one that is full: told apart by the codes of PostgreSQL (SQLSTATE)
and SQLite, never by their messages. Everything else is a fault of ours.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy.exc import DBAPIError

from app.errors import Busy, DomainError
from app.http.errors import DatabaseUnavailable, RetryConflict

_MET: Final = frozenset({"40001", "40P01", "23505", "23503", "23P01"})
_CROWDED: Final = frozenset({"53300", "55P03", "57014"})
_DOWN: Final = ("08", "53", "57P", "58")
_SQLITE_MET: Final = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY",
                      "SQLITE_CONSTRAINT_ROWID", "SQLITE_CONSTRAINT_FOREIGNKEY")  # fmt: skip
_SQLITE_CROWDED: Final = ("SQLITE_BUSY", "SQLITE_LOCKED")
_SQLITE_DOWN: Final = ("SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY",
                       "SQLITE_NOTADB", "SQLITE_CORRUPT")  # fmt: skip


def meaning_of(failure: DBAPIError) -> DomainError | None:
    """Return what a driver's error means to the caller, or None where it is a bug of ours."""
    sqlite = getattr(failure.orig, "sqlite_errorname", None)
    if sqlite is not None:
        return _meaning(sqlite in _SQLITE_MET, sqlite.startswith(_SQLITE_CROWDED),
                        sqlite.startswith(_SQLITE_DOWN))  # fmt: skip
    state = getattr(failure.orig, "sqlstate", None)
    if state is None:
        # No SQLSTATE: the connection broke before the server could respond, or was never made.
        return DatabaseUnavailable(retry_after=5) if _is_operational(failure) else None
    return _meaning(state in _MET, state in _CROWDED, state.startswith(_DOWN))


def _meaning(met: bool, crowded: bool, down: bool) -> DomainError | None:
    if met:
        return RetryConflict()
    if crowded:
        return Busy()
    return DatabaseUnavailable(retry_after=5) if down else None


def _is_operational(failure: DBAPIError) -> bool:
    return failure.connection_invalidated or type(failure.orig).__name__ == "OperationalError"
