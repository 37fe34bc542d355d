"""Routes: none without a need, none twice, all described."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

import pytest
from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.routing import iter_route_contexts
from pydantic import Field
from starlette.testclient import TestClient

from app.crypto.passwords import Stretched
from app.deployment import Deployment
from app.http.matrix import render
from app.http.needs import Public
from app.http.paging import PageQuery
from app.http.routing import Router, ServedRoute, declared_needs
from app.http.schema import Schema
from app.main import assemble
from app.permissions import ROLE_PERMISSIONS, Permission, Role
from app.sessions.service import principal_of
from app.work import Work
from tests.http import toys
from tests.http.asgi import speak
from tests.http.conftest import Served as ServedApp
from tests.http.toys import OpenTeam


class Small(Schema):
    number: int


def app_of(judge: ServedApp, *routers: Router) -> FastAPI:
    return assemble(judge.world.deployment, routers, principal_of)


def needs_of(judge: ServedApp) -> list[ServedRoute]:
    return list(declared_needs(judge.app))


def test_every_route_that_is_served_says_what_it_needs(judge: ServedApp):
    served = needs_of(judge)
    assert len(served) == len(toys.router.routes) + 5
    assert len(served) == len(list(iter_route_contexts(judge.app.routes)))
    assert all(route.needs for route in served)


@pytest.mark.parametrize("verb", ["get", "post", "put", "patch", "delete"])
def test_a_route_without_needs_cannot_be_written(verb: str):
    with pytest.raises(TypeError, match="needs"):
        getattr(Router(), verb)("/x")


def add_included_route(app: FastAPI) -> None:
    router = APIRouter()
    router.add_api_route("/x", lambda: None)
    app.include_router(router)


OTHER_WAYS: dict[str, Callable[[FastAPI], object]] = {
    "route": lambda app: app.add_api_route("/x", lambda: None),
    "mount": lambda app: app.mount("/x", FastAPI()),
    "web socket": lambda app: app.add_api_websocket_route("/x", lambda websocket: None),
    "included router": add_included_route,
}


@pytest.mark.parametrize("add", OTHER_WAYS.values(), ids=OTHER_WAYS)
def test_a_route_that_came_another_way_is_told_by_its_lack_of_needs(
    judge: ServedApp, add: Callable[[FastAPI], object]
):
    app = app_of(judge, Router())
    assert all(route.needs for route in declared_needs(app))
    add(app)
    assert [route.needs for route in declared_needs(app)].count(None) == 1


@pytest.mark.parametrize("role", Role)
def test_roles_reach_exactly_the_routes_that_they_may(judge: ServedApp, role: Role):
    person = judge.world.member(role)
    token = judge.world.token(person, stepped_up=role is Role.LEAD)
    for route in needs_of(judge):
        if isinstance(route.needs, Public):
            continue
        path = route.path.replace("{team_id}", str(UUID(int=7)))
        response = judge.client.request(
            route.method, path, headers={"authorization": f"Bearer {token}"}
        )
        refused = response.status_code == 403 and response.json()["code"] == "permission.denied"
        assert refused is (route.needs not in ROLE_PERMISSIONS[role]), (route, response.text)


def test_nobody_reaches_any_route_that_is_not_public(judge: ServedApp):
    for route in needs_of(judge):
        response = judge.client.request(route.method, route.path.replace("{team_id}", "x"))
        assert (response.status_code == 401) is isinstance(route.needs, Permission), route


# ---------------------------------------------------------------------- what is refused at start


def _declare(handler: Callable[..., Any], **how: Any) -> Router:
    router = Router(prefix="/x")
    how.setdefault("needs", Permission.SELF_READ)
    router.post("/{x_id}", **how)(handler)
    return router


def takes_two(x_id: UUID, body: OpenTeam, other: OpenTeam) -> None: ...
def takes_response(x_id: UUID, response: Response) -> None: ...
def takes_stretched(x_id: UUID, stretched: Stretched) -> None: ...
def takes_page_and_more(x_id: UUID, page: PageQuery, colour: str = "red") -> None: ...
def takes_nothing(x_id: UUID) -> None: ...
async def runs_on_the_loop(x_id: UUID) -> None: ...


@pytest.mark.parametrize(
    "handler",
    [takes_two, takes_response, takes_stretched, runs_on_the_loop],
    ids=lambda handler: handler.__name__,
)
def test_a_handler_that_takes_what_it_cannot_have_is_refused_at_start(handler: Callable[..., Any]):
    with pytest.raises(TypeError, match=handler.__name__):
        _declare(handler)


def test_a_query_model_with_parameters_beside_it_is_refused_at_start():
    with pytest.raises(TypeError, match="subclass the model"):
        _declare(takes_page_and_more)


def test_a_route_declared_by_another_method_of_the_router_is_refused_at_start():
    with pytest.raises(TypeError, match="needs="):
        Router().api_route("/x")(takes_nothing)


def test_a_stretching_that_no_handler_takes_is_refused_at_start():
    with pytest.raises(TypeError, match="Stretched"):
        _declare(takes_nothing, stretch=toys.ask_stretching)


def test_a_public_route_cannot_promise_to_create_once():
    with pytest.raises(TypeError, match="takes_nothing"):
        _declare(takes_nothing, needs=Public("open"), creates=True)


@pytest.mark.parametrize("path", ["/{x_id}", "/x/{x_id}/{rest:path}"])
def test_a_path_starts_fixed_and_has_parameters_of_one_segment(judge: ServedApp, path: str):
    router = Router()
    router.get(path, needs=Permission.SELF_READ)(takes_nothing)
    with pytest.raises(TypeError, match="x_id"):
        app_of(judge, router)


def test_a_router_included_with_dependencies_is_refused_at_start(judge: ServedApp):
    inner, outer = _declare(takes_nothing), Router(prefix="/outer")
    outer.include_router(inner, dependencies=[Depends(lambda: None)])
    with pytest.raises(TypeError, match="declare dependencies at the route"):
        app_of(judge, outer)


def test_two_handlers_of_one_name_or_one_address_are_refused_at_start(judge: ServedApp):
    named, other = _declare(takes_nothing), Router(prefix="/y")
    other.get("/{x_id}", needs=Permission.SELF_READ)(takes_nothing)
    with pytest.raises(TypeError, match="takes_nothing"):
        app_of(judge, named, other)

    def same_address(y_id: UUID) -> None: ...

    twin = Router(prefix="/x")
    twin.post("/{y_id}", needs=Permission.SELF_READ)(same_address)
    with pytest.raises(TypeError, match="POST"):
        app_of(judge, named, twin)


# ---------------------------------------------------------------------- finding a route


def test_a_fixed_segment_wins_over_a_parameter_whatever_was_declared_first(judge: ServedApp):
    router = Router(prefix="/found")

    @router.get("/{found_id}", needs=Public("toy"))
    def read_found(found_id: str) -> OpenTeam:
        return OpenTeam(name=f"parameter {found_id}")

    @router.get("/latest", needs=Public("toy"))
    def read_latest() -> OpenTeam:
        return OpenTeam(name="latest")

    @router.delete("/{found_id}/parts/{part_id}", needs=Public("toy"))
    def end_part(found_id: str, part_id: str) -> None:
        toys.handled.append(f"{found_id} {part_id}")

    client = TestClient(app_of(judge, router))
    assert client.get("/api/found/latest").json() == {"name": "latest"}
    assert client.get("/api/found/other").json() == {"name": "parameter other"}
    ended = client.delete("/api/found/one/parts/two")
    assert (ended.status_code, ended.content) == (204, b"")
    assert toys.handled == ["one two"]
    assert client.get("/api/found/one/parts").status_code == 404
    assert client.get("/api/found/one/parts/two").headers["allow"] == "DELETE"
    client.close()


def test_behind_a_prefix_of_the_proxy_the_routes_are_found_too(judge: ServedApp):
    heard = speak(judge.app, "GET", "/padauk/api/health", root_path="/padauk")
    assert heard.status == 200


# ---------------------------------------------------------------------- the description


def test_the_description_is_valid_and_complete(judge: ServedApp):
    described = judge.ask(None, "GET", "/api/openapi.json").json()
    operations = {
        (method.upper(), path): operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }
    served = {(route.method, route.path): route for route in needs_of(judge)}
    assert operations.keys() == served.keys()
    for place, operation in operations.items():
        route = served[place]
        headers = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "header"}
        assert operation["operationId"] == route.name
        assert ("Idempotency-Key" in headers) is route.creates
        assert ("If-Match" in headers) is route.changes
        assert bool(operation["security"]) is isinstance(route.needs, Permission)
        assert "500" in operation["responses"]
    assert "HTTPValidationError" not in described["components"]["schemas"]


def test_every_reference_of_the_description_leads_somewhere(judge: ServedApp):
    described = judge.ask(None, "GET", "/api/openapi.json").json()
    schemas = described["components"]["schemas"]
    waiting, seen = [described], 0
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            waiting.extend(part.values())
            reference = part.get("$ref")
            if isinstance(reference, str):
                seen += 1
                assert reference.removeprefix("#/components/schemas/") in schemas
        elif isinstance(part, list):
            waiting.extend(part)
    assert seen > 20


def test_problems_are_described_by_their_codes(judge: ServedApp):
    described = judge.ask(None, "GET", "/api/openapi.json").json()
    creation = described["paths"]["/api/toys"]["post"]["responses"]
    assert {"201", "401", "403", "409", "413", "415", "422", "500", "503"} <= creation.keys()
    assert "idempotency.key_reused" in creation["422"]["description"]
    read = described["paths"]["/api/toys/{team_id}"]["get"]["responses"]
    assert "toy.not_found" in read["404"]["description"]
    codes = described["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
    assert {"toy.refused", "case.no_grant", "cursor.invalid", "internal.error"} <= set(codes)
    assert codes == sorted(set(codes))


def test_responses_are_described_as_what_they_are(judge: ServedApp):
    described = judge.ask(None, "GET", "/api/openapi.json").json()
    sheet = described["paths"]["/api/toys/{team_id}/sheet"]["get"]["responses"]["200"]
    assert sheet["content"] == {"text/plain": {"schema": {"type": "string"}}}
    silent = described["paths"]["/api/toys/silent"]["post"]["responses"]["204"]
    assert "content" not in silent
    renamed = described["paths"]["/api/toys/members/{member_id}"]["patch"]["responses"]["200"]
    assert "ETag" in renamed["headers"]


def test_the_matrix_names_every_route_with_its_roles(judge: ServedApp):
    lines = render(judge.app).splitlines()
    for route in needs_of(judge):
        assert sum(f"`{route.method} {route.path}`" in line for line in lines) == 1
    row = next(line for line in lines if line.startswith("| `POST /api/toys` "))
    marks = [cell.strip() for cell in row.split("|")[4:-1]]
    may = [Permission.TEAM_CREATE in ROLE_PERMISSIONS[role] for role in Role]
    assert [mark == "×" for mark in marks] == may
    assert "| key |" in row
    secret = next(line for line in lines if "/secret`" in line)
    assert "`case:erase` ↑" in secret
    assert "`case:open`" in lines[-1]


# ---------------------------------------------------------------------- living


def test_an_application_ends_its_threads(judge: ServedApp):
    app = app_of(judge, toys.router)
    with TestClient(app) as client:
        assert client.get("/api/health").status_code == 200
    assert client.get("/api/openapi.json").status_code == 503


def test_nothing_is_reported_to_whatever_the_host_configures(judge: ServedApp):
    assert not judge.app._native_telemetry.enabled()
    assert judge.app._telemetry["logs"] is False


def test_constraints_of_parameters_hold(judge: ServedApp):
    router = Router(prefix="/small")

    @router.get("/{number}", needs=Public("toy"))
    def read_small(
        number: Annotated[int, Field(ge=1, le=9)], times: Annotated[int, Field(le=3)] = 1
    ) -> Small:
        return Small(number=number * times)

    client = TestClient(app_of(judge, router))
    assert client.get("/api/small/7?times=2").json() == {"number": 14}
    for path, field in (("/api/small/10", "number"), ("/api/small/7?times=4", "times")):
        response = client.get(path)
        assert (response.status_code, response.json()["errors"][0]["field"]) == (422, field)
    client.close()


def test_work_is_not_a_parameter_of_the_interface(judge: ServedApp):
    assert isinstance(judge.world.deployment, Deployment)
    described = judge.ask(None, "GET", "/api/openapi.json").json()
    named = {p["name"] for m in described["paths"].values() for o in m.values()
             for p in o.get("parameters", ())}  # fmt: skip
    assert "work" not in named
    assert "stretched" not in named
    assert Work.__name__ not in described["components"]["schemas"]
