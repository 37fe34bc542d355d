"""What was done with a case is read back, by who holds it, newest first."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.cases import assignments, events, service
from app.cases.errors import CaseNotFound
from app.intake import triage
from app.intake.triage import Triage
from tests.support.intake_steps import FAMILY, opened


@pytest.fixture
def coordinator(world):
    return world.member("coordinator")


def read(world, person, case_id, limit=100, after=None):
    with world.work_as(person) as work:
        return events.list_events(work, case_id, after=after, limit=limit)


def test_every_act_is_there_with_who_and_when_newest_first(world, coordinator):
    case_id = opened(world)
    world.clock.advance(hours=1)
    with world.work_as(coordinator) as work:
        triage.decide_triage(work, case_id, Triage.ACCEPT)
    world.clock.advance(hours=1)
    with world.work_as(coordinator) as work:
        assignments.assign_case(work, case_id, world.member("volunteer", 2).id)
    found = read(world, coordinator, case_id)
    actions = [event.action for event in found]
    assert actions.index("case:assigned") < actions.index("case:accepted")
    assert actions.index("case:accepted") < actions.index("case:opened")
    opening = next(event for event in found if event.action == "case:opened")
    assert opening.actor_id == world.member("volunteer").id
    assert (found[0].at - opening.at).total_seconds() == 7200


def test_readings_are_events_too(world, coordinator):
    case_id = opened(world)
    with world.work_as(world.member("volunteer")) as work:
        service.read_case(work, case_id)
    (reading,) = [e for e in read(world, coordinator, case_id) if e.action == "case:revealed"]
    assert reading.actor_id == world.member("volunteer").id
    assert reading.facts == {
        "compartments": [
            "summary",
            "household",
            "identity",
            "papers",
            "contact",
            "account",
            "reporting",
        ]
    }


def test_events_of_other_cases_are_not_among_them(world, coordinator):
    one, two = opened(world), opened(world, FAMILY)
    ids = [{event.id for event in read(world, coordinator, case_id)} for case_id in (one, two)]
    assert ids[0].isdisjoint(ids[1])


@pytest.mark.usefixtures("world_on_both")
def test_events_come_page_by_page_and_none_twice(world, coordinator):
    """On both databases: paging."""
    case_id = opened(world)
    for _ in range(3):
        world.clock.advance(minutes=5)
        with world.work_as(coordinator) as work:
            service.add_note(work, case_id, "Called.")
    everything = read(world, coordinator, case_id)
    seen, after = [], None
    while page := read(world, coordinator, case_id, limit=2, after=after):
        seen += [event for event in page if event.action != "case:events_listed"]
        after = (page[-1].at, page[-1].id)
    expected = [event.id for event in everything if event.action != "case:events_listed"]
    assert [event.id for event in seen] == expected


def test_another_teams_coordinator_reads_no_events(world):
    case_id = opened(world)
    with pytest.raises(CaseNotFound):
        read(world, world.member("coordinator", team=2), case_id)


def test_an_altered_event_is_shown_as_shut_with_nothing_of_what_it_said(world, coordinator):
    case_id = opened(world)
    with world.deployment.engine.begin() as connection:
        triggers = {
            "sqlite": ["DROP TRIGGER audit_events_no_update"],
            "postgresql": ["ALTER TABLE audit_events DISABLE TRIGGER ALL"],
        }
        for statement in triggers[connection.dialect.name]:
            connection.execute(text(statement))
        connection.execute(
            text("UPDATE audit_events SET commitment = :other WHERE action = 'case:opened'"),
            {"other": bytes(32)},
        )
    found = read(world, coordinator, case_id)
    shut = [event for event in found if event.actor_id is None]
    assert [(event.action, event.facts) for event in shut] == [("case:opened", {})]
