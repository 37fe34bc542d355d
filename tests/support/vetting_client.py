"""The routes of vetting and registration, served over a world."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from httpx2 import Response
from starlette.testclient import TestClient

from app.main import assemble
from app.registration.routes import router as registration
from app.sessions.service import principal_of
from app.vetting.routes import router as vetting
from tests.support.world import Person, World

_numbers = count()


class Api:
    """Asks as a member, with whatever header the request needs."""

    def __init__(self, world: World, client: TestClient) -> None:
        self.world = world
        self._client = client

    def get(self, person: Person, path: str, **params: Any) -> Response:
        return self._client.get(f"/api{path}", params=params, headers=self._headers(person))

    def post(
        self,
        person: Person,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        based_on: int | None = None,
        key: str | None = None,
    ) -> Response:
        """Post with a fresh Idempotency-Key, unless one is given to be used again."""
        headers = self._headers(person)
        headers["idempotency-key"] = key or f"test-key-{next(_numbers)}"
        if based_on is not None:
            headers["if-match"] = f'"{based_on}"'
        return self._client.post(f"/api{path}", json=body, headers=headers)

    def _headers(self, person: Person) -> dict[str, str]:
        return {"authorization": f"Bearer {self.world.token(person)}"}


@contextmanager
def serve(world: World) -> Iterator[Api]:
    """Serve both domains until the block ends."""
    app = assemble(world.deployment, [vetting, registration], principal_of)
    client = TestClient(app, raise_server_exceptions=False)
    try:
        yield Api(world, client)
    finally:
        client.close()
        app.state.context.pool.close()
