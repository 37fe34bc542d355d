"""Several cases on one journey: planned once, heard from each, in danger together."""

from __future__ import annotations

import pytest

from app.alerts.models import AlertKind
from app.alerts.service import list_alerts
from app.cases.assignments import assign_case
from app.cases.models import CaseStatus
from app.cases.moves import move_case
from app.cases.service import get_case, read_case
from app.casework.errors import CaseNotReady
from app.casework.involvement import involved_members
from app.casework.open_work import OpenKind, list_open_work
from app.errors import IdTaken
from app.links.models import LinkKind
from app.links.service import link_cases
from app.permissions import Role
from app.relocation.errors import (
    EscortKnowsPerson,
    PlanNotFound,
    PlanOpenAlready,
    PlanOver,
    TravellerNotFound,
    TravellerRefused,
)
from app.relocation.service import abandon_plan, extend_plan, get_plan
from app.relocation.travellers import add_traveller, end_travel
from app.store.base import new_id
from app.watch.check_ins import CheckInReport, check_in_on_case
from tests.support.intake_steps import FAMILY, opened, stranger
from tests.support.relocation_steps import Journey


@pytest.fixture
def sister(world):
    """A case with a journey of two legs, on the first of which she is."""
    journey = Journey(world, opened(world))
    journey.declare_emergency()
    leg, _ = journey.open_plan(journey.leg("bus", 6, 1), journey.leg("arrival", 12, 1))
    journey.move(leg, "ready", "departed")
    return journey


@pytest.fixture
def brother(world):
    journey = Journey(world, opened(world, FAMILY, by=world.member("volunteer", 2)))
    journey.declare_emergency()
    return journey


def plan_of(journey):
    with journey.world.work_as(journey.coordinator) as work:
        return get_plan(work, journey.case_id)


def join(sister, brother, **more):
    plan_id = plan_of(sister).id
    with sister.world.work_as(sister.coordinator) as work:
        return add_traveller(work, plan_id, brother.case_id, **more).id


def leave(sister, traveller_id):
    plan_id = plan_of(sister).id
    with sister.world.work_as(sister.coordinator) as work:
        end_travel(work, plan_id, traveller_id, "Stayed at the second house.")


def follow(journey, number):
    with journey.world.work_as(journey.coordinator) as work:
        assign_case(work, journey.case_id, journey.volunteer(number).id)


def says(journey, word, number):
    """What the volunteer who follows a case heard from its person."""
    with journey.world.work_as(journey.volunteer(number)) as work:
        return check_in_on_case(work, journey.case_id, CheckInReport(word=word))


def in_danger(journey):
    with journey.world.work_as(journey.coordinator) as work:
        return read_case(work, journey.case_id).others_in_danger


def alarms(world):
    with world.work_as(world.member(Role.LEAD)) as work:
        notices = [found.notice.kind for found in list_alerts(work, limit=50)]
    return notices.count(AlertKind.DURESS_AT_CHECK_IN)


def test_who_travels_along_has_the_plan_of_the_journey_and_needs_none_of_their_own(sister, brother):
    join(sister, brother)
    assert plan_of(brother).id == plan_of(sister).id
    assert [one.leg.id for one in brother.details().legs] == sister.legs()
    assert [one.case_id for one in sister.details().travellers] == [brother.case_id]
    with pytest.raises(PlanOpenAlready):
        brother.open_plan(brother.leg("bus", 6, 1))


@pytest.mark.parametrize("assigned_first", [True, False])
def test_who_follows_a_traveller_hears_the_journey(sister, brother, assigned_first):
    if assigned_first:
        follow(brother, 3)
    join(sister, brother)
    if not assigned_first:
        follow(brother, 3)
    sister.at(3)
    leg = sister.legs()[0]
    assert says(brother, "tamarind", 3).understood
    assert sister.watched(leg).last_contact_at == sister.world.clock.at
    says(brother, "no, monsoon!", 3)
    assert alarms(sister.world) == 1
    assert sister.watched(leg).duress


def test_a_duress_word_of_one_is_shown_on_the_case_of_each_who_travels_and_of_their_family(
    sister, brother
):
    world = sister.world
    cousin = Journey(world, opened(world, stranger("Khin Zaw", "09770000001")))
    cousin.declare_emergency()
    aunt = Journey(world, opened(world, stranger("Daw Hla Hla", "09770000002")))
    join(sister, brother)
    join(sister, cousin)
    with world.work_as(sister.coordinator) as work:
        link_cases(work, cousin.case_id, aunt.case_id, LinkKind.FAMILY)
    everybody = (sister, brother, cousin, aunt)
    assert not any(map(in_danger, everybody))
    sister.check_in(sister.legs()[0], "monsoon")
    assert all(map(in_danger, everybody))


def test_the_watch_names_who_travels_along(sister, brother):
    join(sister, brother)
    with sister.world.work_as(sister.coordinator) as work:
        sign = read_case(work, brother.case_id).summary.call_sign
    assert sister.watched(sister.legs()[0]).travelling_along == [sign]


