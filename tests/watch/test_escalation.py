"""Silence on the road: who is notified, who acknowledges it, and when it is over."""

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from app.alerts.models import AlertKind
from app.alerts.service import list_alerts
from app.audit.models import AuditEvent
from app.audit.trail import read_detail
from app.permissions import Role
from app.relocation.errors import LegNotFound
from app.store.base import new_id
from app.watch import escalation
from app.watch.errors import NothingToAcknowledge
from app.watch.models import EscalationLevel, LegEscalation, NotifiedGroup
from tests.support.relocation_steps import levels_of


@pytest.fixture
def leg(journey):
    return journey.open_plan(journey.leg("boat", 6, 2), journey.leg("arrival", 40, 4))[0]


def acknowledge(journey, leg_id, what, note=None, by=None):
    with journey.world.work_as(by or journey.coordinator) as work:
        escalation.acknowledge(work, leg_id, what, note)


def test_a_leg_becomes_late_overdue_and_missing_by_the_clock_alone(journey, leg):
    seen = []
    for hours in (6, 6.1, 8, 8.1, 12, 12.1, 90):
        journey.at(hours)
        journey.escalate()
        seen.append(levels_of(journey.read(leg)))
    late, overdue, missing = ["late"], ["late", "overdue"], ["late", "overdue", "missing"]
    assert seen == [[], late, late, overdue, overdue, missing, missing]


def test_escalating_twice_at_one_moment_reaches_nothing_new(journey, leg):
    journey.at(13)
    assert journey.escalate() == 3
    assert journey.escalate() == 0


def test_a_level_that_a_wrong_clock_reached_is_reached_again_in_the_run_that_voids_it(journey, leg):
    journey.at(13)
    assert journey.escalate() == 3
    journey.at(7)
    assert journey.escalate() == 1, "missing was too early; late is true, and said in the same run"
    assert levels_of(journey.read(leg))[-1] == "late"


@pytest.mark.usefixtures("world_on_both")
def test_the_database_refuses_a_level_that_a_silence_has_reached_already(journey, leg):
    """On both databases: race; two workers that escalate at once reach a level once."""
    journey.at(7)
    journey.escalate()
    engine = journey.world.deployment.engine
    table = LegEscalation.__table__
    with engine.connect() as connection:
        row = dict(connection.execute(select(table)).mappings().one())
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(insert(table).values(row | {"id": new_id()}))


def test_who_is_on_duty_is_notified_first_then_coordinators_then_leads(journey, leg):
    journey.at(13)
    journey.escalate()
    notified = {
        r.escalation.level: r.escalation.notified for r in journey.read(leg).progress.escalations
    }
    assert notified == {
        EscalationLevel.LATE: NotifiedGroup.ON_DUTY,
        EscalationLevel.OVERDUE: NotifiedGroup.COORDINATORS,
        EscalationLevel.MISSING: NotifiedGroup.COORDINATORS_AND_LEADS,
    }
    with journey.world.work_as(journey.world.member(Role.LEAD)) as work:
        (opened,) = list_alerts(work, limit=10)
    assert (opened.notice.kind, opened.notice.leg_id) == (AlertKind.MISSING, leg)


def test_each_level_is_in_the_log_with_the_leg(journey, leg):
    journey.at(8.5)
    journey.escalate()
    deployment = journey.world.deployment
    with journey.world.work_as(journey.coordinator) as work:
        key = work.keyring.log_key(journey.case_id)
        found = work.session.scalars(select(AuditEvent).where(AuditEvent.action == "leg:silent"))
        facts = [read_detail(e, key, deployment.organisation).facts for e in found]
    assert sorted(fact["level"] for fact in facts) == ["late", "overdue"]
    assert {fact["leg"] for fact in facts} == {str(leg)}


