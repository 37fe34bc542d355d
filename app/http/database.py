"""Translate errors of the database driver into errors for the caller.

Two that met, one that is down, one that is full: told apart by the codes of PostgreSQL (SQLSTATE)
and SQLite, never by their messages. Everything else is a fault of ours.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy.exc import DBAPIError

from app.errors import Busy, DomainError
from app.http.errors import DatabaseUnavailable, RetryConflict
from app.store.failures import MET_A_ROW, code_of, is_without_connection

_MET: Final = frozenset({"40001", "40P01", "23503", *MET_A_ROW})
_CROWDED: Final = frozenset({"25P03", "25P04", "53300", "55P03", "57014"})
_DOWN: Final = ("08", "53", "57P", "58")
_SQLITE_MET: Final = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY",
                      "SQLITE_CONSTRAINT_ROWID", "SQLITE_CONSTRAINT_FOREIGNKEY")  # fmt: skip
_SQLITE_CROWDED: Final = ("SQLITE_BUSY", "SQLITE_LOCKED")
_SQLITE_DOWN: Final = ("SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY",
                       "SQLITE_NOTADB", "SQLITE_CORRUPT")  # fmt: skip


def meaning_of(failure: DBAPIError) -> DomainError | None:
    """Return what a driver's error means to the caller, or None where it is a bug of ours."""
    code = code_of(failure)
    if code is None:
        return DatabaseUnavailable(retry_after=5) if is_without_connection(failure) else None
    if code.startswith("SQLITE_"):
        return _meaning(code in _SQLITE_MET, code.startswith(_SQLITE_CROWDED),
                        code.startswith(_SQLITE_DOWN))  # fmt: skip
    return _meaning(code in _MET, code in _CROWDED, code.startswith(_DOWN))


def _meaning(met: bool, crowded: bool, down: bool) -> DomainError | None:
    if met:
        return RetryConflict()
    if crowded:
        return Busy()
    return DatabaseUnavailable(retry_after=5) if down else None
