"""The table of inputs is the one of the document, and names tests that are there."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.inputs import DOCUMENT, ROOT, Row, render, rows

ROWS = list(rows())


def functions_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_the_document_is_what_the_rows_say():
    assert DOCUMENT.read_text(encoding="utf-8") == render(), "run `python -m tools.inputs`"


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.group}-{at}" for at, row in enumerate(ROWS)])
def test_every_input_names_a_test_that_is_there(row: Row):
    assert row.tests
    for test in row.tests:
        path, _, name = test.partition("::")
        assert name in functions_in(ROOT / path), test
