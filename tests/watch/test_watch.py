"""The coordinators' list: who is moving and who is silent, the worst first, for the planners."""

import pytest

from app.accounts.service import remove_member
from app.accounts.suspensions import suspend_member
from app.casework import held
from app.permissions import Role
from app.relocation import details, service
from app.watch import escalation
from app.watch import service as watch
from app.watch.models import EscalationLevel
from tests.support.people import change_role
from tests.support.relocation_steps import Journey


@pytest.fixture
def another(journey):
    """Begins another case's journey with one leg, in the same world."""

    def begin(due, grace, *moves):
        other = Journey(journey.world, journey.world.open_case())
        other.declare_emergency()
        other.began = journey.began
        (leg,) = other.open_plan(other.leg("bus", due, grace))
        other.move(leg, *moves) if moves else None
        return other, leg

    return begin


def test_a_leg_that_waits_its_time_is_not_on_the_watch(journey):
    (leg,) = journey.open_plan(journey.leg("bus", 6, 1))
    assert journey.watched(leg) is None
    journey.move(leg, "ready")
    assert journey.watched(leg) is None


def test_a_leg_on_the_road_is_on_the_watch_with_its_call_sign(journey):
    (leg,) = journey.open_plan(journey.leg("bus", 6, 1))
    journey.move(leg, "ready", "departed")
    (watched,) = journey.watch()
    assert watched.call_sign == "olive-panther-12"
    assert (watched.level, watched.minutes_past_due, watched.stranded) == (None, 0, False)


def test_the_worst_comes_first_and_what_is_acknowledged_after_what_is_not(journey, another):
    forced, forced_leg = another(30, 1)
    late = another(10, 6)[1]
    moving = another(30, 1, "ready", "departed")[1]
    missing = another(2, 1)[1]
    stranded = another(30, 1, "ready", "departed", "missed")[1]
    other, overdue_acknowledged = another(8, 2)
    overdue = another(9, 2)[1]
    forced.check_in(forced_leg, "monsoon")
    journey.at(12)
    with journey.world.work_as(journey.coordinator) as work:
        escalation.acknowledge(work, overdue_acknowledged, EscalationLevel.OVERDUE)
    found = [watched.leg.id for watched in journey.watch()]
    assert found == [forced_leg, missing, overdue, overdue_acknowledged, stranded, late, moving]
    assert other.watched(stranded).stranded


@pytest.mark.parametrize(
    "shut_out",
    [
        remove_member,
        suspend_member,
        lambda work, member_id: change_role(work, member_id, Role.REGISTRAR),
    ],
    ids=["removed", "suspended", "in another role"],
)
def test_who_is_on_the_road_with_somebody_who_was_shut_out_comes_first(journey, another, shut_out):
    missing = another(2, 1)[1]
    (leg,) = journey.open_plan(journey.leg("bus", 30, 1))
    escort = journey.volunteer(2)
    journey.escort(leg, escort)
    journey.move(leg, "ready", "departed")
    journey.at(12)
    assert [one.leg.id for one in journey.watch()] == [missing, leg]
    with journey.world.work_as(journey.world.member(Role.LEAD)) as work:
        shut_out(work, escort.id)
    assert [one.leg.id for one in journey.watch()] == [leg, missing]
    assert journey.watch()[0].nobody_with_them


def test_levels_come_from_the_clock_also_when_the_worker_is_stopped(journey):
    (leg,) = journey.open_plan(journey.leg("bus", 6, 1))
    journey.at(7.5)
    assert journey.watched(leg).level is EscalationLevel.OVERDUE
    assert journey.watched(leg).minutes_past_due == 90


def test_the_watch_shows_only_journeys_that_are_held(journey, another):
    leg = another(6, 1, "ready", "departed")[1]
    assert journey.watched(leg) is not None
    for stranger in (
        journey.world.member(Role.COORDINATOR, team=2),
        journey.volunteer(1),
        journey.volunteer(2),
    ):
        assert journey.watch(by=stranger) == []


