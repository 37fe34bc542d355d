"""What a database is asked to do, so that two ways through the program can be compared."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


@contextmanager
def recorded(engine: Engine) -> Iterator[list[str]]:
    """The statements that run inside, in order, each with how many rows it was given.

    Without those of the health probe, which looks when it is due, whatever is recorded.
    """
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, given: Any, *rest: Any) -> None:
        if threading.current_thread().name == "health":
            return
        many = rest[-1]
        seen.append(f"{statement} x{len(given) if many else 1}")

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def writes(statements: list[str]) -> list[str]:
    """Those that change rows."""
    return [s for s in statements if s.startswith(("INSERT", "UPDATE", "DELETE"))]
