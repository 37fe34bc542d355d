"""The man who walked: silence, escalation, and a battery that was empty.

On both databases: journey.
"""

import pytest

from app.relocation import details
from app.relocation.models import LegStatus, PlanStatus
from app.watch.models import EscalationLevel
from tests.support.relocation_steps import levels_of, words_of

pytestmark = pytest.mark.usefixtures("world_on_both")


@pytest.fixture
def legs(journey):
    journey.at(30)
    journey.activate()
    journey.at(36)
    return journey.open_plan(
        journey.leg("vehicle", 44, 2),
        journey.leg("stay", 68, 6),
        journey.leg("motorbike", 74, 2),
        journey.leg("arrival", 76, 4),
    )


def ride_until_the_silence(journey, legs):
    journey.at(40)
    journey.move(legs[0], "ready", "departed")
    journey.at(43)
    journey.check_in(legs[0], "tamarind")
    journey.move(legs[0], "arrived")
    journey.move(legs[1], "ready", "departed")
    journey.at(66)
    journey.check_in(legs[1], "tamarind")
    journey.at(68)
    journey.move(legs[1], "arrived")
    journey.move(legs[2], "ready", "departed")
    journey.at(77)
    journey.escalate()


def test_his_silence_on_the_third_leg_is_late_and_overdue_and_not_missing(journey, legs):
    ride_until_the_silence(journey, legs)
    assert levels_of(journey.read(legs[2])) == ["late", "overdue"]
    watched = journey.watch()[0]
    assert (watched.leg.id, watched.level) == (legs[2], EscalationLevel.OVERDUE)
    assert watched.minutes_past_due == 180


def test_his_word_an_hour_later_ends_the_silence(journey, legs):
    ride_until_the_silence(journey, legs)
    journey.at(78)
    journey.check_in(legs[2], "tamarind", note="battery was empty")
    found = journey.read(legs[2])
    assert words_of(found) == ["SAFE"]
    assert found.progress.check_ins[0].note == "battery was empty"
    assert levels_of(found) == []
    assert journey.watched(legs[2]).level is None
    assert journey.escalate() == 0
    assert levels_of(journey.read(legs[2])) == []
    assert levels_of(journey.read(legs[3])) == ["late"]


def test_a_second_silence_escalates_from_the_beginning(journey, legs):
    ride_until_the_silence(journey, legs)
    journey.at(78)
    journey.check_in(legs[2], "tamarind")
    journey.at(80.5)
    journey.escalate()
    assert levels_of(journey.read(legs[2])) == ["late"]


def test_he_arrives_and_the_plan_is_finished_with_nothing_left_to_watch(journey, legs):
    ride_until_the_silence(journey, legs)
    journey.at(78)
    journey.check_in(legs[2], "tamarind")
    journey.move(legs[2], "arrived")
    journey.move(legs[3], "ready", "departed")
    journey.at(80)
    journey.move(legs[3], "arrived")
    assert journey.details().plan.status is PlanStatus.FINISHED
    assert journey.watch() == []
    journey.at(200)
    assert journey.escalate() == 0


def test_his_figures_are_forty_hours_two_moves_and_a_night_without_news(journey, legs):
    ride_until_the_silence(journey, legs)
    journey.at(78)
    journey.check_in(legs[2], "tamarind")
    journey.move(legs[2], "arrived")
    journey.move(legs[3], "ready", "departed")
    journey.at(80)
    journey.move(legs[3], "arrived")
    found = journey.details().figures
    assert found.minutes_in_transit == (80 - 40) * 60
    assert found.moves == 2
    assert found.longest_silence_minutes == (66 - 43) * 60


def test_if_the_last_leg_is_reported_first_the_ones_before_it_are_over_too(journey, legs):
    journey.move(legs[2], "ready", "departed")
    journey.move(legs[3], "ready", "departed", "arrived")
    statuses = journey.statuses()
    assert statuses[legs[2]] is LegStatus.ARRIVED
    assert statuses[legs[0]] is LegStatus.ABORTED
    assert journey.details().plan.status is PlanStatus.FINISHED
    with journey.world.work_as(journey.coordinator) as work:
        assert details.list_legs(work, limit=10) == []
