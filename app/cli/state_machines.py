"""Draws each table of moves as a diagram: ``docs/state-machines.md``.

Finds the tables in the modules that are loaded, so that a new one is drawn without being listed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import StrEnum

from app.casework.moves import Move, MoveTable, Trigger

_HEAD = """\
# What may follow what

Rendered by `padauk documents` from the tables of moves; do not edit. Each arrow is a move: the
permission that it needs, and in brackets the act that it belongs to where it is not made by hand.
"""


def move_tables() -> dict[str, MoveTable[StrEnum]]:
    """Return every table of moves of the program, by the name of its statuses."""
    modules = [vars(module) for name, module in sys.modules.items() if name.startswith("app.")]
    found = [
        value for module in modules for value in module.values() if isinstance(value, MoveTable)
    ]
    return {table.statuses.__name__: table for table in found}


def render() -> str:
    """Return the diagrams as Markdown with Mermaid."""
    return "\n".join(
        [_HEAD, *(line for _, table in sorted(move_tables().items()) for line in _draw(table))]
    )


def _draw(table: MoveTable[StrEnum]) -> Iterator[str]:
    moves = list(table)
    yield f"## {table.statuses.__name__}"
    yield ""
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield from (f"    {move.source} --> {move.target}: {_label(move)}" for move in moves)
    yield from (f"    {state} --> [*]" for state in table.statuses if not table.targets(state))
    yield "```"
    yield ""


def _label(move: Move[StrEnum]) -> str:
    act = "" if move.trigger is Trigger.MANUAL else f" ({move.trigger})"
    reason = ", with a reason" if move.needs_reason else ""
    needs = "worker" if move.needs is None else move.needs.replace(":", " ")
    return f"{needs}{act}{reason}"
