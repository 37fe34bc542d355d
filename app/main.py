"""Assembles the application: domains, routes and the layers around them. Nothing at import."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from starlette.middleware import Middleware

from app.accounts import routes as accounts
from app.accounts.sessions import principal_of
from app.aid import routes as aid
from app.intake import routes as intake
from app.registration import routes as registration
from app.relocation import routes as relocation
from app.reports import routes as reports
from app.vault.deployment import Deployment
from app.vetting import routes as vetting
from app.web import pages, problems
from app.web.exchange import Identify
from app.web.headers import Door
from app.web.hop import Hop
from app.web.openapi import describe
from app.web.routing import Router
from app.web.serving import House, Switchboard, routes_of
from app.work import note_writes

API: Final = "/api"
SERVER_OPTIONS: Final[dict[str, Any]] = {
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,
    "ws": "none",
}
"""How uvicorn must be run: no log of who asked, no word of what answers."""

_NO_TELEMETRY: Final[dict[str, Any]] = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}


def create_app(deployment: Deployment) -> FastAPI:
    """Return the application of one deployment, with every domain.

    Whoever built the deployment closes it, after the application has ended.
    """
    domains = (accounts, intake, vetting, relocation, registration, aid, reports)
    return assemble(deployment, [domain.router for domain in domains], principal_of)


def assemble(deployment: Deployment, routers: Iterable[Router], identify: Identify) -> FastAPI:
    """Return an application that serves these routers under ``/api``, and the pages.

    ``identify`` says whose token it is. ``app.state.hop`` is the application's hop, which ends
    with its lifespan.
    """
    note_writes(deployment.sessions)
    hop = Hop(deployment.threads)

    @asynccontextmanager
    async def live(_app: FastAPI) -> AsyncIterator[None]:
        gc.collect()
        gc.freeze()
        yield
        hop.close()
        gc.unfreeze()

    # FastAPI's own telemetry would report exceptions and inputs to whatever the host configures.
    app = FastAPI(
        title="Padauk",
        openapi_url=None,
        telemetry=_NO_TELEMETRY,  # type: ignore[arg-type]
        middleware=[Middleware(Door)],
    )
    app.state.hop = hop
    house = House(deployment, hop, identify)
    about = pages.about(lambda: msgspec.json.encode(describe(app, version=_version())))
    routes = routes_of(pages.front_page().declared, "", house)
    for router in (about, *routers):
        routes += routes_of(router.declared, API, house)
    app.router = Switchboard(routes, live)
    problems.install(app)
    return app


def _version() -> str:
    try:
        return version("padauk")
    except PackageNotFoundError:
        return "0+source"
