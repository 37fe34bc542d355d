"""The main job, over HTTP: everyone does their part, and the log says so.

On both databases: journey.
"""

from __future__ import annotations

import pytest

from tests.support.journey import Journey, walk_once
from tests.support.served import serve

pytestmark = pytest.mark.usefixtures("world_on_both")


@pytest.fixture
def journey(new_world):
    with serve(new_world(walk_once)) as served:
        yield Journey.walked_in(served)


def test_one_person_is_brought_from_first_contact_to_a_closed_case(journey):
    assert journey.seen["case"]["status"] == "closed"
    assert journey.seen["round"]["outcome"] == "verified"
    assert journey.seen["redeemed"]["valid"] is True
    assert journey.seen["aid"]["status"] == "confirmed"
    assert journey.seen["fund"]["balance"] == 9_000_000 - 1_500_000
    assert journey.seen["fund"]["reserved"] == 0


def test_the_audit_events_of_a_case_tell_its_whole_way(journey):
    actions = {event["action"] for event in journey.seen["events"]}
    assert {
        "case:opened",
        "case:noted",
        "case:accepted",
        "case:assigned",
        "vetting:ended",
        "plan:opened",
        "leg:moved",
        "leg:checked_in",
        "code:redeemed",
        "aid:requested",
        "aid:paid",
        "case:moved",
        "case:revealed",
        "grant:given",
        "grant:ended",
    } <= actions


def test_a_volunteer_whose_case_is_closed_sees_it_no_longer(journey):
    assert journey.served.get(journey.volunteer, "/cases")["items"] == []
    answer = journey.served.ask(journey.volunteer, "GET", f"/cases/{journey.case_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "case.not_found")
