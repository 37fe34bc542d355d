"""Serves a group that has just been founded; nobody but the founder is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.presets import Preset
from app.store.organisation_settings import OrganisationSettings
from tests.conftest import settings_for
from tests.support.founding import found_group
from tests.support.groups import FOUNDER, Group
from tests.support.served import serve
from tests.support.world import Clock, open_world


@contextmanager
def served_group(preset: Preset, folder: Path) -> Iterator[Group]:
    """A group of this preset, served until the block ends."""
    settings = settings_for(f"sqlite:///{folder}/main.db", f"sqlite:///{folder}/keystore.db")
    founded = found_group(settings, Clock(), OrganisationSettings(makes_codes=True, preset=preset))
    world = open_world(founded, founded.settings)
    with serve(world) as served:
        group = Group(served, preset)
        (founder,) = founded.people
        group.add(FOUNDER, founder.id, founder.passphrase)
        yield group
    world.close()
