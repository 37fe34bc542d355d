"""Which counts may be shown, so that no small one can be read or derived.

Knows tables of counts and nothing of where they come from. The rule, over all tables of a period
together: no shown cell is 1 to 4; where a table has such a cell, its smallest are hidden until at
least two are, and until they sum to at least ten; where that cannot be, the whole period is
withheld. Tables of one period share their total, so a hidden cell of one can only be bounded by
the sum of what its table hides (docs/decisions/0020-suppression.md).
"""

from __future__ import annotations

from collections.abc import Mapping

SMALLEST_SHOWN = 5
FEWEST_HIDDEN = 2
LEAST_HIDDEN_SUM = 10

Table = Mapping[str, int]
Shown = dict[str, int | None]


def redact(tables: Mapping[str, Table]) -> dict[str, Shown] | None:
    """Return the tables with hidden cells as None, or None where the period must be withheld.

    The tables count the same cases, so their totals are equal.
    """
    shown: dict[str, Shown] = {}
    for name, table in tables.items():
        redacted = _redact_one(table)
        if redacted is None:
            return None
        shown[name] = redacted
    return shown


def _redact_one(table: Table) -> Shown | None:
    counted = sorted(
        ((count, cell) for cell, count in table.items() if count), key=lambda found: found
    )
    hidden: list[str] = []
    hidden_sum = 0
    if counted and counted[0][0] < SMALLEST_SHOWN:
        for count, cell in counted:
            enough = len(hidden) >= FEWEST_HIDDEN and hidden_sum >= LEAST_HIDDEN_SUM
            if count >= SMALLEST_SHOWN and enough:
                break
            hidden.append(cell)
            hidden_sum += count
        if len(hidden) < FEWEST_HIDDEN or hidden_sum < LEAST_HIDDEN_SUM:
            return None
    return {cell: None if cell in hidden else count for cell, count in table.items()}
