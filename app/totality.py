"""Tables that need a row for every member of an enumeration, or every name, checked where written.

Knows no table; a table names itself and the file to add the row in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum


class RowMissing(TypeError):
    """A table has no row for a member of an enumeration; the message says what to add."""


def require_rows(
    table: str, rows: Collection[Enum | str], members: Iterable[Enum | str], *, file: str
) -> None:
    """Raise ``RowMissing``, naming each of ``members`` that has no row in a table."""
    missing = [_name(member) for member in members if member not in rows]
    if missing:
        verb, row = ("has", "one") if len(missing) == 1 else ("have", "one for each")
        message = f"{', '.join(missing)} {verb} no row in {table}: add {row} in {file}"
        raise RowMissing(message)


def _name(member: Enum | str) -> str:
    return f"{type(member).__name__}.{member.name}" if isinstance(member, Enum) else member
