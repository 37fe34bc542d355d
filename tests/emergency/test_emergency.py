"""Work begins before vetting ends by two decisions, a coordinator's and a lead's, for a while."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.alerts.models import AlertKind
from app.alerts.service import list_alerts
from app.cases import moves, service
from app.cases.errors import CaseNotFound
from app.cases.models import Case, CaseStatus
from app.emergency.errors import EmergencyDecided, EmergencyNotApplicable
from app.emergency.service import decide_emergency, list_requests
from app.errors import Invalid, Stale
from app.presets import Preset
from app.vault.errors import NoGrant
from tests.support.intake_steps import opened, version_of


def decide(world, person, case_id, hours=24, reason="infant without food", based_on=-1):
    with world.work_as(person, based_on=based_on) as work:
        return decide_emergency(work, case_id, reason, hours)


def until(world, case_id):
    with world.deployment.sessions() as session:
        return session.get_one(Case, case_id).emergency_until


@pytest.fixture
def coordinator(world):
    """One who has not the watch."""
    return world.member("coordinator", 2)


@pytest.fixture
def on_duty(world):
    return world.member("coordinator")


@pytest.fixture
def lead(world):
    return world.member("lead")


def test_it_takes_a_coordinator_and_a_lead(world, coordinator, lead):
    case_id = opened(world)
    decide(world, coordinator, case_id)
    assert until(world, case_id) is None
    world.clock.advance(minutes=30)
    decide(world, lead, case_id)
    assert until(world, case_id) == world.clock() + timedelta(hours=24)


def test_the_shorter_of_the_two_times_counts(world, coordinator, lead):
    case_id = opened(world)
    decide(world, coordinator, case_id, hours=72)
    decide(world, lead, case_id, hours=12)
    assert until(world, case_id) == world.clock() + timedelta(hours=12)


def test_one_side_does_not_decide_twice(world, coordinator):
    case_id = opened(world)
    decide(world, coordinator, case_id)
    for person in (coordinator, world.member("coordinator")):
        with pytest.raises(EmergencyDecided):
            decide(world, person, case_id)
    assert until(world, case_id) is None


def test_a_lead_knows_of_no_case_before_they_are_asked(world, lead):
    case_id = opened(world)
    with pytest.raises(CaseNotFound):
        decide(world, lead, case_id)
    with world.work_as(lead) as work:
        assert list_requests(work) == []


def test_a_lead_reads_the_reason_and_the_summary_and_nothing_else(world, coordinator, lead):
    case_id = opened(world)
    decide(world, coordinator, case_id, reason="no food, exposed where he is")
    with world.work_as(lead) as work:
        (request,) = list_requests(work)
        assert request.reason == "no food, exposed where he is"
        assert request.summary.urgent
        case = request.case
        for cell in (case.identity, case.papers, case.contact, case.account, case.reporting):
            with pytest.raises(NoGrant):
                work.vault.open(cell)


def test_a_coordinator_sees_what_waits_for_a_lead(world, coordinator):
    case_id = opened(world)
    decide(world, coordinator, case_id)
    for number in (1, 2):
        with world.work_as(world.member("coordinator", number)) as work:
            assert [request.case.id for request in list_requests(work)] == [case_id]
    with world.work_as(world.member("coordinator", team=2)) as work:
        assert list_requests(work) == []


def test_once_decided_nothing_waits_and_the_lead_holds_nothing(world, coordinator, lead):
    case_id = opened(world)
    decide(world, coordinator, case_id)
    decide(world, lead, case_id)
    for person in (coordinator, lead):
        with world.work_as(person) as work:
            assert list_requests(work) == []
    with world.work_as(lead) as work, pytest.raises(CaseNotFound):
        service.get_case(work, case_id)


def test_a_request_that_nobody_confirms_lapses(world, coordinator, lead):
    case_id = opened(world)
    decide(world, coordinator, case_id)
    world.clock.advance(days=2)
    with pytest.raises(CaseNotFound):
        decide(world, lead, case_id)
    decide(world, coordinator, case_id)
    decide(world, lead, case_id)
    assert until(world, case_id) is not None


def test_an_emergency_can_be_requested_again_when_it_has_passed(world, coordinator, lead):
    case_id = opened(world)
    for _ in range(2):
        decide(world, coordinator, case_id, hours=12)
        decide(world, lead, case_id, hours=12)
        assert until(world, case_id) == world.clock() + timedelta(hours=12)
        world.clock.advance(hours=13)


def test_a_case_past_vetting_needs_no_emergency(world, coordinator):
    case_id = opened(world)
    for to in (CaseStatus.VETTING, CaseStatus.ACTIVE):
        with world.work_as(coordinator) as work:
            moves.move_case(work, service.get_case(work, case_id), to)
    with pytest.raises(EmergencyNotApplicable):
        decide(world, coordinator, case_id)


@pytest.mark.parametrize("hours", [0, -1, 73])
def test_an_emergency_lasts_from_one_hour_to_three_days(world, coordinator, hours):
    case_id = opened(world)
    with pytest.raises(Invalid) as refused:
        decide(world, coordinator, case_id, hours=hours)
    assert refused.value.field == "hours"


def test_both_decisions_are_based_on_the_newest_version(world, coordinator, lead):
    case_id = opened(world)
    decide(world, coordinator, case_id, based_on=1)
    assert version_of(world, case_id) == 2
    with pytest.raises(Stale):
        decide(world, lead, case_id, based_on=1)
    decide(world, lead, case_id, based_on=2)
    assert until(world, case_id) is not None


@pytest.mark.parametrize(("preset", "hours"), [("small", 24), ("dozen", 12), ("large", 6)])
def test_who_has_the_watch_begins_it_alone_for_the_hours_of_the_preset(
    world, on_duty, lead, preset, hours, monkeypatch
):
    chosen = replace(world.deployment.organisation_settings, preset=Preset(preset))
    monkeypatch.setattr(type(world.deployment), "organisation_settings", chosen)
    case_id = opened(world)
    decide(world, on_duty, case_id, hours=72)
    assert until(world, case_id) == world.clock() + timedelta(hours=hours)
    with world.work_as(lead) as work:
        kinds = [one.notice.kind for one in list_alerts(work, limit=9)]
        assert AlertKind.EMERGENCY_BEGUN in kinds
        assert [request.case.id for request in list_requests(work)] == [case_id]
    decide(world, lead, case_id, hours=48)
    assert until(world, case_id) == world.clock() + timedelta(hours=48)


def test_alone_it_lasts_no_longer_than_was_said(world, on_duty):
    case_id = opened(world)
    decide(world, on_duty, case_id, hours=2)
    assert until(world, case_id) == world.clock() + timedelta(hours=2)


def test_without_a_lead_s_part_it_ends_and_is_not_begun_alone_again(world, on_duty, lead):
    case_id = opened(world)
    decide(world, on_duty, case_id)
    ends = until(world, case_id)
    with pytest.raises(EmergencyDecided):
        decide(world, on_duty, case_id)
    world.clock.advance(days=2)
    decide(world, on_duty, case_id)
    assert until(world, case_id) == ends
    decide(world, lead, case_id)
    assert until(world, case_id) == world.clock() + timedelta(hours=24)


def test_another_coordinator_begins_nothing_alone(world, coordinator):
    case_id = opened(world)
    decide(world, coordinator, case_id)
    assert until(world, case_id) is None
