"""A case that was vetted, and the routes of vetting and registration."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from tests.support.vetting_client import Api, serve
from tests.support.vetting_steps import clear
from tests.support.world import World


def vet_one(world: World) -> UUID:
    """Verify one case by two vetters; returns its id."""
    case_id = world.open_case()
    clear(world, case_id)
    return case_id


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """A founded organisation with one case, which two vetters have verified."""
    return new_world(vet_one)


@pytest.fixture
def case_id(world: World) -> UUID:
    """The case that two vetters have verified."""
    found: UUID = world.facts
    return found


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with serve(world) as served:
        yield served
