"""The whole application over a world, asked by members who signed in with their passphrases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from httpx2 import Response
from starlette.testclient import TestClient

from app.main import create_app
from tests.support.world import Person, World

_numbers = count()


class Served:
    """Sends requests as members; each POST has a fresh Idempotency-Key unless one is given."""

    def __init__(self, world: World, client: TestClient) -> None:
        self.world = world
        self.client = client
        self._tokens: dict[Any, str] = {}

    def sign_in(self, person: Person) -> str:
        """A token from signing in with the real passphrase."""
        answer = self.client.post(
            "/api/sessions", json={"login": person.login, "passphrase": person.passphrase}
        )
        assert answer.status_code == 201, answer.text
        token: str = answer.json()["token"]
        self._tokens[person.id] = token
        return token

    def keep_token(self, person: Person, token: str) -> None:
        """Send the member's requests by another token from now on."""
        self._tokens[person.id] = token

    def ask(
        self,
        person: Person | None,
        method: str,
        path: str,
        body: Any = None,
        *,
        based_on: int | None = None,
        key: str | None = None,
        acting: str | None = None,
    ) -> Response:
        """Send one request and return whatever comes back."""
        headers: dict[str, str] = {}
        if person is not None:
            token = self._tokens.get(person.id) or self.sign_in(person)
            headers["authorization"] = f"Bearer {token}"
        if method in {"POST", "PUT"}:
            headers["idempotency-key"] = key or f"journey-{next(_numbers)}"
        if based_on is not None:
            headers["if-match"] = f'"{based_on}"'
        if acting is not None:
            headers["acting-role"] = acting
        return self.client.request(method, f"/api{path}", json=body, headers=headers)

    def get(self, person: Person, path: str) -> Any:
        """Read, and insist that it may be read."""
        answer = self.ask(person, "GET", path)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    def get_all(self, person: Person, path: str) -> list[Any]:
        """Read every page of a list, by its cursors."""
        page = self.get(person, f"{path}?limit=20")
        items = list(page["items"])
        while page["next"]:
            page = self.get(person, f"{path}?limit=20&cursor={page['next']}")
            items += page["items"]
        return items

    def post(
        self, person: Person, path: str, body: Any = None, *, based_on: int | None = None
    ) -> Any:
        """Create or move, and insist that it was done."""
        answer = self.ask(person, "POST", path, body, based_on=based_on)
        assert answer.status_code in {200, 201}, (path, answer.status_code, answer.text)
        return answer.json()


@contextmanager
def serve(world: World) -> Iterator[Served]:
    """Serve a world until the block ends, lifespan included."""
    with TestClient(create_app(world.deployment), raise_server_exceptions=False) as client:
        yield Served(world, client)
