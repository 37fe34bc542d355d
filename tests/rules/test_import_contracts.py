"""Each import contract bites: a contract over names that no longer exist would keep for ever."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tools.contracts import ModulesInCircle, contracts, layer, missing, packages

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


@pytest.fixture(scope="module")
def layers():
    """The layers of each package's modules, by the name of their contract."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = {
        contract["containers"][0].removeprefix("app."): contract["name"]
        for contract in pyproject["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    }
    return {names[package]: (package, rows) for package, rows in contracts(pyproject).items()}


def _write(file, line):
    file.write_text(f"{file.read_text() if file.is_file() else ''}\n{line}\n")


def test_every_package_and_every_module_is_in_a_contract():
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    behind = missing(ROOT, pyproject)
    assert behind == set(), f"run `python -m tools.contracts`: modules of {sorted(behind)} changed"
    (whole,) = (
        contract
        for contract in pyproject["tool"]["importlinter"]["contracts"]
        if contract["id"] == "packages"
    )
    layered = {name for layer in whole["layers"] for name in layer.split(" : ")}
    outside = set(packages(ROOT)) - layered
    assert outside == set(), f"add {sorted(outside)} to a layer of `packages` in pyproject.toml"


def test_the_tree_keeps_every_contract(copy, layers):
    assert _verdicts(copy) == dict.fromkeys([*BREACHES, *layers], "KEPT")


def test_each_contract_breaks_on_the_import_that_it_forbids(copy, layers):
    for path, line in BREACHES.values():
        _write(copy / path, line)
    upward = {name: known for name, known in layers.items() if len(known[1]) > 1}
    for package, rows in upward.values():
        _write(copy / "app" / package / f"{rows[-1][0]}.py", f"import app.{package}.{rows[0][0]}")
    verdicts = _verdicts(copy)
    assert {name: verdicts[name] for name in [*BREACHES, *upward]} == dict.fromkeys(
        [*BREACHES, *upward], "BROKEN"
    )


def test_a_new_module_and_a_new_package_in_no_contract_are_refused(copy, layers):
    for package, _ in layers.values():
        _write(copy / "app" / package / "unlisted.py", "")
    _write(copy / "app" / "unlisted.py", "")
    broken = {name for name, said in _verdicts(copy).items() if said == "BROKEN"}
    assert broken >= {"Packages import downwards", *layers}


def test_modules_are_layered_by_what_they_import_and_a_circle_is_refused():
    imports = {"routes": {"service", "errors"}, "service": {"errors"}, "errors": set(), "x": set()}
    assert layer(imports, imports) == (("routes",), ("service",), ("errors", "x"))
    with pytest.raises(ModulesInCircle, match="errors, routes, service"):
        layer(imports, imports | {"errors": {"routes"}})
