"""The pins: complete, agreeing with one another, argued for, and needed."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
NOT_IMPORTED = {
    "burmesenlp": "app.cases.cleaning loads it by name when the first Burmese text arrives",
    "httptools": "uvicorn finds it",
    "psycopg": "SQLAlchemy finds it by the address of the database",
    "uvloop": "uvicorn finds it",
}
IMPORTED_AS = {"argon2-cffi": "argon2", "pyyaml": "yaml"}
PARTS = {"anyio", "pydantic_core", "starlette"}
"""What FastAPI and pydantic are made of, and document as theirs."""
OURS = {"app", "benchmarks", "migrations", "tests", "tools"}


def _declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [Requirement(line) for line in project["dependencies"]]


def _asked(file):
    lines = (ROOT / "requirements" / file).read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def _pins(file):
    text = (ROOT / "requirements" / file).read_text()
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))


def _imported(folder):
    modules = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules.add(node.module.split(".")[0])
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
                names = [word.value for word in node.args if isinstance(word, ast.Constant)]
                modules |= {str(name).split(".")[0] for name in names}
    return modules


def _module(need):
    return IMPORTED_AS.get(need.name, need.name.replace("-", "_"))


@pytest.mark.parametrize(
    ("wanted", "file"),
    [(_declared(), "run.txt"), (_asked("dev.in"), "dev.txt"), (_asked("build.in"), "build.txt")],
)
def test_everything_asked_for_is_pinned_within_its_range(wanted, file):
    pins = _pins(file)
    assert wanted
    for need in wanted:
        assert pins[canonicalize_name(need.name)] in need.specifier, need


def test_what_is_tested_is_what_runs():
    run, dev = _pins("run.txt"), _pins("dev.txt")
    assert len(run) > 20
    assert {name: dev.get(name) for name in run} == run


def test_each_declared_package_is_imported_or_found_by_another():
    imported = _imported("app") | _imported("migrations")
    needed = [need for need in _declared() if need.name not in NOT_IMPORTED]
    assert [need.name for need in needed if _module(need) not in imported] == []


@pytest.mark.parametrize("folder", ["app", "migrations"])
def test_the_program_imports_only_what_it_declares(folder):
    _holds(folder, _declared())


@pytest.mark.parametrize("folder", ["tests", "tools", "benchmarks"])
def test_tests_and_tools_import_only_what_is_declared(folder):
    _holds(folder, [*_declared(), *_asked("dev.in"), *_asked("build.in")])


def _holds(folder, declared):
    allowed = {_module(need) for need in declared} | sys.stdlib_module_names | OURS | PARTS
    assert _imported(folder) - allowed == set()


def test_each_package_has_its_argument():
    argued = (ROOT / "docs" / "decisions" / "0001-dependencies.md").read_text()
    rows = " ".join(line.split("|")[1] for line in argued.splitlines() if line.startswith("|"))
    words = set(re.findall(r"[\w-]+", rows))
    wanted = [*_declared(), *_asked("dev.in"), *_asked("build.in")]
    assert [need.name for need in wanted if need.name not in words] == []
