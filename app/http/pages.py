"""The few addresses that belong to no domain: the front page, the health check, the description.

All are open, and none knows a member or a case. The description takes half a second to write, so
it is written when first asked for and then kept.

FastAPI remembers each endpoint for as long as the process lives: what belongs to one application is
in its state, never in an endpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

from fastapi import Request
from starlette.responses import HTMLResponse

from app.http.needs import Public
from app.http.responses import RawJson
from app.http.routing import Router
from app.http.schema import Schema
from app.telemetry.health import Check, HealthProbe
from app.work import Work

_OK = 200
_UNAVAILABLE = 503
_PAGE = files("app.http").joinpath("home.html").read_bytes()

front = Router(tags=["pages"])
about = Router(tags=["about"])
"""The health checks, which need no request thread, and the description."""


class HealthRead(Schema):
    """What a monitor may know: whether all is well, and the names of what is not."""

    status: Literal["ok", "failing"]
    failing: list[str]


def _health_response(checks: Iterable[Check]) -> RawJson:
    failing = [check.name for check in checks if not check.ok]
    health = HealthRead(status="failing" if failing else "ok", failing=failing)
    return RawJson(health.model_dump_json(), _UNAVAILABLE if failing else _OK)


@dataclass(frozen=True, slots=True)
class About:
    """What one application says of itself: ``app.state.about``."""

    probe: HealthProbe
    describe: Callable[[], bytes]


@front.get("/", needs=Public("says what this is; holds nothing of anyone"))
def read_front_page() -> HTMLResponse:
    """Return the front page."""
    return HTMLResponse(_PAGE)


@about.get("/health", needs=Public("a monitor has no account; it learns that this answers"))
def read_health() -> HealthRead:
    """Say that this process answers at all: restart it when it does not."""
    return HealthRead(status="ok", failing=[])


@about.get("/health/ready", needs=Public("a load balancer has no account"))
def read_readiness(request: Request) -> RawJson:
    """Say whether requests can be served: databases, schema, disk, queue. 503 where not."""
    return _health_response(_about(request).probe.report().ready)


@about.get("/health/degraded", needs=Public("a monitor has no account"))
def read_degradation(request: Request) -> RawJson:
    """Say whether a person should look: a job late or failing, the clock. 503 where so."""
    return _health_response(_about(request).probe.report().degraded)


@about.get("/openapi.json", needs=Public("the interface is open source"))
def read_description(
    request: Request,
    work: Work,  # noqa: ARG001 - written in a thread, not on the loop
) -> RawJson:
    """Return the description of the interface (OpenAPI 3.1)."""
    return RawJson(_about(request).describe())


def _about(request: Request) -> About:
    about: About = request.app.state.about
    return about
