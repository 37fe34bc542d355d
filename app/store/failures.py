"""Classify a driver's error: run the work again, or report that its outcome is unknown.

- Work that gave way to another (not serializable, deadlocked, a snapshot grown old, a row changed
  since it was read) kept nothing; run from its beginning it finds what the other left.
- Work that met a row of another's is run again once: it then finds that row.
- Where the connection breaks during a commit, the work may have been kept or not.

Told by the codes of PostgreSQL (SQLSTATE) and SQLite, never by messages: those quote values. Knows
no table and no request.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError

T = TypeVar("T")

GAVE_WAY: Final = frozenset({"40001", "40P01", "SQLITE_BUSY_SNAPSHOT"})
MET_A_ROW: Final = frozenset({"23505", "23P01"})
"""Not those of SQLite: its units run one after another, and would meet the same row again."""
_MOST_RUNS_AGAIN: Final = 3
_PAUSE_MILLISECONDS: Final = 20
_CONNECTION_ENDED: Final = ("08", "57P", "40003")


def code_of(failure: BaseException | None) -> str | None:
    """Return the SQLSTATE of a failure, or SQLite's name for it, or None without either."""
    original = failure.orig if isinstance(failure, DBAPIError) else None
    code = getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None)
    return None if code is None else str(code)


def is_without_connection(failure: DBAPIError) -> bool:
    """Return whether the connection broke, or was never made, so that no code came back."""
    if code_of(failure) is not None:
        return False
    return failure.connection_invalidated or type(failure.orig).__name__ == "OperationalError"


def may_have_committed(failure: DBAPIError) -> bool:
    """Return whether a commit that failed with this may have been kept all the same.

    On SQLite a page that could not be synced may still be found by the next start.
    """
    code = code_of(failure)
    if code is None:
        return is_without_connection(failure)
    return code.startswith((*_CONNECTION_ENDED, "SQLITE_IOERR"))


def run_again(unit: Callable[[], T], pause: Callable[[float], None] = time.sleep) -> T:
    """Return what ``unit`` returns; run it again, up to three times, where it gave way.

    ``unit`` must begin with a session of its own each time, and keep nothing where it raises.
    """
    for runs in range(_MOST_RUNS_AGAIN):
        try:
            return unit()
        except DBAPIError as failure:
            code = code_of(failure)
            if code not in GAVE_WAY and not (code in MET_A_ROW and runs == 0):
                raise
        except StaleDataError:
            pass
        # Two that met must not meet again: each waits for a random time, longer at each turn.
        pause(secrets.randbelow(_PAUSE_MILLISECONDS << runs) / 1000)
    return unit()
