"""Each import contract bites: a contract over names that no longer exist would keep for ever."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

BREACHES = {
    "Packages import downwards": ("app/store/base.py", "from app.work import Work"),
    "Models import models and what lies below work": (
        "app/aid/models.py",
        "from app.aid.service import AidDraft",
    ),
    "Casework imports no service, no schema, no route": (
        "app/casework/held.py",
        "from app.cases.service import get_case",
    ),
    "A request walks through http once, forward": (
        "app/http/schema.py",
        "from app.http.routing import Router",
    ),
    "A domain calls no other, but where the list says so": (
        "app/aid/approvals.py",
        "from app.relocation.moves import MOVES",
    ),
    "One door to the primitives": ("app/vault/scopes.py", "import hmac"),
    "Crypto knows no database, no HTTP and no schema": ("app/crypto/aead.py", "import sqlalchemy"),
    "Services and models know no HTTP": ("app/intake/service.py", "import fastapi"),
    "Routes and schemas ask services, never the database": (
        "app/reports/routes.py",
        "from sqlalchemy import select",
    ),
}


def _verdicts(folder):
    """What lint-imports says of each contract on the tree in `folder`."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    lines = [line.split(" (")[0] for line in ran.stdout.splitlines()]
    return {
        line.rsplit(" ", 1)[0]: line.rsplit(" ", 1)[1]
        for line in lines
        if line.endswith((" KEPT", " BROKEN"))
    }


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(ROOT / "app", tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_tree_keeps_every_contract(copy):
    assert _verdicts(copy) == dict.fromkeys(BREACHES, "KEPT")


def test_each_contract_breaks_on_the_import_that_it_forbids(copy):
    for path, line in BREACHES.values():
        file = copy / path
        file.write_text(f"{file.read_text()}\n{line}\n")
    assert _verdicts(copy) == dict.fromkeys(BREACHES, "BROKEN")
