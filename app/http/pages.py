"""The few addresses that belong to no domain: the front page, the health check, the description.

All are open, and none knows a member or a case. The description takes half a second to write, so
it is written when first asked for and then kept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import files

from sqlalchemy import literal, select

from app.http.needs import Public
from app.http.responses import JSON, Raw
from app.http.routing import Router
from app.http.schema import Schema
from app.work import Work

_HTML = "text/html; charset=utf-8"


class Health(Schema):
    """What a monitor may know."""

    status: str


def front_page() -> Router:
    """Return the router of ``/``."""
    page = files("app.http").joinpath("home.html").read_bytes()
    router = Router(tags=["pages"])

    @router.get("/", needs=Public("says what this is; holds nothing of anyone"))
    def read_front_page() -> Raw:
        """Return the front page."""
        return Raw(page, _HTML)

    return router


def about(describe: Callable[[], bytes]) -> Router:
    """Return the router of the health check and of the description that ``describe`` writes."""
    router = Router(tags=["about"])
    description = cache(describe)

    @router.get("/health", needs=Public("a monitor has no account; it learns up or down"))
    def read_health(work: Work) -> Health:
        """Say whether database and keystore respond."""
        work.session.execute(select(literal(1)))
        with work.deployment.keystore.engine.connect() as connection:
            connection.execute(select(literal(1)))
        return Health(status="ok")

    @router.get("/openapi.json", needs=Public("the interface is open source"))
    def read_description(work: Work) -> Raw:  # noqa: ARG001 - written in a thread, not on the loop
        """Return the description of the interface (OpenAPI 3.1)."""
        return Raw(description(), JSON)

    return router
