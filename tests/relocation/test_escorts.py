"""An escort knows one leg, for as long as it lasts, and nothing else of the case."""

import pytest
from sqlalchemy import select

from app.cases import service as intake
from app.cases.errors import CaseNotFound
from app.errors import Stale
from app.permissions import Compartment, Role
from app.relocation import details, reroutes, service
from app.relocation.errors import (
    EscortHasLeg,
    EscortKnowsPerson,
    EscortUnavailable,
    LegNotFound,
    LegOver,
    NotPlanner,
    PlanNotFound,
)
from app.relocation.legs import plan_scope
from app.store.base import Base, CaseRecord, new_id
from app.store.sealed import sealed_fields
from app.vault.errors import NoGrant
from app.vault.models import GrantReason
from app.watch import escalation
from tests.support.relocation_steps import words_of


@pytest.fixture
def legs(journey):
    return journey.open_plan(
        journey.leg("motorbike", 6, 1, place="the mango tree", escort_note="Bring milk."),
        journey.leg("stay", 20, 4, place="the mill"),
        journey.leg("arrival", 30, 4, place="the school"),
    )


@pytest.fixture
def rider(journey):
    return journey.volunteer(2)


def cells_that_open(journey, who):
    """Every sealed cell of every row of the case that this member's keys open."""
    opened = set()
    with journey.world.work_as(who) as work:
        for mapper in Base.registry.mappers:
            kind = mapper.class_
            if not issubclass(kind, CaseRecord) or "case_id" not in mapper.columns:
                continue
            for row in work.session.scalars(select(kind)).all():
                for name, field in sealed_fields(kind).items():
                    cell = getattr(row, name)
                    if cell.envelope is None or field.compartment is Compartment.DIRECTORY:
                        continue
                    if work.vault.find(cell) is not None:
                        opened.add((kind.__tablename__, name, row.id))
    return opened


def places_that_open(journey, who):
    """The cells that open to a member, without what was heard and the words to judge it by."""
    return {
        cell
        for cell in cells_that_open(journey, who)
        if cell[:2] not in {("plans", "words"), ("plans", "marks"), ("check_ins", "record")}
    }


def test_an_escort_opens_their_leg_and_the_words_and_no_other_cell(journey, legs, rider):
    journey.escort(legs[0], rider)
    other = journey.check_in(legs[1], "tamarind")
    mine = journey.check_in(legs[0], "tamarind")
    assert places_that_open(journey, rider) == {
        ("legs", "instructions", legs[0]),
        ("legs", "record", legs[0]),
    }
    plan_id = journey.details().plan.id
    assert cells_that_open(journey, rider) - places_that_open(journey, rider) == {
        ("plans", "words", plan_id),
        ("plans", "marks", plan_id),
        ("check_ins", "record", mine.id),
        ("check_ins", "record", other.id),
    }


def test_a_coordinator_opens_far_more_so_the_walk_over_all_cells_sees_them(journey, legs, rider):
    opened = cells_that_open(journey, journey.coordinator)
    assert {("legs", "instructions", leg) for leg in legs} < opened
    assert {"cases", "plans", "legs"} <= {table for table, _, _ in opened}


def test_before_and_without_a_leg_a_volunteer_opens_nothing(journey, legs, rider):
    assert cells_that_open(journey, rider) == set()


def test_an_escort_finds_neither_case_nor_plan_nor_the_other_legs(journey, legs, rider):
    journey.escort(legs[0], rider)
    with pytest.raises(CaseNotFound), journey.world.work_as(rider) as work:
        intake.get_case(work, journey.case_id)
    with pytest.raises(CaseNotFound):
        journey.details(by=rider)
    for leg_id in legs[1:]:
        with pytest.raises(LegNotFound):
            journey.read(leg_id, by=rider)
    with journey.world.work_as(rider) as work:
        assert [leg.id for leg in details.list_legs(work, limit=10)] == [legs[0]]


def test_an_escort_reads_where_and_how_and_no_words(journey, legs, rider):
    journey.escort(legs[0], rider)
    found = journey.read(legs[0], by=rider)
    assert (found.instructions.place, found.instructions.escort_note) == (
        "the mango tree",
        "Bring milk.",
    )
    assert found.progress is None


@pytest.mark.parametrize(
    "end", [("ready", "departed", "arrived"), ("ready", "departed", "aborted"), ("aborted",)]
)
def test_access_ends_with_the_leg(journey, legs, rider, end):
    journey.escort(legs[0], rider)
    journey.move(legs[0], *end)
    with pytest.raises(LegNotFound):
        journey.read(legs[0], by=rider)
    assert places_that_open(journey, rider) == set()


def test_access_to_a_missed_leg_lasts_until_another_replaces_it(journey, legs, rider):
    journey.escort(legs[0], rider)
    journey.move(legs[0], "ready", "departed", "missed")
    assert journey.read(legs[0], by=rider).instructions.place == "the mango tree"
    (new,) = journey.reroute(legs[0], journey.leg("walk", 9, 1))
    assert {row for _, _, row in places_that_open(journey, rider)} == {new}


def test_access_ends_when_the_plan_is_abandoned(journey, legs, rider):
    journey.escort(legs[0], rider)
    journey.escort(legs[1], journey.volunteer(3))
    journey.move(legs[0], "ready", "departed", "missed")
    with journey.world.work_as(journey.coordinator) as work:
        service.abandon_plan(work, service.get_plan(work, journey.case_id).id)
    assert places_that_open(journey, rider) == set()
    assert places_that_open(journey, journey.volunteer(3)) == set()


