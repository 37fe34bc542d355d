"""Time in transit, moves, and the longest time without a sign of life."""

import pytest

from app.relocation import moves, service
from app.relocation.details import Figures
from app.relocation.models import LegStatus


def figures_of(journey):
    return journey.details().figures


@pytest.fixture
def legs(journey):
    return journey.open_plan(
        journey.leg("walk", 6, 1), journey.leg("stay", 30, 4), journey.leg("arrival", 40, 4)
    )


def test_before_the_first_departure_all_figures_are_nothing(journey, legs):
    journey.at(5)
    journey.check_in(legs[0], "tamarind")
    assert figures_of(journey) == Figures(0, 0, 0)


def test_a_contact_before_the_departure_is_no_time_on_the_road(journey, legs):
    journey.at(1)
    journey.check_in(legs[0], "tamarind")
    journey.at(5)
    journey.move(legs[0], "ready", "departed")
    journey.at(6)
    assert figures_of(journey) == Figures(60, 1, 60)


def test_while_someone_is_on_the_road_the_figures_grow_with_the_clock(journey, legs):
    journey.move(legs[0], "ready", "departed")
    journey.at(3)
    assert figures_of(journey) == Figures(180, 1, 180)
    journey.at(4)
    assert figures_of(journey) == Figures(240, 1, 240)


def test_a_word_breaks_a_silence_and_no_answer_does_not(journey, legs):
    journey.move(legs[0], "ready", "departed")
    journey.at(3)
    journey.check_in(legs[0], None)
    journey.at(4)
    journey.check_in(legs[0], "monsoon")
    journey.at(5)
    assert figures_of(journey) == Figures(300, 1, 240)


def test_a_stay_is_time_on_the_road_and_no_move(journey, legs):
    journey.complete(legs[0])
    journey.move(legs[1], "ready", "departed")
    journey.at(20)
    journey.move(legs[1], "arrived")
    assert figures_of(journey) == Figures(20 * 60, 1, 20 * 60)


def test_what_happened_earlier_counts_from_when_it_happened(journey, legs):
    journey.at(6)
    with journey.world.work_as(journey.coordinator) as work:
        moves.move_leg(work, legs[0], LegStatus.READY)
    for status, hours in (("departed", 1), ("arrived", 5)):
        with journey.world.work_as(journey.coordinator) as work:
            at = journey.leg("walk", hours, 1).due_at
            moves.move_leg(work, legs[0], LegStatus(status), at=at)
    assert figures_of(journey) == Figures(300, 1, 240)


def test_the_figures_of_two_plans_add_up_and_the_time_between_them_does_not_count(journey, legs):
    journey.move(legs[0], "ready", "departed")
    journey.at(2)
    journey.move(legs[0], "arrived")
    plan_id = journey.details().plan.id
    with journey.world.work_as(journey.coordinator) as work:
        service.abandon_plan(work, plan_id)
    journey.at(100)
    (leg,) = journey.open_plan(journey.leg("bus", 110, 2))
    journey.move(leg, "ready", "departed")
    journey.at(103)
    journey.move(leg, "arrived")
    assert figures_of(journey) == Figures(120 + 180, 2, 180)


def test_a_leg_that_was_rerouted_on_the_way_still_counts_as_a_move(journey, legs):
    journey.move(legs[0], "ready", "departed")
    journey.at(2)
    (new,) = journey.reroute(legs[0], journey.leg("boat", 8, 1))
    journey.at(5)
    journey.move(new, "arrived")
    assert figures_of(journey) == Figures(300, 2, 300)