@pytest.mark.usefixtures("world_on_both")
def test_more_silent_legs_than_fit_in_a_run_escalate_in_the_next(journey, leg, monkeypatch):
    """On both databases: lock."""
    journey.at(41)
    monkeypatch.setattr(escalation, "LEGS_A_RUN", 1)
    assert journey.escalate() == 3
    assert journey.escalate() == 1
    assert journey.escalate() == 0


@pytest.mark.parametrize("end", ["arrived", "missed", "aborted"])
def test_a_leg_that_has_ended_escalates_no_further(journey, leg, end):
    journey.move(leg, "ready", "departed", end)
    journey.at(39)
    assert journey.escalate() == 0


def test_a_departure_is_a_contact(journey, leg):
    journey.move(leg, "ready")
    journey.at(9)
    journey.escalate()
    journey.move(leg, "departed")
    assert levels_of(journey.read(leg)) == []
    journey.at(11.5)
    journey.escalate()
    assert levels_of(journey.read(leg)) == ["late"]


def test_being_made_ready_is_no_contact(journey, leg):
    journey.at(9)
    journey.escalate()
    journey.move(leg, "ready")
    assert levels_of(journey.read(leg)) == ["late", "overdue"]


def test_a_level_is_acknowledged_with_those_below_it(journey, leg):
    journey.at(9)
    journey.escalate()
    acknowledge(journey, leg, EscalationLevel.OVERDUE, "asked at the landing")
    taken = [one.acknowledgement for one in journey.read(leg).progress.escalations]
    assert [one.note for one in taken] == ["asked at the landing"] * 2
    assert {one.by for one in taken} == {journey.coordinator.id}
    assert journey.watched(leg).acknowledged


def test_a_higher_level_needs_a_new_acknowledgement(journey, leg):
    journey.at(9)
    acknowledge(journey, leg, EscalationLevel.OVERDUE)
    journey.at(13)
    assert not journey.watched(leg).acknowledged


def test_a_level_can_be_acknowledged_before_the_worker_has_noticed_it(journey, leg):
    journey.at(7)
    acknowledge(journey, leg, EscalationLevel.LATE)
    assert levels_of(journey.read(leg)) == ["late"]
    assert journey.escalate() == 0


@pytest.mark.parametrize(
    "what", [EscalationLevel.OVERDUE, EscalationLevel.MISSING, escalation.DURESS]
)
def test_what_has_not_happened_is_not_acknowledged(journey, leg, what):
    journey.at(7)
    with pytest.raises(NothingToAcknowledge):
        acknowledge(journey, leg, what)


@pytest.mark.parametrize("what", [EscalationLevel.LATE, escalation.DURESS])
def test_nothing_is_acknowledged_twice(journey, leg, what):
    journey.check_in(leg, "monsoon")
    journey.at(9)
    acknowledge(journey, leg, what)
    with pytest.raises(NothingToAcknowledge):
        acknowledge(journey, leg, what, by=journey.world.member(Role.COORDINATOR, 2))


def test_a_coordinator_of_another_team_acknowledges_nothing(journey, leg):
    journey.at(9)
    with pytest.raises(LegNotFound):
        acknowledge(
            journey, leg, EscalationLevel.LATE, by=journey.world.member(Role.COORDINATOR, team=2)
        )


def test_the_minute_of_an_acknowledgement_is_sealed_and_the_day_is_plain(journey, leg):
    journey.at(9)
    acknowledge(journey, leg, EscalationLevel.LATE)
    with journey.world.deployment.sessions() as session:
        row = session.scalars(
            select(LegEscalation).where(LegEscalation.level == EscalationLevel.LATE)
        ).one()
    assert row.acknowledged_on == journey.world.deployment.day_of(journey.world.clock.at)
    assert row.acknowledgement.envelope is not None


def test_a_leg_shows_no_minute_any_more_once_it_is_over(journey, leg):
    journey.at(9)
    journey.escalate()
    journey.move(leg, "ready", "departed", "arrived")
    found = journey.read(leg)
    assert found.leg.expected_at is None
    assert found.progress.record.arrived_at == journey.world.clock.at
