"""The application as it is served, with every domain: the walls that no route may have a gap in."""

from __future__ import annotations

import gc
import re
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient

from app import errors
from app.http.needs import Public
from app.http.openapi import describe
from app.http.problems import STATUS, status_of
from app.http.routing import ServedRoute, declared_needs
from app.main import create_app
from app.permissions import NEEDS_STEP_UP, ROLE_PERMISSIONS, Permission, Role
from app.store.base import new_id
from tests.support.world import Founded, World, copy_sqlite, open_world

FEWEST_ROUTES = 90


@pytest.fixture(scope="module")
def world(
    founded_sqlite: tuple[Founded, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    founded, source = founded_sqlite
    world = open_world(founded, copy_sqlite(founded, source, tmp_path_factory.mktemp("walls")))
    yield world
    world.close()


@pytest.fixture(scope="module")
def app(world: World) -> Iterator[FastAPI]:
    app = create_app(world.deployment)
    yield app
    app.state.context.pool.close()


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    client = TestClient(app, raise_server_exceptions=False)
    yield client
    client.close()


def filled(path: str) -> str:
    return re.sub(r"\{[^}]*\}", lambda _: str(new_id()), path)


def test_an_application_that_has_ended_is_let_go(world: World):
    """What a process keeps for good, such as what it knows of an endpoint, holds none of it."""
    app = create_app(world.deployment)
    with TestClient(app) as client:
        assert client.get("/api/health").status_code == 200
        assert client.get("/api/health/ready").json()["status"] in {"ok", "failing"}
    ended = weakref.ref(app)
    del app, client
    gc.collect()
    assert ended() is None


def test_every_route_says_what_it_needs(app: FastAPI):
    served = list(declared_needs(app))
    assert len(served) >= FEWEST_ROUTES
    assert len(served) == len(list(iter_route_contexts(app.routes)))
    assert [route for route in served if route.needs is None] == []


def test_public_routes_are_few_and_say_why(app: FastAPI):
    public = {
        f"{route.method} {route.path}": route.needs.because
        for route in declared_needs(app)
        if isinstance(route.needs, Public)
    }
    assert set(public) == {
        "GET /",
        "GET /api/health",
        "GET /api/health/degraded",
        "GET /api/health/ready",
        "GET /api/openapi.json",
        "POST /api/joinings",
        "POST /api/sessions",
    }
    assert all(public.values())


def test_nobody_gets_past_a_route_that_is_not_public(app: FastAPI, client: TestClient):
    for route in declared_needs(app):
        if not isinstance(route.needs, Public):
            response = client.request(route.method, filled(route.path), content=b"{")
            assert response.status_code == 401, route


@pytest.mark.parametrize("role", Role)
def test_a_role_gets_to_exactly_the_routes_of_its_permissions(
    world: World, app: FastAPI, client: TestClient, role: Role
):
    person = world.member(role)
    for route in declared_needs(app):
        if isinstance(route.needs, Permission):
            # Some of these end the session that asks.
            token = world.token(person, stepped_up=True)
            response = client.request(
                route.method,
                filled(route.path),
                content=b"{",
                headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
            )
            code = response.json()["code"] if response.status_code == 403 else None
            assert (code == "permission.denied") is not may(role, route), (route, response.text)
            assert response.status_code < 500, (route, response.text)


def may(role: Role, route: ServedRoute) -> bool:
    return route.needs in ROLE_PERMISSIONS[role]


def test_a_lead_without_the_second_unlock_waits_for_it(
    world: World, app: FastAPI, client: TestClient
):
    token = world.token(world.member(Role.LEAD))
    guarded = [route for route in declared_needs(app) if route.needs in NEEDS_STEP_UP]
    assert guarded
    for route in guarded:
        response = client.request(
            route.method, filled(route.path), headers={"authorization": f"Bearer {token}"}
        )
        assert response.json()["code"] == "session.step_up_required", route


def test_what_pays_or_makes_is_asked_for_with_a_key_and_what_changes_with_a_version(app: FastAPI):
    for route in declared_needs(app):
        if route.method in {"PATCH", "PUT"}:
            assert route.creates or route.changes, route
        if route.method == "GET":
            assert (route.creates, route.changes) == (False, False), route


def every_failure() -> list[type[errors.DomainError]]:
    kinds, waiting = [], errors.DomainError.__subclasses__()
    while waiting:
        kind = waiting.pop()
        if kind.__module__.startswith("app."):
            kinds.append(kind)
        waiting += kind.__subclasses__()
    return kinds


def test_every_failure_of_every_domain_has_a_status_a_code_and_a_sentence(app: FastAPI):
    assert app
    kinds = every_failure()
    assert len(kinds) > 50
    for kind in kinds:
        assert status_of(kind) in STATUS.values()
        if kind not in STATUS and kind.__subclasses__() == []:
            assert re.fullmatch(r"[a-z_]+\.[a-z_]+", kind.code), kind
            assert kind.title != errors.DomainError.title, kind


def test_every_operation_is_described_once_with_its_words(app: FastAPI):
    described = describe(app, version="0")
    operations = [
        operation for methods in described["paths"].values() for operation in methods.values()
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names)) == len(list(declared_needs(app)))
    for operation in operations:
        assert operation["description"], operation["operationId"]
        assert operation["tags"], operation["operationId"]
