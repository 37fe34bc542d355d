"""Opening, extending and abandoning a plan."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.audit.events import EventKind
from app.cases import moves
from app.cases import service as intake
from app.cases.errors import CaseNotFound
from app.cases.models import CaseStatus
from app.casework.errors import CaseNotReady
from app.casework.journeys import words_scope
from app.errors import Stale
from app.permissions import Compartment, Role
from app.relocation import service
from app.relocation.errors import (
    DueOutOfOrder,
    DueOutOfRange,
    PlanNotFound,
    PlanOpenAlready,
    PlanOver,
    TooManyLegs,
    WordsAlike,
)
from app.relocation.legs import MAX_LEGS, plan_scope
from app.relocation.models import JourneyWords, LegStatus, Plan, PlanStatus
from app.vault.models import Grant, ScopeRow
from tests.support.relocation_steps import OUTLINE, Journey, kinds, words_of


@pytest.fixture
def way(journey):
    return [journey.leg("bus", 5, 1), journey.leg("stay", 20, 4), journey.leg("arrival", 30, 2)]


def plan_of(journey):
    return journey.details().plan


def test_a_case_that_is_only_submitted_has_no_plan(world):
    journey = Journey(world, world.open_case())
    with pytest.raises(CaseNotReady):
        journey.open_plan(journey.leg("bus", 5, 1))


def test_an_emergency_opens_a_plan_only_while_it_lasts(world):
    journey = Journey(world, world.open_case())
    journey.declare_emergency(hours=3)
    journey.at(3)
    with pytest.raises(CaseNotReady):
        journey.open_plan(journey.leg("bus", 5, 1))


def test_an_emergency_opens_nothing_for_a_case_that_was_closed(journey, way):
    journey.activate()
    with journey.world.work_as(journey.coordinator) as work:
        moves.move_case(work, intake.get_case(work, journey.case_id), CaseStatus.CLOSED)
    with pytest.raises(CaseNotReady):
        journey.open_plan(*way)


def test_a_plan_goes_on_after_its_emergency_has_lapsed(journey):
    first, second = journey.open_plan(journey.leg("bus", 250, 1), journey.leg("stay", 300, 4))
    journey.at(240)
    journey.reroute(second, journey.leg("arrival", 320, 4))
    assert journey.legs()[0] == first


def test_an_active_case_needs_no_emergency(world):
    journey = Journey(world, world.open_case())
    journey.activate()
    assert len(journey.open_plan(journey.leg("bus", 5, 1))) == 1


def test_a_plan_reads_back_as_it_was_opened(journey, way):
    journey.open_plan(*way)
    found = journey.details()
    assert found.outline == OUTLINE
    assert kinds(found.legs) == ["bus", "stay", "arrival"]
    assert [leg.leg.position for leg in found.legs] == [1, 2, 3]
    assert {leg.leg.status for leg in found.legs} == {LegStatus.PLANNED}


def test_each_leg_begins_with_the_phrase_by_which_the_one_before_it_ends(journey, way):
    journey.open_plan(*way)
    plans = [leg.instructions for leg in journey.details().legs]
    assert plans[0].handover_phrase == plans[1].meeting_phrase
    assert plans[1].handover_phrase == plans[2].meeting_phrase
    assert len({plan.handover_phrase for plan in plans}) == 3


def test_both_coordinators_of_the_team_read_the_whole_plan(journey, way):
    journey.open_plan(*way)
    other = journey.world.member(Role.COORDINATOR, 2)
    assert kinds(journey.details(by=other).legs) == ["bus", "stay", "arrival"]


def test_a_coordinator_who_is_off_the_case_is_given_no_key_to_its_route(journey, way):
    other = journey.world.member(Role.COORDINATOR, 2)
    with journey.world.work_as(journey.coordinator) as work:
        work.grants.end(journey.case_id, holder_id=other.id)
    journey.open_plan(*way)
    plan_id = plan_of(journey).id
    with journey.world.work_as(other) as work:
        assert not work.grants.holds(journey.case_id, plan_scope(plan_id))
        assert not work.grants.holds(journey.case_id, words_scope(plan_id))


def test_a_coordinator_of_another_team_finds_no_case_to_plan_for(journey, way):
    stranger = journey.world.member(Role.COORDINATOR, team=2)
    with pytest.raises(CaseNotFound):
        journey.open_plan(*way, by=stranger)


def test_who_works_on_the_case_without_its_route_finds_no_plan(journey, way):
    journey.open_plan(*way)
    with pytest.raises(PlanNotFound):
        journey.details(by=journey.volunteer(1))


def test_a_case_without_a_plan_has_none_to_read(journey):
    with pytest.raises(PlanNotFound):
        journey.details()


def test_a_case_has_one_open_plan(journey, way):
    journey.open_plan(*way)
    with pytest.raises(PlanOpenAlready):
        journey.open_plan(*way)


def test_a_second_plan_follows_one_that_was_abandoned(journey, way):
    journey.open_plan(*way)
    abandon(journey, "the road is closed")
    journey.open_plan(*way)
    assert plan_of(journey).number == 2
    assert plan_of(journey).status is PlanStatus.OPEN


def abandon(journey, reason=None, **options):
    with journey.world.work_as(journey.coordinator, **options) as work:
        plan = service.get_plan(work, journey.case_id)
        service.abandon_plan(work, plan.id, reason)


def test_abandoning_a_plan_ends_its_legs_and_keeps_why(journey, way):
    legs = journey.open_plan(*way)
    journey.move(legs[0], "ready", "departed")
    abandon(journey, "the road is closed")
    found = journey.details()
    assert found.plan.status is PlanStatus.ABANDONED
    assert found.outline.ended_because == "the road is closed"
    assert {leg.leg.status for leg in found.legs} == {LegStatus.ABORTED}
    assert {leg.leg.expected_at for leg in found.legs} == {None}


def test_a_plan_is_abandoned_on_its_newest_version_only(journey, way):
    journey.open_plan(*way)
    with pytest.raises(Stale):
        abandon(journey, based_on=7)


def test_nothing_moves_in_a_plan_that_is_over(journey, way):
    legs = journey.open_plan(*way)
    abandon(journey)
    plan_id = plan_of(journey).id
    with pytest.raises(PlanOver):
        journey.reroute(legs[0], journey.leg("bus", 6, 1))
    with pytest.raises(PlanOver):
        journey.move(legs[0], "ready")
    with pytest.raises(PlanOver):
        abandon(journey)
    with pytest.raises(PlanOver), journey.world.work_as(journey.coordinator) as work:
        service.extend_plan(work, plan_id, [journey.leg("bus", 40, 1)])


def test_legs_are_added_at_the_end_and_meet_by_the_last_phrase(journey, way):
    legs = journey.open_plan(*way)
    with journey.world.work_as(journey.coordinator) as work:
        plan = service.get_plan(work, journey.case_id)
        (added,) = service.extend_plan(work, plan.id, [journey.leg("medical", 40, 2)])
    assert journey.legs() == [*legs, added.id]
    assert added.position == 4
    last, new = journey.read(legs[2]).instructions, journey.read(added.id).instructions
    assert new.meeting_phrase == last.handover_phrase
    assert (
        kinds(journey.details(by=journey.world.member(Role.COORDINATOR, 2)).legs)[-1] == "medical"
    )


def test_an_added_leg_is_not_due_before_the_one_it_follows(journey, way):
    journey.open_plan(*way)
    with pytest.raises(DueOutOfOrder), journey.world.work_as(journey.coordinator) as work:
        plan = service.get_plan(work, journey.case_id)
        service.extend_plan(work, plan.id, [journey.leg("medical", 29, 2)])


def test_a_plan_holds_a_bounded_number_of_legs(journey):
    short = [journey.leg("walk", 5 + number / 10, 1) for number in range(MAX_LEGS)]
    with pytest.raises(TooManyLegs):
        journey.open_plan(*short, journey.leg("arrival", 50, 1))


@pytest.mark.parametrize("hours", [-1, 0, 366 * 24 + 1])
def test_a_leg_is_due_between_now_and_a_year_from_now(journey, hours):
    with pytest.raises(DueOutOfRange) as refusal:
        journey.open_plan(journey.leg("bus", hours, 1))
    assert refusal.value.field == "legs.0.due_at"


def test_legs_are_due_in_the_order_of_the_road(journey):
    with pytest.raises(DueOutOfOrder) as refusal:
        journey.open_plan(journey.leg("bus", 9, 1), journey.leg("stay", 8, 1))
    assert refusal.value.field == "legs.1.due_at"


@pytest.mark.parametrize(
    ("safe", "duress"), [("rain", "RAIN!"), ("...", None), (None, "?"), ("rain", "--")]
)
def test_words_that_sound_alike_or_say_nothing_are_refused(journey, safe, duress):
    with pytest.raises(WordsAlike):
        journey.open_plan(journey.leg("bus", 9, 1), safe_word=safe, duress_word=duress)


@pytest.mark.parametrize("safe", [None, "rain"])
def test_words_left_open_are_made_up(journey, way, safe):
    journey.open_plan(*way, safe_word=safe, duress_word=None)
    words = journey.words()
    assert words.safe == safe or (safe is None and words.safe)
    assert words.duress
    assert words.safe != words.duress


def test_each_journey_has_its_own_words(journey, way):
    journey.open_plan(*way)
    abandon(journey)
    journey.open_plan(*way, safe_word="rain", duress_word="river")
    assert journey.words() == JourneyWords("rain", "river")
    journey.check_in(journey.legs()[0], "rain")
    journey.check_in(journey.legs()[0], "tamarind")
    assert words_of(journey.read(journey.legs()[0])) == ["SAFE", "NOT_UNDERSTOOD"]


def test_added_legs_keep_the_words_of_the_journey(journey, way):
    journey.open_plan(*way)
    with journey.world.work_as(journey.coordinator) as work:
        plan = service.get_plan(work, journey.case_id)
        (added,) = service.extend_plan(work, plan.id, [journey.leg("medical", 40, 2)])
    journey.check_in(added.id, "monsoon")
    assert words_of(journey.read(added.id)) == ["DURESS"]


def test_a_refused_plan_leaves_nothing_behind(journey, way):
    with pytest.raises(DueOutOfOrder):
        journey.open_plan(*way, journey.leg("bus", 1, 1))
    with journey.world.deployment.sessions() as session:
        assert session.scalars(select(Plan)).all() == []
        scopes = set(session.scalars(select(ScopeRow.compartment)))
    assert scopes.isdisjoint({Compartment.ROUTE, Compartment.WORDS})


def test_times_are_kept_to_the_minute(journey):
    draft = journey.leg("bus", 9 + 42 / 3600, 1)
    (leg,) = journey.open_plan(draft)
    found = journey.read(leg)
    assert (
        found.leg.expected_at == found.instructions.due_at == draft.due_at - timedelta(seconds=42)
    )


def test_every_grant_on_a_route_names_the_plan_or_the_leg_that_it_serves(journey, way):
    legs = journey.open_plan(*way)
    journey.escort(legs[0], journey.volunteer(2))
    plan_id = plan_of(journey).id
    with journey.world.deployment.sessions() as session:
        about = set(session.scalars(select(Grant.about).where(Grant.case_id == journey.case_id)))
    assert about == {journey.case_id, plan_id, legs[0]}


# ------------------------------------------------------- a case that ends while its plan is open


def end_case(journey, status: CaseStatus = CaseStatus.CLOSED) -> None:
    """The case ends, and so does its emergency."""
    journey.activate()
    with journey.world.work_as(journey.coordinator) as work:
        case = intake.get_case(work, journey.case_id)
        case.status = status
        case.emergency_until = None
        work.trail.record(EventKind.CASE_MOVED, case.id)


@pytest.mark.parametrize("status", [CaseStatus.CLOSED, CaseStatus.DECLINED])
def test_nothing_is_planned_on_for_a_case_that_ended_before_anybody_departed(journey, way, status):
    journey.open_plan(*way)
    plan, leg = plan_of(journey), journey.legs()[0]
    end_case(journey, status)
    with journey.world.work_as(journey.coordinator) as work, pytest.raises(CaseNotReady):
        service.extend_plan(work, plan.id, [journey.leg("bus", 40, 1)])
    with pytest.raises(CaseNotReady):
        journey.reroute(leg, journey.leg("walk", 6, 1))
    with pytest.raises(CaseNotReady):
        journey.escort(leg, journey.volunteer(2))


@pytest.mark.parametrize("status", [CaseStatus.CLOSED, CaseStatus.DECLINED])
@pytest.mark.parametrize("fares", [["departed"], ["departed", "arrived"], ["departed", "aborted"]])
def test_people_on_the_road_get_new_legs_and_escorts_whatever_became_of_the_case(
    journey, way, status, fares
):
    first, second, _ = journey.open_plan(*way)
    journey.move(first, "ready", *fares)
    plan = plan_of(journey)
    end_case(journey, status)
    with journey.world.work_as(journey.coordinator) as work:
        service.extend_plan(work, plan.id, [journey.leg("bus", 40, 1)])
    assert journey.escort(second, journey.volunteer(2)).escort_id == journey.volunteer(2).id
    assert len(journey.reroute(first, journey.leg("walk", 6, 1))) == 1


def test_an_escorts_access_ends_whatever_became_of_the_case(journey, way):
    first, *_ = journey.open_plan(*way)
    journey.escort(first, journey.volunteer(2))
    end_case(journey)
    assert journey.escort(first, None).escort_id is None
