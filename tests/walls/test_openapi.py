"""The description of the interface is one from which clients can be generated."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from pydantic import TypeAdapter

from app.http.examples import NoExample, example_of
from app.http.openapi import describe
from app.http.routing import GatedRoute
from app.main import create_app
from tests.support.world import Founded, copy_sqlite, open_world


@pytest.fixture(scope="module")
def app(
    founded_sqlite: tuple[Founded, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FastAPI]:
    founded, source = founded_sqlite
    world = open_world(founded, copy_sqlite(founded, source, tmp_path_factory.mktemp("openapi")))
    yield create_app(world.deployment)
    world.close()


@pytest.fixture(scope="module")
def described(app: FastAPI) -> dict[str, Any]:
    return describe(app, version="0")


def operations(described: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in described["paths"].values():
        yield from methods.values()


def test_every_class_has_a_title_of_its_own(described: dict[str, Any]):
    schemas = described["components"]["schemas"]
    titles = Counter(schema["title"] for schema in schemas.values())
    twice = [title for title, times in titles.items() if times > 1]
    assert not twice, f"two classes have one name; rename one of each: {twice}"
    assert not [name for name in schemas if "__" in name]


def test_every_body_has_an_example_that_its_schema_takes(app: FastAPI, described: dict[str, Any]):
    examples = {
        operation["operationId"]: operation["requestBody"]["content"]["application/json"]["example"]
        for operation in operations(described)
        if "requestBody" in operation
    }
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        assert isinstance(route, GatedRoute)
        shape = route.operation.takes.shape
        if shape is not None:
            example = examples.pop(route.operation.name)
            assert example, f"{route.operation.name}: give a field of its body examples=[...]"
            assert isinstance(shape, TypeAdapter)
            shape.validate_json(json.dumps(example), strict=True)
    assert examples == {}


def test_a_text_without_an_example_is_named():
    schema = {"type": "object", "required": ["x"], "properties": {"x": {"title": "X"}}}
    with pytest.raises(NoExample, match="X"):
        example_of(schema, {})


def test_every_tag_is_used_and_described(described: dict[str, Any]):
    told = {tag["name"] for tag in described["tags"] if tag["description"]}
    used = {tag for operation in operations(described) for tag in operation["tags"]}
    assert used == told, "app.main.TAGS has a row for each tag, and no other"


def test_the_server_is_described(described: dict[str, Any]):
    assert [server["url"] for server in described["servers"]] == ["/"]