def test_a_duress_word_is_watched_for_a_month_after_its_plan_was_abandoned(journey):
    (leg,) = journey.open_plan(journey.leg("bus", 6, 1))
    journey.check_in(leg, "monsoon")
    plan_id = journey.details().plan.id
    with journey.world.work_as(journey.coordinator) as work:
        service.abandon_plan(work, plan_id)
    journey.at(31 * 24)
    assert journey.watched(leg).duress
    journey.at(32 * 24)
    assert journey.watch() == []


def test_an_escort_watches_nothing_not_even_their_own_leg(journey):
    (leg,) = journey.open_plan(journey.leg("bus", 6, 1))
    journey.escort(leg, journey.volunteer(2))
    journey.move(leg, "ready", "departed")
    assert journey.watch(by=journey.volunteer(2)) == []


def test_a_coordinator_who_was_taken_off_the_case_watches_it_no_longer(journey):
    (leg,) = journey.open_plan(journey.leg("bus", 6, 1))
    journey.move(leg, "ready", "departed")
    other = journey.world.member(Role.COORDINATOR, 2)
    assert len(journey.watch(by=other)) == 1
    with journey.world.work_as(journey.coordinator) as work:
        work.grants.end(journey.case_id, holder_id=other.id)
    assert journey.watch(by=other) == []


def test_a_planner_without_the_cases_summary_sees_the_leg_without_a_call_sign(journey):
    (leg,) = journey.open_plan(journey.leg("bus", 6, 1))
    journey.move(leg, "ready", "departed")
    other = journey.world.member(Role.COORDINATOR, 2)
    with journey.world.work_as(journey.coordinator) as work:
        work.grants.end(journey.case_id, holder_id=other.id, about=journey.case_id)
    (watched,) = journey.watch(by=other)
    assert (watched.leg.id, watched.call_sign) == (leg, None)


@pytest.mark.usefixtures("world_on_both")
def test_the_watch_goes_on_page_by_page_without_a_gap_or_a_repetition(journey, another):
    """On both databases: paging."""
    expected = {another(6 + n, 1, "ready", "departed")[1] for n in range(5)}
    journey.at(8.5)
    found, after = [], None
    while True:
        with journey.world.work_as(journey.coordinator) as work:
            page = watch.list_watched(work, after=after, limit=2)
        if not page:
            break
        found += [watched.leg.id for watched in page]
        after = page[-1].position
    assert len(found) == len(expected)
    assert set(found) == expected


def test_a_person_left_on_the_road_is_watched_until_another_leg_replaces_theirs(journey):
    leg, _ = journey.open_plan(journey.leg("bus", 6, 1), journey.leg("arrival", 60, 1))
    journey.move(leg, "ready", "departed", "aborted")
    assert journey.watched(leg).stranded
    journey.reroute(leg, journey.leg("walk", 12, 1))
    assert journey.watched(leg) is None


def test_a_leg_that_was_aborted_before_it_began_strands_no_one(journey):
    leg, _ = journey.open_plan(journey.leg("bus", 6, 1), journey.leg("arrival", 60, 1))
    journey.move(leg, "aborted")
    assert journey.watched(leg) is None


@pytest.mark.usefixtures("world_on_both")
def test_legs_are_listed_the_soonest_due_first_and_page_by_page(journey, another):
    """On both databases: paging."""
    legs = [another(hours, 1)[1] for hours in (9, 3, 6)]
    with journey.world.work_as(journey.coordinator) as work:
        first = details.list_legs(work, limit=2)
        after = (first[-1].expected_at, first[-1].id)
        rest = details.list_legs(work, after=after, limit=2)
    assert [leg.id for leg in (*first, *rest)] == [legs[1], legs[2], legs[0]]


def test_a_volunteer_with_many_cases_and_one_leg_lists_the_one_leg(journey, another, monkeypatch):
    monkeypatch.setattr("app.relocation.details._CHUNK", 2)
    for hours in range(1, 6):
        another(hours, 1)
    _, leg = another(9, 1)
    rider = journey.volunteer(3)
    journey.escort(leg, rider)
    with journey.world.work_as(rider) as work:
        assert [found.id for found in details.list_legs(work, limit=10)] == [leg]
    with journey.world.work_as(journey.volunteer(1)) as work:
        assert len(list(held.list_cases(work, limit=50))) == 7
        assert details.list_legs(work, limit=10) == []
