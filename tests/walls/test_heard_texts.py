"""Every text that somebody may write about a journey or its case is heard, or says why not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from app.http.routing import Served, declared_needs
from app.http.schema import REASON
from app.main import create_app
from tests.support.world import Founded, copy_sqlite, open_world

NOT_HEARD = {
    "add_walked_leg": "how a leg was to go, written by its planner; words belong to instructions",
    "open_plan": "an outline, written while the words are agreed",
}


@pytest.fixture(scope="module")
def app(
    founded_sqlite: tuple[Founded, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FastAPI]:
    founded, source = founded_sqlite
    world = open_world(founded, copy_sqlite(founded, source, tmp_path_factory.mktemp("heard")))
    yield create_app(world.deployment)
    world.close()


def long_texts(route: Served) -> Iterator[str]:
    """The fields of a route's body that hold a sentence or more."""
    shape = route.takes and route.takes.shape
    model = getattr(shape, "_type", None) if shape else None
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return
    for name, field in model.model_fields.items():
        if any(most >= REASON for most in limits([field.annotation, *field.metadata])):
            yield name


def limits(marks: list[Any]) -> Iterator[int]:
    for mark in marks:
        most = getattr(mark, "max_length", None)
        if isinstance(most, int):
            yield most
        else:
            yield from limits(list(get_args(mark)))
            yield from limits(list(getattr(mark, "metadata", ())))


def of_a_journey(app: FastAPI) -> list[Served]:
    places = ("{leg_id}", "{plan_id}", "{case_id}")
    return [route for route in declared_needs(app) if any(one in route.path for one in places)]


def test_every_text_about_a_journey_or_its_case_is_heard_or_says_why_not(app: FastAPI):
    deaf = [
        f'{route.method} {route.path} ({route.name}): add heard=Heard("{field}", ...) to its '
        "decorator, so that a duress word in it alarms; or say in NOT_HEARD why nobody writes one"
        for route in of_a_journey(app)
        for field in long_texts(route)
        if route.name not in NOT_HEARD and (route.heard is None or route.heard.field != field)
    ]
    assert not deaf, "\n".join(deaf)


def test_what_is_declared_as_heard_is_a_field_of_the_body_and_an_id_of_the_path(app: FastAPI):
    heard = [route for route in declared_needs(app) if route.heard is not None]
    assert len(heard) >= 12
    for route in heard:
        assert route.heard is not None
        assert f"{{{route.heard.about}}}" in route.path, route.name
        assert route.heard.field in set(long_texts(route)), route.name


def test_the_list_of_what_is_not_heard_names_routes_that_take_texts(app: FastAPI):
    takes = {route.name for route in of_a_journey(app) if list(long_texts(route))}
    heard = {route.name for route in declared_needs(app) if route.heard is not None}
    assert set(NOT_HEARD) <= takes - heard
