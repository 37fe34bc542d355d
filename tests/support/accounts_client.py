"""The accounts' routes, served over a world with real members and real passphrases."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import func, select
from starlette.testclient import TestClient

from app.accounts import routes as accounts
from app.alerts import routes as alerts
from app.audit.models import AuditEvent
from app.audit.trail import Detail, read_detail
from app.factors import routes as factors
from app.http.request_pool import RequestPool
from app.joining import routes as joining
from app.main import assemble
from app.permissions import Role
from app.sessions import routes as sessions
from app.sessions.service import principal_of
from tests.support.world import Person, World


@dataclass
class Served:
    """An application over a world, and how to send it requests."""

    world: World
    client: TestClient
    pool: RequestPool

    def ask(
        self, who: Role | Person | str | None, method: str, path: str, **request: Any
    ) -> Response:
        """Send a request as the first member of a role, as a member, by a token, or without one."""
        headers = {"idempotency-key": secrets.token_hex(8)} | dict(request.pop("headers", {}))
        if isinstance(who, Role):
            who = self.world.member(who)
        if isinstance(who, Person):
            who = self.world.token(who)
        if who is not None:
            headers["authorization"] = f"Bearer {who}"
        return self.client.request(method, f"/api{path}", headers=headers, **request)

    def sign_in(self, login: str, passphrase: str) -> Response:
        body = {"login": login, "passphrase": passphrase}
        return self.ask(None, "POST", "/sessions", json=body)

    def token_of(self, person: Person) -> str:
        """A token from signing in with the real passphrase."""
        answer = self.sign_in(person.login, person.passphrase)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    def stepped_up(self, person: Person) -> str:
        """A token from signing in and entering the passphrase again."""
        again = {"passphrase": person.passphrase}
        answer = self.ask(self.token_of(person), "POST", "/sessions/current/step-up", json=again)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    def count(self, model: type[Any]) -> int:
        with self.world.deployment.sessions() as session:
            return session.scalars(select(func.count()).select_from(model)).one()

    def events(self, *actions: str) -> list[Detail]:
        """The details of the organisation's own events of these kinds."""
        deployment = self.world.deployment
        with deployment.sessions() as session:
            rows = session.scalars(select(AuditEvent).where(AuditEvent.action.in_(actions)))
            return [read_detail(row, deployment.log_key, deployment.organisation) for row in rows]


@pytest.fixture
def served(world: World) -> Iterator[Served]:
    routers = [
        accounts.router, joining.router, sessions.router, factors.router, alerts.router,
    ]  # fmt: skip
    app = assemble(world.deployment, routers, principal_of)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Served(world, client, app.state.context.pool)
