"""A journey of a case that was merged: who follows the one that goes on is heard on it."""

from __future__ import annotations

import pytest

from app.alerts.models import AlertKind
from app.alerts.service import list_alerts
from app.cases.assignments import assign_case
from app.cases.models import Contact, Identity
from app.intake.merging import merge
from app.permissions import Role
from app.relocation import service
from app.relocation.errors import PlanNotFound
from app.relocation.models import PlanStatus
from app.relocation.moves import end_plan
from app.watch.check_ins import CheckInReport, check_in_on_case
from app.watch.models import Word
from tests.support.relocation_steps import Journey


def follow(journey: Journey, number: int):
    """Let a volunteer follow the case of a journey."""
    who = journey.volunteer(number)
    with journey.world.work_as(journey.coordinator) as work:
        assign_case(work, journey.case_id, who.id)
    return who


@pytest.fixture
def survivor(journey):
    """A case into which that of a finished journey was merged, which one volunteer followed."""
    journey.open_plan(journey.leg("bus", 6, 1), journey.leg("arrival", 20, 2))
    follow(journey, 2)
    with journey.world.work_as(journey.coordinator) as work:
        end_plan(work, service.get_plan(work, journey.case_id), PlanStatus.ABANDONED)
    other = journey.world.open_case(identity=Identity("Moe Lwin"), contact=Contact("phone"))
    with journey.world.work_as(journey.coordinator) as work:
        merge(work, journey.case_id, other, "The same person.")
    return Journey(journey.world, other)


def said(journey, survivor, who, word):
    with journey.world.work_as(who) as work:
        receipt = check_in_on_case(work, survivor.case_id, CheckInReport(word=word))
    with journey.world.work_as(journey.world.member(Role.LEAD)) as work:
        kinds = [found.notice.kind for found in list_alerts(work, limit=10)]
    return receipt.understood, AlertKind.DURESS_AT_CHECK_IN in kinds


def test_who_followed_the_merged_case_or_follows_the_survivor_is_heard(journey, survivor):
    assert said(journey, survivor, journey.volunteer(2), "tamarind") == (True, False)
    later = follow(survivor, 3)
    assert said(journey, survivor, later, "the monsoon, he said") == (True, True)


def test_a_coordinator_of_the_survivor_is_heard(journey, survivor):
    assert said(journey, survivor, journey.coordinator, "monsoon") == (True, True)
    assert Word.DURESS in [
        found.word for found in journey.details().legs[-1].progress.check_ins
    ] + [found.word for found in journey.details().legs[0].progress.check_ins]


def test_a_month_after_the_journey_nobody_hears_it_any_more(journey, survivor):
    journey.at(24 * 33)
    with journey.world.work_as(journey.coordinator) as work, pytest.raises(PlanNotFound):
        check_in_on_case(work, survivor.case_id, CheckInReport(word="monsoon"))
