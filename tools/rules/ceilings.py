"""Counts of the whole tree that may only fall."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from tools.rules import Finding, Module

ANY_LINES = 70
"""Lines of app/ with `Any`, those that import it included."""


_TYPE = re.compile(r"\[Any\b|\bAny\]|^Any$")
"""The type of a cast is a text; a docstring has the word in a sentence."""


def any_may_only_fall(files: Iterable[tuple[str, str]], most: int = ANY_LINES) -> list[Finding]:
    """Where a value is `Any`, mypy checks nothing that is done with it: a typo ships.

    Fewer than the ceiling is a finding too, so that what was won is kept.
    """
    counts = {path: _lines(path, text) for path, text in files if _is_program(path)}
    total = sum(counts.values())
    if total > most:
        said = "Protocol, TypeVar, TypedDict or object instead"
        where = ", ".join(f"{path} {count}" for path, count in sorted(counts.items()) if count)
        return [_finding(f"{total} lines of app/ have Any, {most} at most: write {said}; {where}")]
    if total < most:
        return [_finding(f"only {total} lines of app/ have Any: lower ANY_LINES to {total}")]
    return []


def _is_program(path: str) -> bool:
    return path.startswith("app/") and path.endswith(".py")


def _lines(path: str, text: str) -> int:
    found: set[int] = set()
    for node in ast.walk(Module.parse(path, text).tree):
        if (
            (isinstance(node, ast.Name) and node.id == "Any")
            or (isinstance(node, ast.alias) and node.name == "Any")
            or (isinstance(node, ast.Constant) and _TYPE.search(str(node.value)))
        ):
            found.add(node.lineno)
    return len(found)


def _finding(said: str) -> Finding:
    return Finding("tools/rules/ceilings.py", 1, any_may_only_fall.__name__, said)
