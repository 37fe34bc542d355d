"""What a generated client lacks is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tools.generated_client import missing

DESCRIPTION: dict[str, Any] = {
    "paths": {"/api/cases": {"post": {"operationId": "open_case"}}},
    "components": {
        "schemas": {
            "CaseCreate": {"title": "CaseCreate", "properties": {}},
            "OpenedOn": {"type": "string"},
        }
    },
}


@pytest.fixture
def client(tmp_path: Path) -> Path:
    for name in ("api/cases/open_case.py", "models/case_create.py"):
        file = tmp_path / name
        file.parent.mkdir(parents=True)
        file.touch()
    return tmp_path


def test_a_whole_client_lacks_nothing(client: Path):
    assert list(missing(DESCRIPTION, client)) == []


def test_an_operation_and_a_class_that_were_left_out_are_named(client: Path):
    (client / "api/cases/open_case.py").unlink()
    (client / "models/case_create.py").unlink()
    assert list(missing(DESCRIPTION, client)) == [
        "operation open_case (POST /api/cases)",
        "class CaseCreate",
    ]
