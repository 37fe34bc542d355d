"""One person from first contact to a closed case, in the smallest group of each preset.

Everybody but the founder joins by an invitation; all of them sign in over HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.permissions import Role
from app.presets import PRESETS, Preset, SumClass
from app.store.organisation_settings import OrganisationSettings
from tests.conftest import settings_for
from tests.support.founding import found_group
from tests.support.groups import FOUNDER, GROUPS, Group, GroupJourney
from tests.support.served import serve
from tests.support.world import Clock, open_world

PEOPLE = {Preset.SMALL: 4, Preset.DOZEN: 7, Preset.LARGE: 19}


@pytest.fixture(params=list(Preset), ids=str)
def group(request, tmp_path: Path) -> Iterator[Group]:
    """A group that has just been founded; nobody but the founder is there."""
    preset = request.param
    settings = settings_for(f"sqlite:///{tmp_path}/main.db", f"sqlite:///{tmp_path}/keystore.db")
    chosen = OrganisationSettings(makes_codes=True, preset=preset)
    founded = found_group(settings, Clock(), chosen)
    world = open_world(founded, founded.settings)
    with serve(world) as served:
        made = Group(served, preset)
        (founder,) = founded.people
        made.add(FOUNDER, founder.id, founder.passphrase)
        yield made
    world.close()


def test_as_many_as_the_preset_is_for_join_and_make_the_whole_journey(group):
    group.gather()
    assert len(group.signed_in) == len(GROUPS[group.preset]) == PEOPLE[group.preset]
    least, most = PRESETS[group.preset].people
    assert least <= PEOPLE[group.preset] <= most
    journey = GroupJourney(group)
    journey.walk()
    assert journey.seen["case"]["status"] == "closed"
    assert journey.seen["round"]["outcome"] == "verified"
    assert journey.seen["redeemed"]["valid"] is True
    for name in SumClass:
        assert journey.seen[name]["status"] == "confirmed"
        assert journey.seen[name]["sum_class"] == name
        asked_to_paid = PRESETS[group.preset].money[name]
        least = asked_to_paid.people - asked_to_paid.confirmed_apart
        assert journey.seen[name]["people"] == least


def test_nobody_has_two_roles_that_the_preset_keeps_apart(group):
    for roles in GROUPS[group.preset].values():
        assert not [pair for pair in PRESETS[group.preset].apart if pair <= roles]
    held = frozenset().union(*GROUPS[group.preset].values())
    assert held >= set(Role) - {Role.AUDITOR, Role.ADMINISTRATOR}
