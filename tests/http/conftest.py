"""The toy domain, served: on both databases, with real members and real sessions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy import func, select
from starlette.testclient import TestClient

from app.accounts.models import Team
from app.audit.models import AuditEvent
from app.http.request_pool import RequestPool
from app.main import assemble
from app.permissions import Role
from app.sessions.service import principal_of
from tests.http import toys
from tests.support.world import Founded, Person, World, copy_sqlite, open_world


@dataclass
class Served:
    """An application over a world, and ways to ask it."""

    world: World
    app: FastAPI
    client: TestClient

    @property
    def pool(self) -> RequestPool:
        pool: RequestPool = self.app.state.context.pool
        return pool

    def ask(self, who: Role | Person | None, method: str, path: str, /, **request: Any) -> Response:
        """Send a request as the first member of a role, as a member, or as nobody."""
        person = self.world.member(who) if isinstance(who, Role) else who
        headers = dict(request.pop("headers", {}))
        if person is not None:
            headers["authorization"] = f"Bearer {self.world.token(person)}"
        return self.client.request(method, path, headers=headers, **request)

    def count(self, model: type[Any] = Team) -> int:
        with self.world.deployment.sessions() as session:
            return session.scalars(select(func.count()).select_from(model)).one()

    def events(self, action: str) -> int:
        with self.world.deployment.sessions() as session:
            query = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == action)
            return session.scalars(query).one()


@pytest.fixture(autouse=True)
def nothing_handled_yet() -> None:
    toys.handled.clear()


def serve(world: World) -> Served:
    app = assemble(world.deployment, [toys.router], principal_of)
    return Served(world, app, TestClient(app, raise_server_exceptions=False))


@pytest.fixture(scope="module")
def judge(
    founded_sqlite: tuple[Founded, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """One application for all tests of a module that are refused before anything is written."""
    founded, source = founded_sqlite
    folder = tmp_path_factory.mktemp("judge")
    served = serve(open_world(founded, copy_sqlite(founded, source, folder)))
    yield served
    served.client.close()
    served.pool.close()
    served.world.close()


@pytest.fixture
def served(world: World) -> Iterator[Served]:
    served = serve(world)
    yield served
    served.client.close()
    served.pool.close()
