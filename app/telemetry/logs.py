"""Log lines as JSON, one an event, and one line for a storm of the same.

- A line holds the time, the level, the logger, a constant text and named facts: route, operation,
  kind of error, SQLSTATE, incident number. No message of a library: those quote values. Where a
  library warns, the line says in which of its lines, and of what kind the exception was.
- The same text with the same facts (but for the incident number) is written once in ten seconds;
  the next line after a storm says how many were left out.

Knows records of ``logging``; knows no request and no row.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

FACTS: Final = ("incident", "operation", "route", "error", "sqlstate", "at", "job", "failures")
"""The attributes of a record that a line may hold; ``extra=`` names no other."""

STORM_SECONDS: Final = 10.0
_log = logging.getLogger("padauk.process")
_UNIQUE: Final = frozenset({"incident"})


_OWN: Final = frozenset({"app", "padauk"})
_PLAIN: Final = frozenset({"uvicorn", "alembic"})
"""Libraries whose ordinary lines (started, stopped, upgraded) quote nothing of a request."""


class JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object; of an exception its kind alone."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message_of(record),
        }
        if line["message"] == _OF_A_LIBRARY:
            line["at"] = f"{record.module}:{record.lineno}"
        line |= {
            fact: value for fact in FACTS if (value := getattr(record, fact, None)) is not None
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
        left_out = getattr(record, "left_out", 0)
        if left_out:
            line["left_out"] = left_out
        return json.dumps(line, ensure_ascii=False)


_OF_A_LIBRARY: Final = "a library says that something went wrong"


def _is_own(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in _OWN


def _message_of(record: logging.LogRecord) -> str:
    is_plain = record.name.partition(".")[0] in _PLAIN and record.levelno <= logging.INFO
    if is_plain or _is_own(record):
        return record.getMessage()
    if isinstance(record.msg, OSError):
        return record.msg.strerror or type(record.msg).__name__  # an address in use, a full disk
    return _OF_A_LIBRARY


class StormFilter(logging.Filter):
    """Lets the first of many equal records through, and counts the rest into the next one."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._seen: dict[tuple[object, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is written."""
        if record.levelno < logging.WARNING:
            return True
        facts = (getattr(record, fact, None) for fact in FACTS if fact not in _UNIQUE)
        text = record.msg if _is_own(record) else record.lineno
        key = (record.name, text, *facts)
        now = self._monotonic()
        with self._lock:
            last, left_out = self._seen.get(key, (-STORM_SECONDS, 0))
            if now - last < STORM_SECONDS:
                self._seen[key] = (last, left_out + 1)
                return False
            self._seen[key] = (now, 0)
            if len(self._seen) > _MOST_KEYS:
                self._forget_old(now)
        record.left_out = left_out
        return True

    def _forget_old(self, now: float) -> None:
        fresh = {k: v for k, v in self._seen.items() if now - v[0] < STORM_SECONDS}
        self._seen = fresh


_MOST_KEYS: Final = 1_000


def log_as_json() -> None:
    """Let every logger of the process write JSON lines to standard error."""
    root = logging.getLogger()
    writer = logging.StreamHandler()
    writer.setFormatter(JsonFormatter())
    writer.addFilter(StormFilter())
    root.handlers[:] = [writer]
    root.setLevel(logging.INFO)
    for name in ("uvicorn", "uvicorn.error", "alembic"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    threading.excepthook = _log_end_of_thread


def _log_end_of_thread(ended: threading.ExceptHookArgs) -> None:
    """Log the exception that ended a thread; Python would print its message, too."""
    _log.critical("a thread ended", extra={"error": ended.exc_type.__name__})