def test_who_has_left_a_journey_is_heard_and_ends_no_silence_of_the_others(sister, brother):
    follow(brother, 3)
    traveller = join(sister, brother)
    leg = sister.legs()[0]
    sister.at(7.5)
    silence = sister.watched(leg).leg.expected_at
    leave(sister, traveller)
    assert says(brother, "tamarind", 3).understood
    assert sister.watched(leg).leg.expected_at == silence
    says(brother, "monsoon", 3)
    assert alarms(sister.world) == 1
    assert not in_danger(brother)
    brother.open_plan(brother.leg("bus", 9, 1))


def test_a_traveller_leaves_once_with_a_reason_that_is_kept(sister, brother):
    traveller = join(sister, brother)
    leave(sister, traveller)
    with pytest.raises(TravellerNotFound):
        leave(sister, traveller)
    (row,) = sister.details().travellers
    assert row.left_by == sister.coordinator.id
    with sister.world.work_as(sister.coordinator) as work:
        opened_row = work.session.merge(row)
        assert work.vault.open(opened_row.left_because).text == "Stayed at the second house."
    again = join(sister, brother)
    assert again != traveller


def test_only_a_case_that_may_travel_joins_once_an_open_journey_of_its_team(sister, brother):
    world = sister.world
    theirs = world.member("volunteer", team=2)
    other_team = opened(world, stranger("Khin Zaw", "09770000001"), by=theirs)
    unready = Journey(world, opened(world, stranger("Daw Hla Hla", "09770000002")))
    with pytest.raises(CaseNotReady):
        join(sister, unready)
    with pytest.raises(TravellerRefused):
        join(sister, sister)
    join(sister, brother)
    with pytest.raises(TravellerRefused):
        join(sister, brother)
    plan_id = plan_of(sister).id
    with world.work_as(world.member("coordinator", team=2)) as work, pytest.raises(PlanNotFound):
        add_traveller(work, plan_id, other_team)


def test_a_case_is_on_one_open_journey_and_none_joins_one_that_is_over(sister, brother):
    brother.open_plan(brother.leg("bus", 6, 1))
    with pytest.raises(PlanOpenAlready):
        join(sister, brother)
    with brother.world.work_as(brother.coordinator) as work:
        abandon_plan(work, get_plan(work, brother.case_id).id)
    join(sister, brother)
    with sister.world.work_as(sister.coordinator) as work:
        abandon_plan(work, get_plan(work, sister.case_id).id)
    third = Journey(sister.world, opened(sister.world, stranger("Khin Zaw", "09770000001")))
    third.declare_emergency()
    with pytest.raises(PlanOver):
        join(sister, third)


def test_no_escort_knows_anybody_on_the_journey(sister, brother):
    follow(brother, 3)
    leg = sister.legs()[0]
    traveller = join(sister, brother)
    with pytest.raises(EscortKnowsPerson):
        sister.escort(leg, sister.volunteer(3))
    leave(sister, traveller)
    sister.escort(leg, sister.volunteer(3))
    with pytest.raises(EscortKnowsPerson):
        join(sister, brother)


def test_who_escorted_a_traveller_is_no_vetter_of_them(sister, brother):
    join(sister, brother)
    sister.escort(sister.legs()[0], sister.volunteer(3))
    with sister.world.work_as(sister.coordinator) as work:
        assert sister.volunteer(3).id in involved_members(work, get_case(work, brother.case_id))


def test_no_new_legs_are_planned_for_a_traveller_whose_case_has_ended(sister, brother):
    world = sister.world
    leg = sister.leg("stay", 30, 1)
    with world.work_as(sister.coordinator) as work:
        abandon_plan(work, get_plan(work, sister.case_id).id)
    sister.open_plan(sister.leg("bus", 6, 1))
    traveller = join(sister, brother)
    with world.work_as(sister.coordinator) as work:
        move_case(work, get_case(work, brother.case_id), CaseStatus.DECLINED)
    plan_id = plan_of(sister).id
    with world.work_as(sister.coordinator) as work, pytest.raises(CaseNotReady):
        extend_plan(work, plan_id, [leg])
    leave(sister, traveller)
    with world.work_as(sister.coordinator) as work:
        extend_plan(work, plan_id, [leg])


def test_travelling_along_is_open_work_until_the_journey_is_left_or_over(sister, brother):
    traveller = join(sister, brother)
    with sister.world.work_as(sister.coordinator) as work:
        found = list_open_work(work, get_case(work, brother.case_id))
    assert [(one.kind, one.id) for one in found] == [
        (OpenKind.DEPARTED_LEG, sister.legs()[0]),
        (OpenKind.TRAVELS_ALONG, traveller),
    ]
    leave(sister, traveller)
    with sister.world.work_as(sister.coordinator) as work:
        assert list_open_work(work, get_case(work, brother.case_id)) == []


def test_a_proposed_id_of_a_traveller_is_taken_once(sister, brother):
    proposed = new_id()
    assert join(sister, brother, proposed=proposed) == proposed
    leave(sister, proposed)
    with pytest.raises(IdTaken):
        join(sister, brother, proposed=proposed)
