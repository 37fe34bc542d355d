"""Asks aid over HTTP, as members with real sessions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from httpx2 import Response
from starlette.testclient import TestClient

from app.aid import routes as aid
from app.http.routing import Router
from app.ledger import routes as ledger
from app.main import assemble
from app.sessions.service import principal_of
from tests.support.world import Person, World

_numbers = count()


class Asked:
    """An application over a world, and ways to ask it."""

    def __init__(self, world: World, client: TestClient) -> None:
        self.world = world
        self._client = client

    def get(self, who: Person, path: str, **query: Any) -> Response:
        return self._client.get(f"/api{path}", params=query, headers=self._headers(who))

    def post(
        self, who: Person, path: str, body: Any, *, based_on: int | None = None,
        key: str | None = "fresh",
    ) -> Response:  # fmt: skip
        """Post with a fresh Idempotency-Key unless given one, or None for none."""
        headers = self._headers(who)
        if key is not None:
            headers["idempotency-key"] = f"aid-{next(_numbers):08}" if key == "fresh" else key
        if based_on is not None:
            headers["if-match"] = f'"{based_on}"'
        return self._client.post(f"/api{path}", json=body, headers=headers)

    def _headers(self, who: Person) -> dict[str, str]:
        return {"authorization": f"Bearer {self.world.token(who)}"}


@contextmanager
def serve(world: World, *routers: Router) -> Iterator[Asked]:
    """Serve some routers, those of aid and the ledger unless given, until the block ends."""
    served = routers or (aid.router, ledger.router)
    app = assemble(world.deployment, list(served), principal_of)
    client = TestClient(app, raise_server_exceptions=False)
    try:
        yield Asked(world, client)
    finally:
        client.close()
        app.state.context.pool.close()
