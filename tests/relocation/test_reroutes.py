"""Reroutes: new legs replace a leg, and the later ones that have not departed."""

import pytest

from app.errors import Stale
from app.permissions import Role
from app.relocation import reroutes
from app.relocation.errors import DueOutOfOrder, LegMoveRefused, LegNotFound
from app.relocation.models import LegStatus, PlanStatus
from tests.support.relocation_steps import kinds

_S = LegStatus


@pytest.fixture
def legs(journey):
    return journey.open_plan(
        journey.leg("motorbike", 6, 1),
        journey.leg("stay", 20, 4),
        journey.leg("vehicle", 30, 2),
        journey.leg("arrival", 40, 2),
    )


def test_the_leg_and_those_that_wait_behind_it_are_rerouted_and_those_before_it_are_not(
    journey, legs
):
    journey.move(legs[2], "ready")
    new = journey.reroute(legs[1], journey.leg("walk", 21, 1), journey.leg("arrival", 45, 1))
    statuses = journey.statuses()
    assert [statuses[leg] for leg in legs] == [_S.PLANNED, *[_S.REROUTED] * 3]
    assert journey.legs() == [legs[0], *new]


def test_a_later_leg_that_has_departed_goes_on(journey, legs):
    journey.move(legs[2], "ready", "departed")
    journey.reroute(legs[1], journey.leg("walk", 21, 1))
    statuses = journey.statuses()
    assert statuses[legs[2]] is _S.DEPARTED
    assert statuses[legs[3]] is _S.REROUTED


@pytest.mark.parametrize(
    "moved",
    [
        (),
        ("ready",),
        ("ready", "departed"),
        ("ready", "departed", "arrived"),
        ("ready", "departed", "missed"),
        ("ready", "departed", "aborted"),
        ("aborted",),
    ],
)
def test_a_leg_can_be_replaced_at_any_status(journey, legs, moved):
    journey.move(legs[0], *moved) if moved else None
    (new,) = journey.reroute(legs[0], journey.leg("walk", 9, 1))
    assert journey.statuses()[legs[0]] is _S.REROUTED
    assert journey.legs() == [new]


def test_a_leg_is_rerouted_once(journey, legs):
    journey.reroute(legs[0], journey.leg("walk", 9, 1))
    with pytest.raises(LegMoveRefused):
        journey.reroute(legs[0], journey.leg("walk", 9, 1))


def test_rerouting_is_no_move_that_is_made_without_a_new_leg(journey, legs):
    with pytest.raises(LegMoveRefused):
        journey.move(legs[0], "rerouted")


def test_nothing_more_is_expected_of_what_was_rerouted(journey, legs):
    journey.reroute(legs[0], journey.leg("walk", 41, 1))
    rerouted = [found.leg for found in journey.details().legs if found.leg.status is _S.REROUTED]
    assert {leg.expected_at for leg in rerouted} == {None}
    journey.at(35)
    assert journey.escalate() == 0


def test_every_escort_of_a_rerouted_leg_loses_access(journey, legs):
    journey.escort(legs[1], journey.volunteer(2))
    journey.escort(legs[2], journey.volunteer(3))
    journey.reroute(legs[1], journey.leg("walk", 21, 1))
    for leg, number in ((legs[1], 2), (legs[2], 3)):
        with pytest.raises(LegNotFound):
            journey.read(leg, by=journey.volunteer(number))


def test_the_escort_of_the_leg_before_keeps_their_leg_and_its_phrase(journey, legs):
    journey.escort(legs[0], journey.volunteer(2))
    phrase = journey.read(legs[0], by=journey.volunteer(2)).instructions.handover_phrase
    new, after = journey.reroute(legs[1], journey.leg("walk", 21, 1), journey.leg("bus", 45, 1))
    assert journey.read(legs[0], by=journey.volunteer(2)).instructions.handover_phrase == phrase
    assert journey.read(new).instructions.meeting_phrase == phrase
    assert (
        journey.read(new).instructions.handover_phrase
        == journey.read(after).instructions.meeting_phrase
    )


def test_after_a_leg_that_is_over_new_legs_meet_by_a_new_phrase(journey, legs):
    journey.complete(legs[0])
    phrase = journey.read(legs[0]).instructions.handover_phrase
    (new,) = journey.reroute(legs[1], journey.leg("walk", 21, 1))
    assert journey.read(new).instructions.meeting_phrase != phrase


def test_a_new_leg_is_not_due_before_the_one_on_which_they_still_are(journey, legs):
    journey.move(legs[0], "ready", "departed")
    with pytest.raises(DueOutOfOrder):
        journey.reroute(legs[1], journey.leg("walk", 5, 1))


def test_a_new_leg_may_be_due_sooner_than_the_one_it_replaces(journey, legs):
    journey.complete(legs[0])
    (new,) = journey.reroute(legs[1], journey.leg("walk", 5, 1))
    assert journey.legs() == [legs[0], new]


def test_the_other_coordinator_reads_and_moves_the_new_legs(journey, legs):
    other = journey.world.member(Role.COORDINATOR, 2)
    (new,) = journey.reroute(legs[0], journey.leg("walk", 9, 1))
    journey.move(new, "ready", by=other)
    assert journey.read(new, by=other).progress is not None


def test_a_plan_whose_last_leg_was_rerouted_ends_with_the_one_that_replaced_it(journey, legs):
    journey.complete(legs[0])
    journey.complete(legs[1])
    (new,) = journey.reroute(legs[2], journey.leg("arrival", 30, 1))
    journey.complete(new)
    found = journey.details()
    assert found.plan.status is PlanStatus.FINISHED
    assert kinds(leg for leg in found.legs if leg.leg.status is _S.ARRIVED) == [
        "motorbike",
        "stay",
        "arrival",
    ]


def test_a_plan_is_finished_by_its_last_leg_when_the_one_after_it_was_aborted(journey, legs):
    journey.move(legs[3], "aborted")
    for leg in legs[:3]:
        journey.complete(leg)
    assert journey.details().plan.status is PlanStatus.FINISHED


def test_two_coordinators_do_not_reroute_one_leg_on_the_same_version(journey, legs):
    version = journey.read(legs[0]).leg.version
    with journey.world.work_as(journey.coordinator, based_on=version) as work:
        reroutes.reroute(work, legs[0], [journey.leg("walk", 9, 1)])
    other = journey.world.member(Role.COORDINATOR, 2)
    with pytest.raises(Stale), journey.world.work_as(other, based_on=version) as work:
        reroutes.reroute(work, legs[0], [journey.leg("bus", 9, 1)])


def test_a_refused_reroute_leaves_the_old_way_open(journey, legs):
    journey.escort(legs[1], journey.volunteer(2))
    with pytest.raises(DueOutOfOrder):
        journey.reroute(legs[1], journey.leg("walk", 21, 1), journey.leg("bus", 20, 1))
    assert journey.legs() == legs
    assert journey.read(legs[1], by=journey.volunteer(2)).leg.status is _S.PLANNED