def test_a_leg_given_to_someone_else_is_taken_from_the_first(journey, legs, rider):
    journey.escort(legs[0], rider)
    journey.escort(legs[0], journey.volunteer(3))
    with pytest.raises(LegNotFound):
        journey.read(legs[0], by=rider)
    assert journey.read(legs[0], by=journey.volunteer(3)).leg.escort_id == journey.volunteer(3).id


def test_a_leg_given_to_its_escort_again_stays_theirs(journey, legs, rider):
    journey.escort(legs[0], rider)
    journey.escort(legs[0], rider)
    assert journey.read(legs[0], by=rider).instructions.place == "the mango tree"


def test_an_escorts_access_can_be_ended_without_a_new_escort(journey, legs, rider):
    journey.escort(legs[0], rider)
    assert journey.escort(legs[0], None).escort_id is None
    assert places_that_open(journey, rider) == set()


def test_who_logged_the_case_is_no_escort_even_after_it_was_taken_from_them(journey, legs):
    knows = journey.volunteer(1)
    with pytest.raises(EscortKnowsPerson):
        journey.escort(legs[0], knows)
    with journey.world.work_as(journey.coordinator) as work:
        work.grants.end(journey.case_id, holder_id=knows.id)
    with pytest.raises(EscortKnowsPerson):
        journey.escort(legs[0], knows)


def test_an_escort_holds_one_leg_of_a_journey_at_a_time(journey, legs, rider):
    journey.escort(legs[0], rider)
    with pytest.raises(EscortHasLeg):
        journey.escort(legs[1], rider)
    journey.complete(legs[0])
    assert journey.escort(legs[1], rider).escort_id == rider.id
    assert {row for table, _, row in cells_that_open(journey, rider) if table == "legs"} == {
        legs[1]
    }


@pytest.mark.parametrize(
    ("role", "team"), [(Role.VOLUNTEER, 2), (Role.COORDINATOR, 1), (Role.VETTER, 1)]
)
def test_an_escort_is_a_volunteer_of_the_team(journey, legs, role, team):
    with pytest.raises(EscortUnavailable):
        journey.escort(legs[0], journey.world.member(role, 2, team=team))


def test_nobody_is_not_an_escort(journey, legs):
    with pytest.raises(EscortUnavailable), journey.world.work_as(journey.coordinator) as work:
        service.assign_escort(work, legs[0], new_id())


def test_a_leg_that_is_over_is_given_to_nobody(journey, legs, rider):
    journey.complete(legs[0])
    with pytest.raises(LegOver):
        journey.escort(legs[0], rider)


def test_an_escort_is_assigned_on_the_newest_version_of_the_leg_only(journey, legs, rider):
    with pytest.raises(Stale), journey.world.work_as(journey.coordinator, based_on=5) as work:
        service.assign_escort(work, legs[0], rider.id)


def test_an_escort_departs_arrives_and_checks_in_and_plans_nothing(journey, legs, rider):
    journey.escort(legs[0], rider)
    with pytest.raises(NotPlanner):
        journey.move(legs[0], "ready", by=rider)
    journey.move(legs[0], "ready")
    with pytest.raises(NotPlanner):
        journey.move(legs[0], "aborted", by=rider)
    journey.move(legs[0], "departed", by=rider)
    journey.check_in(legs[0], "tamarind", by=rider)
    with pytest.raises(NotPlanner), journey.world.work_as(rider) as work:
        escalation.acknowledge(work, legs[0], escalation.DURESS)
    with pytest.raises(NotPlanner), journey.world.work_as(rider) as work:
        reroutes.reroute(work, legs[0], [journey.leg("walk", 9, 1)])
    with pytest.raises(NotPlanner), journey.world.work_as(rider) as work:
        service.assign_escort(work, legs[0], rider.id)
    journey.move(legs[0], "arrived", by=rider)
    assert words_of(journey.read(legs[0])) == ["SAFE"]


def test_an_escort_extends_and_abandons_no_plan(journey, legs, rider):
    journey.escort(legs[0], rider)
    plan_id = journey.details().plan.id
    with pytest.raises(PlanNotFound), journey.world.work_as(rider) as work:
        service.extend_plan(work, plan_id, [journey.leg("walk", 40, 1)])
    with pytest.raises(PlanNotFound), journey.world.work_as(rider) as work:
        service.abandon_plan(work, plan_id)


def test_the_escort_of_the_last_leg_ends_the_whole_plan_without_any_other_key(journey, legs, rider):
    journey.escort(legs[2], rider)
    journey.escort(legs[0], journey.volunteer(3))
    journey.move(legs[2], "ready")
    journey.move(legs[2], "departed", "arrived", by=rider)
    assert journey.legs() == legs
    assert journey.details().plan.status.value == "finished"
    assert places_that_open(journey, journey.volunteer(3)) == set()


def test_an_escort_cannot_grant_more_than_their_leg(journey, legs, rider):
    journey.escort(legs[0], rider)
    route = plan_scope(journey.details().plan.id)
    with pytest.raises(NoGrant), journey.world.work_as(rider) as work:
        work.grants.grant(
            journey.case_id,
            journey.volunteer(3).id,
            [route],
            reason=GrantReason.ESCORT,
            about=legs[0],
        )
