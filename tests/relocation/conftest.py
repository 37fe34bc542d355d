"""A case whose relocation may begin, and the application that serves relocation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from app.accounts.sessions import principal_of
from app.main import assemble
from app.relocation.routes import router
from tests.relocation.acts import Journey
from tests.relocation.asking import Asked
from tests.support.world import World


@pytest.fixture
def journey(world: World) -> Journey:
    """A case in emergency, on each database in turn."""
    journey = Journey(world, world.open_case())
    journey.declare_emergency()
    return journey


@pytest.fixture
def asked(world: World) -> Iterator[Asked]:
    """Relocation over HTTP, on the same world as ``journey``."""
    app = assemble(world.deployment, [router], principal_of)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Asked(world, client)
