"""The generated documents say what the code does, and what is served loads nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.cli.documents import app_without_databases, rendered
from app.http.needs import Public
from app.http.routing import declared_needs
from app.main import API
from app.models import housekeeping_tables, marked_tables, metadata
from app.store.inventory import KINDS, ColumnUndeclared, describe
from app.store.models import KeystoreBase
from tests.walls.routes_table import ROUTES

ROOT = Path(__file__).resolve().parents[2]
GENERATED = (
    "docs/data-inventory.md", "docs/permissions.md", "docs/presets.md", "docs/retention.md",
    "docs/state-machines.md",
)  # fmt: skip
FEWEST_COLUMNS = 100
FEWEST_WORDS = 2
CSP = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    app = app_without_databases()
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def columns():
    for known in (metadata, KeystoreBase.metadata):
        for table in known.tables.values():
            yield from table.columns


@pytest.mark.parametrize("path", GENERATED)
def test_a_generated_document_is_what_the_code_renders(path: str):
    assert (ROOT / path).read_text(encoding="utf-8") == rendered()[path]


def test_no_other_document_is_generated():
    assert set(rendered()) == set(GENERATED)


def test_every_column_says_what_it_shows_and_why():
    shows: Counter[str] = Counter()
    for column in columns():
        kind, why = describe(column)
        shows[kind] += 1
        if kind == "plain":
            assert len(why.split()) >= FEWEST_WORDS, f"{column.table.name}.{column.name}: {why}"
    assert shows.total() > FEWEST_COLUMNS
    assert set(shows) == set(KINDS)


def test_a_column_that_says_nothing_is_refused():
    silent = next(columns())._copy()
    silent.info = {}
    silent.table = next(columns()).table
    with pytest.raises(ColumnUndeclared):
        describe(silent)


_ROW = re.compile(r"^\| `", re.MULTILINE)


def test_every_column_stands_in_the_inventory():
    inventory = rendered()["docs/data-inventory.md"]
    of_columns, without_proof, put_back = re.split("## Rows [a-z ]+", inventory)
    assert len(_ROW.findall(of_columns)) == len(list(columns()))
    assert len(_ROW.findall(without_proof)) == len(housekeeping_tables())
    marked, unmarked, _ = marked_tables()
    assert len(_ROW.findall(put_back)) == len(marked) + len(unmarked)


def test_every_router_is_served(client: TestClient):
    served = {(route.method, route.path) for route in declared_needs(client.app)}  # type: ignore[arg-type]
    for file in sorted((ROOT / "app").glob("*/routes.py")):
        router = import_module(f"app.{file.parent.name}.routes").router
        for route in router.routes:
            where = {(method, f"{API}{route.path}") for method in route.methods}
            assert where <= served, (
                f"{sorted(where - served)} are not served: add {file.parent.name} to the domains "
                "of create_app in app/main.py"
            )


def test_every_route_answers_with_the_strict_policy(client: TestClient):
    asked = 0
    for route in declared_needs(client.app):  # type: ignore[arg-type]
        answer = client.request(route.method, re.sub(r"\{\w+\}", "0", route.path))
        assert answer.headers.get_list("content-security-policy") == [CSP], route.path
        assert answer.status_code != 404, route.path
        if not isinstance(route.needs, Public):
            assert answer.status_code == 401, route.path
        asked += 1
    assert asked == len(ROUTES)
