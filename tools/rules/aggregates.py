"""Counts, sums and existence by the database: where they stand, and that they decide nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from tools.rules import Module, Said

_LISTED = "filters a list; what is on it opens by grants whose MACs were checked, or is shown shut"

SHOWN: Mapping[str, Mapping[str, str]] = {
    "app/audit/sequencer.py": {
        "count_unsequenced": "how many events wait, for the health page and its figures",
    },
    "app/audit/verify.py": {
        "_count_unsequenced": "says how much was not looked at; each event is looked at besides",
        "_in_parts": "in how many parts the rows are compared; each row is in one of them",
    },
    "app/backup/copies.py": {
        "count_rows": "compares a copy with what it was made of, and the manifest says it",
    },
    "app/casework/held.py": {"visible_cases": _LISTED},
    "app/casework/reindexing.py": {
        "find_backlog": "what `padauk reindex` prints as left; a search looks up every version",
        "_count": "likewise, of tokens and tags",
    },
    "app/reports/service.py": {"count_caseload": "a figure on the caller's own page"},
    "app/retention/clearing.py": {"_count_rows": "the figure in a certificate of destruction"},
    "app/store/keystore.py": {"count": "a figure of the health page and of backups"},
    "app/vault/queries.py": {"granted_to": _LISTED},
}
"""By module and function: what the figure is for. Nothing may be permitted or refused by it."""


def no_decision_rests_on_an_aggregate(module: Module) -> Said:
    """A COUNT, SUM or EXISTS counts rows that somebody planted or altered; no MAC is checked.

    Approvals were counted so, and eight planted rows paid a request. Load the rows, leave out the
    altered ones, and count in Python. What is only shown has its row in ``SHOWN``.
    """
    if not module.path.startswith("app/"):
        return
    shown = SHOWN.get(module.path, {})
    met: set[str] = set()
    for function, call in _aggregates(module.tree, "", selects=_selects(module.tree)):
        met.add(function)
        if function not in shown:
            said = f"{ast.unparse(call.func)}: load the rows and count in Python"
            yield call.lineno, f"{said}, or say in tools/rules/aggregates.py what it shows"
    for function in sorted(set(shown) - met):
        yield 1, f"{function} has a row in tools/rules/aggregates.py and no aggregate: delete it"


def _aggregates(node: ast.AST, function: str, *, selects: bool) -> Iterator[tuple[str, ast.Call]]:
    """Yield each aggregate with the name of the outermost function that it is in."""
    for child in ast.iter_child_nodes(node):
        inside = function
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and not function:
            inside = child.name
        if isinstance(child, ast.Call) and _is_aggregate(child, selects=selects):
            yield inside, child
        yield from _aggregates(child, inside, selects=selects)


def _is_aggregate(call: ast.Call, *, selects: bool) -> bool:
    """Return whether a call is an aggregate; where nothing is selected, what exists is a path."""
    if isinstance(call.func, ast.Name):
        return call.func.id == "exists"
    if not isinstance(call.func, ast.Attribute):
        return False
    if call.func.attr == "exists":
        return selects
    return call.func.attr in {"count", "sum"} and ast.unparse(call.func.value) == "func"


def _selects(tree: ast.AST) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("sqlalchemy")
        and any(alias.name in {"select", "exists"} for alias in node.names)
        for node in ast.walk(tree)
    )
