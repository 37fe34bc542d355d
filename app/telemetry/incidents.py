"""Log an incident under a number that its response also gives.

- A line holds the operation, the template of the route, the kind of the exception, the code of
  the database, and the lines of the program that it passed. No message: libraries quote values in
  theirs. No path, no parameter, no header.
- The same incident within a few seconds has the same number: of a storm one line is written, and
  every response of the storm names that line.

Knows a scope of ASGI and no domain.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final

import app
from app.store.base import new_id
from app.store.failures import code_of
from app.telemetry.logs import STORM_SECONDS

_ROOT: Final = Path(app.__file__).parent.parent
_MOST_LINES: Final = 8
_SAME_SECONDS: Final = STORM_SECONDS + 1
"""Longer than the log leaves out the same line, so that a number given was always written."""
_MOST_KEPT: Final = 1_000
_log = logging.getLogger("padauk.incident")


class IncidentNumbers:
    """Gives equal incidents of a storm one number. Safe to use from several threads."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._given: dict[tuple[object, ...], tuple[float, str]] = {}

    def number_of(self, facts: Mapping[str, object]) -> str:
        """Return the number of an incident with these facts."""
        key, now = tuple(facts.items()), self._monotonic()
        with self._lock:
            began, number = self._given.get(key, (now - _SAME_SECONDS, ""))
            if now - began < _SAME_SECONDS:
                return number
            if len(self._given) >= _MOST_KEPT:
                self._given.clear()
            number = new_id().hex[:16]
            self._given[key] = (now, number)
            return number


_numbers = IncidentNumbers()


def report(
    failure: BaseException,
    scope: Mapping[str, object] | None = None,
    *,
    is_ours: bool = True,
) -> str:
    """Log an incident without any value that its message may quote; returns its number.

    What is not ours (more requests than there is room for) is a warning.
    """
    scope = scope or {}
    facts = {
        "operation": getattr(scope.get("route"), "name", None),
        "route": scope.get("route_template"),
        "error": type(failure).__name__,
        "sqlstate": code_of(failure) or code_of(failure.__cause__),
        "at": " < ".join([*_lines(failure.__traceback__)][: -_MOST_LINES - 1 : -1]),
    }
    number = _numbers.number_of(facts)
    write = _log.error if is_ours else _log.warning
    write("incident", extra={"incident": number, **facts})
    return number


def _lines(traceback: TracebackType | None) -> Iterator[str]:
    """Yield the lines of this program that an exception passed, the outermost first."""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        file = Path(code.co_filename)
        if file.is_relative_to(_ROOT / "app"):
            yield f"{file.relative_to(_ROOT)}:{traceback.tb_lineno} {code.co_name}"
        traceback = traceback.tb_next
