"""Who is given a removed coordinator's case by the custody key can go on with its journeys."""

from __future__ import annotations

import pytest

from app.accounts import service as accounts
from app.cases import assignments
from app.cases.errors import CaseNotFound
from app.permissions import Compartment, Role
from app.relocation import service
from tests.support.relocation_steps import Journey
from tests.support.world import Person


@pytest.fixture
def journey(world) -> Journey:
    made = Journey(world, world.open_case())
    made.activate()
    return made


def remove(world, member: Person) -> None:
    with world.work_as(world.member(Role.LEAD)) as work:
        accounts.remove_member(work, member.id)


def regrant(world, case_id, member: Person, *compartments: Compartment) -> None:
    with world.work_as(world.member(Role.LEAD)) as work:
        assignments.regrant_case(work, case_id, member.id, compartments)


@pytest.fixture
def heir(world, journey) -> Person:
    """A coordinator of another team who was given routes, after the one who planned was removed.

    Two journeys: the first one is over, the second is under way.
    """
    (first,) = journey.open_plan(journey.leg("arrival", 5, 1))
    journey.complete(first)
    leg, _ = journey.open_plan(journey.leg("boat", 9, 1), journey.leg("arrival", 12, 1))
    journey.move(leg, "ready", "departed")
    other = world.member(Role.COORDINATOR, team=2)
    remove(world, journey.coordinator)
    regrant(world, journey.case_id, other, Compartment.ROUTE)
    return other


def test_the_heir_of_routes_reads_every_journey_and_moves_changes_and_extends_the_open_one(
    journey, heir
):
    plan = journey.details(by=heir)
    assert plan.outline is not None
    leg, after = [found.leg.id for found in plan.legs]
    assert all(found.instructions is not None for found in plan.legs)
    journey.move(leg, "arrived", by=heir)
    with journey.world.work_as(heir) as work:
        (added,) = service.extend_plan(work, plan.plan.id, [journey.leg("vehicle", 20, 1)])
    journey.move(after, "ready", "departed", by=heir)
    assert [found.leg.id for found in journey.details(by=heir).legs] == [leg, after, added.id]


def test_the_heir_of_routes_hears_check_ins_and_is_on_the_watch(journey, heir):
    leg = journey.details(by=heir).legs[0].leg.id
    assert [found.leg.id for found in journey.watch(by=heir)] == [leg]
    assert journey.check_in(leg, "tamarind", by=heir) is not None
    progress = journey.read(leg, by=heir).progress
    assert progress is not None
    assert [record.word.name for record in progress.check_ins] == ["SAFE"]


def test_the_removed_planner_opens_nothing_of_the_journey_any_more(world, journey, heir):
    with world.work_as(journey.coordinator) as work, pytest.raises(CaseNotFound):
        service.get_plan(work, journey.case_id)
