"""Assembles the application: domains, routes and the layers around them. Nothing at import."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache, partial
from typing import Final, Literal, TypedDict

import msgspec
from fastapi import FastAPI
from starlette.middleware import Middleware

from app.accounts import routes as accounts
from app.aid import routes as aid
from app.aid.models import AidRequest
from app.alerts import routes as alerts
from app.alerts.service import report_shut_rows
from app.audit.writes import note_writes
from app.cases import routes as cases
from app.consents import routes as consents
from app.copies import routes as copies
from app.deployment import Deployment
from app.duty import routes as duty
from app.emergency import routes as emergency
from app.factors import routes as factors
from app.handovers import routes as handovers
from app.http import pages, problems
from app.http.connections import Connection
from app.http.headers import HeadMiddleware, MetricsMiddleware, SecurityHeadersMiddleware
from app.http.indexed_router import IndexedRouter
from app.http.openapi import describe
from app.http.operation import Identify, RouteContext
from app.http.request_pool import RequestPool
from app.http.routing import Router
from app.intake import routes as intake
from app.joining import routes as joining
from app.ledger import routes as ledger
from app.links import routes as links
from app.organisation import routes as organisation
from app.registration import routes as registration
from app.registration.models import Registration
from app.relocation import routes as relocation
from app.relocation.models import Leg, Plan
from app.reports import routes as reports
from app.retention import routes as retention
from app.search import routes as search
from app.sessions import routes as sessions
from app.sessions.service import principal_of
from app.store.base import CaseRecord
from app.telemetry.health import HealthProbe
from app.telemetry.metrics import Metrics
from app.version import program_version
from app.vetting import routes as vetting
from app.vetting.models import VettingRound
from app.watch import routes as watch
from app.watch.texts import judge_texts

API: Final = "/api"


class ServerOptions(TypedDict):
    """Options of uvicorn that are the same however it is started."""

    access_log: bool
    log_config: None
    server_header: bool
    proxy_headers: bool
    ws: Literal["none"]
    http: type[Connection]


SERVER_OPTIONS: Final[ServerOptions] = {
    "access_log": False,
    "log_config": None,
    "server_header": False,
    "proxy_headers": False,
    "ws": "none",
    "http": Connection,
}
"""How uvicorn must be run: no log of who asked, no loggers of its own, no name of the server, and
no connection that only waits.
"""

TAGS: Final[dict[str, str]] = {
    "pages": "The front page.",
    "about": "Health check and this description.",
    "sessions": "Sign-in, step-up, passphrases.",
    "second factor": "Codes of an authenticator beside the passphrase, and recovery codes.",
    "accounts": "Teams and members.",
    "joining": "Invitations, joining by one, and certifying who joined.",
    "duty": "The watch of a team: who has it, taking it, giving it to somebody.",
    "alerts": "Duress and missing people: what the leads must see.",
    "intake": "First contacts, triage, possible duplicates.",
    "cases": "Cases: fields, moves, notes, consents, assignments, links, emergencies, events.",
    "search": "Search by name, number or handle among the cases that one holds.",
    "custody": "Shares of custody, contributed by leads or typed from the recovery kit.",
    "handovers": "Handing over the work of a member; who holds which case.",
    "vetting": "Rounds of vetting: checks and decisions by two vetters.",
    "relocation": "Plans, legs, escorts.",
    "watch": "Check-ins, silence and escalation on the road.",
    "registration": "Registration codes: requests, issue, delivery, redemption.",
    "aid": "Aid requests: approvals, payments, confirmations.",
    "ledger": "Funds and their journal.",
    "reports": "Coarse figures that name nobody.",
    "retention": "What is kept until when, holds, the days that leads choose.",
}
"""What OpenAPI says about each tag; a tag without a row here is refused when it is described."""

OF_CASES: Final[dict[str, type[CaseRecord]]] = {
    "leg_id": Leg,
    "plan_id": Plan,
    "round_id": VettingRound,
    "registration_id": Registration,
    "request_id": AidRequest,
}
"""The rows of cases that addresses name, besides the case: texts about them are heard."""

_SERVERS: Final = [{"url": "/", "description": "The server that this description came from"}]
_HEAD: Final = Middleware(HeadMiddleware)
_SECURITY_HEADERS: Final = Middleware(SecurityHeadersMiddleware)
_NO_TELEMETRY: Final[dict[str, bool]] = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}


def create_app(deployment: Deployment, *, close: bool = False, processes: int = 1) -> FastAPI:
    """Return the application of one deployment, with every domain; ``processes`` serve it.

    The caller closes the deployment after the application has ended, or lets it be closed with the
    application's lifespan: one of several processes dies of its signal right after that.
    """
    domains = (
        sessions, factors, accounts, joining, duty, alerts, handovers, intake, emergency, cases,
        consents, copies, links, organisation, search, vetting, relocation, watch, registration,
        aid, ledger, reports, retention,
    )  # fmt: skip
    routers = [domain.router for domain in domains]
    return assemble(deployment, routers, principal_of, close=close, processes=processes)


def assemble(
    deployment: Deployment,
    routers: Iterable[Router],
    identify: Identify,
    *,
    close: bool = False,
    processes: int = 1,
) -> FastAPI:
    """Return an application that serves these routers under ``/api``, and the pages.

    ``identify`` says whose token it is. ``app.state.context`` is what every route works with; its
    pool closes with the application's lifespan.
    """
    note_writes(deployment.sessions)
    pool = RequestPool(deployment.threads)
    probe = HealthProbe(deployment, lambda: pool.fullness)
    metrics = Metrics(deployment.engine, lambda: pool.in_hand)
    watching = partial(watched, deployment, probe, metrics, processes)

    @asynccontextmanager
    async def live(_app: FastAPI) -> AsyncIterator[None]:
        with watching():
            yield
            pool.close()
        if close:
            deployment.close()

    app = _application(metrics)
    judge = partial(judge_texts, OF_CASES)
    app.state.context = RouteContext(deployment, pool, identify, report_shut_rows, judge)
    most = deployment.settings.max_body_bytes
    app.router = IndexedRouter(
        most_body_bytes=most, lifespan=live, dependency_overrides_provider=app
    )
    app.state.about = pages.About(
        probe, cache(lambda: msgspec.json.encode(describe(app, version=program_version())))
    )
    app.include_router(pages.front, max_body_size=most)
    for router in (pages.about, *routers):
        app.router.routes.extend(router.included(API, most))
    app.router.index()
    problems.install(app)
    return app


def _application(metrics: Metrics) -> FastAPI:
    # FastAPI's own telemetry would report exceptions and inputs to whatever the host configures.
    return FastAPI(
        title="Padauk",
        openapi_url=None,
        openapi_tags=[{"name": name, "description": text} for name, text in TAGS.items()],
        servers=_SERVERS,
        telemetry=_NO_TELEMETRY,  # type: ignore[arg-type]
        middleware=[_HEAD, Middleware(MetricsMiddleware, metrics=metrics), _SECURITY_HEADERS],
    )


@contextmanager
def watched(
    deployment: Deployment, probe: HealthProbe, metrics: Metrics, processes: int
) -> Iterator[None]:
    """Probe health and serve metrics while the application lives."""
    probe.start()
    port = deployment.settings.metrics_port
    stop_metrics = None if port is None else metrics.serve(range(port, port + processes))
    try:
        yield
    finally:
        if stop_metrics is not None:
            stop_metrics()
        probe.stop()
