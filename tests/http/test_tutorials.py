"""What FastAPI's tutorials show works on our routes, behind the gate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

import pytest
from fastapi import BackgroundTasks, Cookie, Depends, FastAPI, Header, Query, Request
from fastapi.responses import StreamingResponse
from starlette.testclient import TestClient

from app.http.needs import Public
from app.http.routing import Router
from app.http.schema import Schema
from app.main import assemble
from app.permissions import Permission, Role
from app.sessions.service import principal_of
from app.work import Work
from tests.http import toys
from tests.http.conftest import Served

router = Router(prefix="/tutorial", tags=["tutorial"])


class Found(Schema):
    words: list[str | None]


def language(q: Annotated[str, Query(max_length=5)] = "en") -> str:
    toys.handled.append("language")
    return q


def closing() -> Iterator[str]:
    toys.handled.append("begin")
    yield "opened"
    toys.handled.append("end")


@router.get("/depends", needs=Permission.SELF_READ)
def read_by_dependency(
    words: Annotated[str, Depends(language)], opened: Annotated[str, Depends(closing)], work: Work
) -> Found:
    return Found(words=[words, opened])


@router.get("/headers", needs=Permission.SELF_READ)
def read_headers(
    request: Request,
    accept_language: Annotated[str | None, Header()] = None,
    flavour: Annotated[str | None, Cookie()] = None,
) -> Found:
    return Found(words=[accept_language, flavour, request.method])


@router.get("/stream", needs=Permission.SELF_READ)
def read_stream(work: Work) -> StreamingResponse:
    return StreamingResponse(iter([b"a,", b"b"]), media_type="text/csv")


@router.post("/background", needs=Public("a toy"))
def note_later(tasks: BackgroundTasks, work: Work) -> Found:
    tasks.add_task(toys.handled.append, "later")
    return Found(words=["now"])


@router.put("/items/{item_id}", needs=Permission.SELF_READ)
def put_item(item_id: UUID, body: Found, x_reason: Annotated[str, Header(max_length=9)]) -> Found:
    return Found(words=[*body.words, x_reason])


@pytest.fixture
def app(judge: Served) -> FastAPI:
    return assemble(judge.world.deployment, [router], principal_of)


@pytest.fixture
def client(judge: Served, app: FastAPI) -> Iterator[TestClient]:
    token = judge.world.token(judge.world.member(Role.AUDITOR))
    with TestClient(app, headers={"authorization": f"Bearer {token}"}) as client:
        yield client


def test_a_dependency_is_resolved_and_its_parameters_are_known(client: TestClient):
    assert client.get("/api/tutorial/depends?q=my").json() == {"words": ["my", "opened"]}
    assert sorted(toys.handled) == ["begin", "end", "language"]
    refused = client.get("/api/tutorial/depends?q=burmese").json()
    assert [(e["field"], e["code"]) for e in refused["errors"]] == [("q", "too_long")]
    assert client.get("/api/tutorial/depends?other=1").status_code == 422


def test_a_dependency_may_be_overridden(client: TestClient, app: FastAPI):
    app.dependency_overrides[language] = lambda: "overridden"
    assert client.get("/api/tutorial/depends").json() == {"words": ["overridden", "opened"]}


@pytest.mark.parametrize("headers", [{"authorization": ""}, {"authorization": "Bearer x"}])
def test_no_dependency_runs_before_the_gate(client: TestClient, headers: dict[str, str]):
    assert client.get("/api/tutorial/depends", headers=headers).status_code == 401
    assert toys.handled == []


def test_headers_cookies_and_the_request_are_handed_over(client: TestClient):
    client.cookies.set("flavour", "plain")
    found = client.get("/api/tutorial/headers", headers={"accept-language": "my"}).json()
    assert found == {"words": ["my", "plain", "GET"]}


def test_a_response_may_be_streamed(client: TestClient):
    response = client.get("/api/tutorial/stream")
    assert (response.content, response.headers["content-type"]) == (
        b"a,b",
        "text/csv; charset=utf-8",
    )


def test_a_background_task_runs_after_the_response(client: TestClient):
    assert client.post("/api/tutorial/background").json() == {"words": ["now"]}
    assert toys.handled == ["later"]


def test_a_header_of_the_route_s_own_is_required_behind_the_gate(client: TestClient):
    path, body = f"/api/tutorial/items/{UUID(int=7)}", {"words": []}
    assert client.put(path, json=body, headers={"authorization": ""}).status_code == 401
    refused = client.put(path, json=body)
    assert refused.status_code == 422
    assert [(e["field"], e["code"]) for e in refused.json()["errors"]] == [("x-reason", "missing")]
    assert client.put(path, json=body, headers={"x-reason": "why"}).json() == {"words": ["why"]}


def test_headers_are_described_by_themselves(judge: Served):
    described = judge.ask(None, "GET", "/api/openapi.json").json()
    creation = described["paths"]["/api/toys"]["post"]
    (key,) = (p for p in creation["parameters"] if p["name"] == "Idempotency-Key")
    assert (key["name"], key["required"], key["schema"]["minLength"]) == (
        "Idempotency-Key",
        True,
        8,
    )
    assert creation["security"] == [{"bearer": []}]
    assert described["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    body = creation["requestBody"]
    assert body["required"] is True
    assert body["content"]["application/json"]["schema"]["$ref"].endswith("/OpenTeam")
    optional = described["paths"]["/api/toys/optional"]["post"]["requestBody"]
    assert not optional.get("required")
