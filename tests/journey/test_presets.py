"""One person from first contact to a closed case, in the smallest group of each preset.

Everybody but the founder joins by an invitation; all of them sign in over HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.organisation.root import OrganisationRoot
from app.permissions import Role
from app.presets import PRESETS, Preset, SumClass
from tests.support.founded_groups import served_group
from tests.support.groups import FOUNDER, GROUPS, Group, GroupJourney

PEOPLE = {Preset.SMALL: 4, Preset.DOZEN: 7, Preset.LARGE: 19}


@pytest.fixture(params=list(Preset), ids=str)
def group(request, tmp_path: Path) -> Iterator[Group]:
    """A group that has just been founded; nobody but the founder is there."""
    with served_group(request.param, tmp_path) as made:
        yield made


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


def test_custody_is_dealt_as_the_preset_says_once_all_leads_are_there(group):
    group.gather()
    served, founder, second = group.served, group.people[FOUNDER], group.second_lead()
    leads = sum(Role.LEAD in roles for roles in GROUPS[group.preset].values())
    if leads > 2:
        assert served.get(founder, "/custody")["due"] is True
        to_founder = {"lead_id": str(founder.id)}
        served.post(group.people[second], "/custody/contributions", to_founder)
        root_words = OrganisationRoot(served.world.founded.root_signing).words
        assert served.post(founder, "/custody/deals", {"root_words": root_words})["paper"] == []
    stands = served.get(founder, "/custody")
    assert (stands["leads"], stands["due"], stands["of_one"]) == (leads, False, False)
    assert (stands["threshold"], stands["shares"]) == PRESETS[group.preset].custody
