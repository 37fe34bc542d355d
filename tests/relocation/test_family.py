"""A couple and an infant, five moves: the family's scenario, hour by hour.

On both databases: journey.
"""

import pytest

from app.alerts.models import AlertKind
from app.alerts.service import list_alerts
from app.permissions import Role
from app.relocation.models import LegStatus, PlanStatus
from app.watch import escalation
from tests.support.relocation_steps import kinds, words_of

pytestmark = pytest.mark.usefixtures("world_on_both")


def plan_the_way(journey):
    journey.at(4)
    return journey.open_plan(
        journey.leg("motorbike", 6, 1),
        journey.leg("stay", 30, 4),
        journey.leg("vehicle", 36, 2),
        journey.leg("stay", 60, 4),
        journey.leg("boat", 70, 2),
        journey.leg("crossing", 76, 3),
        journey.leg("arrival", 80, 4),
    )


def reach_the_first_house(journey):
    legs = plan_the_way(journey)
    journey.at(5)
    journey.move(legs[0], "ready", "departed")
    journey.at(6)
    journey.move(legs[0], "arrived")
    journey.move(legs[1], "ready", "departed")
    return legs


def leave_the_house_early(journey):
    legs = reach_the_first_house(journey)
    journey.at(29)
    return legs, journey.reroute(legs[1], journey.leg("vehicle", 34, 2), journey.leg("stay", 58, 4))


def go_on_by_boat(journey):
    _, (vehicle, stay) = leave_the_house_early(journey)
    journey.at(34)
    journey.move(vehicle, "arrived")
    journey.move(stay, "ready", "departed")
    journey.at(58)
    journey.check_in(stay, "monsoon")
    journey.at(59)
    return stay, journey.reroute(
        stay,
        journey.leg("stay", 90, 6),
        journey.leg("boat", 100, 3),
        journey.leg("arrival", 106, 4),
    )


def test_the_family_leaves_a_house_before_its_time_and_everything_planned_after_it_is_off(journey):
    legs, (vehicle, stay) = leave_the_house_early(journey)
    statuses = journey.statuses()
    assert statuses[legs[0]] is LegStatus.ARRIVED
    assert {statuses[leg] for leg in legs[1:]} == {LegStatus.REROUTED}
    assert journey.legs() == [legs[0], vehicle, stay]
    assert [
        found.leg.position for found in journey.details().legs if found.leg.id in journey.legs()
    ] == [
        1,
        2,
        3,
    ]


def test_a_leg_that_replaces_another_has_its_own_phrases_and_keeps_the_words(journey):
    legs, (vehicle, _) = leave_the_house_early(journey)
    journey.check_in(vehicle, "tamarind")
    before, after = journey.read(legs[1]).instructions, journey.read(vehicle).instructions
    assert {before.meeting_phrase, before.handover_phrase}.isdisjoint(
        {after.meeting_phrase, after.handover_phrase}
    )


def test_a_duress_word_at_the_second_house_is_seen_by_coordinators_and_the_leads(journey):
    _, (vehicle, stay) = leave_the_house_early(journey)
    journey.move(vehicle, "arrived")
    journey.move(stay, "ready", "departed")
    journey.at(58)
    journey.check_in(stay, "monsoon")
    assert journey.watch()[0].leg.id == stay
    assert journey.watch()[0].duress
    with journey.world.work_as(journey.world.member(Role.LEAD)) as work:
        found = list_alerts(work, limit=10)
    assert [(opened.notice.kind, opened.notice.leg_id) for opened in found] == [
        (AlertKind.DURESS_AT_CHECK_IN, stay)
    ]
    assert words_of(journey.read(stay)) == ["DURESS"]


def test_the_third_leg_is_rerouted_to_a_boat_and_the_arrival_ends_the_plan(journey):
    _, (stay, boat, arrival) = go_on_by_boat(journey)
    journey.at(90)
    journey.move(stay, "arrived")
    journey.move(boat, "ready", "departed")
    journey.at(99)
    journey.move(boat, "arrived")
    journey.move(arrival, "ready", "departed")
    journey.at(104)
    journey.move(arrival, "arrived")
    found = journey.details()
    assert found.plan.status is PlanStatus.FINISHED
    walked = [leg for leg in found.legs if leg.leg.status is LegStatus.ARRIVED]
    assert kinds(walked) == ["motorbike", "vehicle", "stay", "boat", "arrival"]
    assert found.figures.minutes_in_transit == (104 - 5) * 60
    assert found.figures.moves == 3
    assert found.figures.longest_silence_minutes == 32 * 60


def test_a_duress_word_stays_on_the_watch_after_the_leg_was_left_until_somebody_takes_it(journey):
    stay, _ = go_on_by_boat(journey)
    assert journey.watched(stay).duress
    with journey.world.work_as(journey.coordinator) as work:
        escalation.acknowledge(work, stay, escalation.DURESS)
    assert journey.watched(stay) is None
