"""Fixtures of the tests of aid."""

from __future__ import annotations

import pytest

from tests.aid.aiding import Scene, set_scene
from tests.support.world import World


@pytest.fixture
def scene(world: World) -> Scene:
    """The first team with an active case and 500,000 kyat, on each database in turn."""
    return set_scene(world)
