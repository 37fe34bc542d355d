"""A client of relocation and the watch over HTTP, for members with real sessions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from app.alerts import routes as alerts
from app.main import assemble
from app.relocation import routes as relocation
from app.sessions.service import principal_of
from app.watch import routes as watch
from tests.support.relocation_steps import Journey
from tests.support.world import Person, World

_keys = count()


@dataclass
class RelocationClient:
    """Requests to an application over a world, by its members."""

    world: World
    client: TestClient

    def get(self, who: Person, path: str, **query: Any) -> Response:
        return self.client.get(f"/api{path}", headers=self._headers(who), params=query)

    def post(
        self,
        who: Person,
        path: str,
        body: dict[str, Any],
        *,
        version: int | None = None,
        key: str | None = None,
    ) -> Response:
        """Post with an idempotency key, a fresh one unless given, or based on a version."""
        headers = self._headers(who)
        if version is None:
            headers["idempotency-key"] = key or f"journey-{next(_keys):08}"
        else:
            headers["if-match"] = f'"{version}"'
        return self.client.post(f"/api{path}", headers=headers, json=body)

    def _headers(self, who: Person) -> dict[str, str]:
        # Hours pass between two requests: no session lasts that long.
        self.world._tokens.clear()
        return {"authorization": f"Bearer {self.world.token(who)}"}


@pytest.fixture
def journey(world: World) -> Journey:
    """A case in emergency."""
    journey = Journey(world, world.open_case())
    journey.declare_emergency()
    return journey


@pytest.fixture
def api(world: World) -> Iterator[RelocationClient]:
    """Relocation over HTTP, on the same world as ``journey``."""
    app = assemble(world.deployment, [relocation.router, watch.router, alerts.router], principal_of)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield RelocationClient(world, client)
