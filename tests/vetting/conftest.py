"""The routes of vetting and registration, for tests that speak HTTP."""

from collections.abc import Iterator

import pytest

from tests.support.vetting_client import Api, serve
from tests.support.world import World


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with serve(world) as served:
        yield served
