"""The inputs of the road over HTTP: words of a journey, the watch, and others of their kind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.inputs.road import Road
from tests.support.served import serve
from tests.support.world import Person, World


@pytest.fixture
def road(world: World) -> Iterator[Road]:
    with serve(world) as served:
        road = Road(served)
        road.plan()
        yield road


def volunteer(road: Road, number: int = 2) -> Person:
    return road.served.world.member("volunteer", number)


def pass_hours(road: Road, hours: float) -> None:
    """Let hours pass, after which everybody signs in again."""
    road.served.world.clock.advance(hours=hours)
    for who in (road.planner, road.lead):
        road.served.sign_in(who)


def follow(road: Road, who: Person) -> None:
    """Let a volunteer follow the case."""
    body = {"member_id": str(who.id)}
    road.served.post(road.planner, f"/cases/{road.case_id}/assignments", body)


# ---------------------------------------------------------------------- words of a journey


def test_a_duress_word_said_to_the_coordinator_after_a_reroute_alarms(road: Road):
    road.depart(road.legs[0])
    road.reroute(road.legs[0])
    assert road.say(f"/legs/{road.legs[0]}", road.planner, "river stone") == "alert"


def test_a_safe_word_said_to_the_escort_of_a_replaced_leg_is_heard_on_the_new_one(road: Road):
    road.escort(road.legs[0], volunteer(road))
    road.depart(road.legs[0])
    new = road.reroute(road.reroute(road.legs[0]))
    assert road.say(f"/legs/{road.legs[0]}", volunteer(road), "mango tree") == "heard"
    (said,) = road.served.get(road.planner, f"/legs/{new}")["progress"]["check_ins"]
    assert said["word"] == "safe"


@pytest.mark.parametrize("to", ["arrived", "missed", "aborted"])
def test_a_duress_word_alarms_ten_minutes_after_the_leg_ended(road: Road, to: str):
    road.depart(road.legs[0])
    road.change(road.legs[0], "moves", {"to": to})
    road.served.world.clock.advance(minutes=10)
    assert road.say(f"/legs/{road.legs[0]}", road.planner, "river stone") == "alert"


def test_the_first_of_two_escorts_sends_what_was_heard_before(road: Road):
    road.escort(road.legs[0], volunteer(road))
    road.depart(road.legs[0])
    road.escort(road.legs[0], volunteer(road, 3))
    assert road.say(f"/legs/{road.legs[0]}", volunteer(road), "river stone") == "alert"


def test_the_sixth_word_after_five_misheard_ones_alarms(road: Road):
    for word in ("liver stove", "never alone", "river", "stone", "mangoes"):
        assert road.say(f"/legs/{road.legs[0]}", road.planner, word) == "kept"
    assert road.say(f"/legs/{road.legs[0]}", road.planner, "river stone") == "alert"


def test_an_assigned_volunteer_is_heard_on_a_leg_without_an_escort(road: Road):
    follow(road, volunteer(road))
    for path in (f"/legs/{road.legs[0]}", f"/cases/{road.case_id}"):
        assert road.say(path, volunteer(road), "mango tree") == "heard"
    assert road.served.ask(volunteer(road), "GET", f"/legs/{road.legs[0]}").status_code == 404


@pytest.mark.parametrize(
    ("word", "more"),
    [
        ("yes, mango tree, river stone", {}),
        ("mango tree", {"note": "he said RIVER-STONE twice"}),
        ("mango tree", {"at": "after the river stone"}),
        (None, {"note": "river\u200b stone"}),
        ("\u2068r\u00edver st\u00f3ne\u2069", {}),
        ("mango tree", {"field of a newer client": "river stone"}),
    ],
)
def test_a_duress_word_counts_first_in_whichever_field(road: Road, word: str, more: Any):
    assert road.say(f"/legs/{road.legs[0]}", road.planner, word, **more) == "alert"


def test_words_are_heard_whatever_became_of_the_plan_and_the_case(road: Road):
    road.escort(road.legs[0], volunteer(road))
    road.depart(road.legs[0])
    road.abandon()
    path = f"/legs/{road.legs[0]}"
    assert road.say(path, volunteer(road), "river stone") == "alert"
    shown = road.served.get(road.planner, f"/cases/{road.case_id}")
    body = {"decision": "decline", "reason": "Not ours."}
    triage = f"/cases/{road.case_id}/triage"
    road.served.post(road.planner, triage, body, based_on=shown["version"])
    assert road.say(path, volunteer(road), "mango tree") == "heard"
    assert road.say(f"/cases/{road.case_id}", road.planner, "river stone") == "alert"


# ---------------------------------------------------------------------- the watch


def test_a_departed_leg_that_is_rerouted_stays_on_the_watch_in_one_silence(road: Road):
    road.depart(road.legs[0])
    pass_hours(road, 0.8)
    before = road.watched()[0]["last_contact_at"]
    new = road.reroute(road.legs[0])
    (row,) = road.watched()
    assert (row["leg_id"], row["status"], row["last_contact_at"]) == (new, "departed", before)


def test_an_arrival_before_the_departure_is_refused(road: Road):
    road.depart(road.legs[0])
    at = (road.served.world.clock.at - timedelta(hours=3)).isoformat()
    refused = road.change(road.legs[0], "moves", {"to": "arrived", "at": at})
    assert (refused.status_code, refused.json()["code"]) == (422, "leg.happened_out_of_order")


def test_news_of_the_second_leg_closes_the_first_without_a_false_alarm(road: Road):
    road.depart(road.legs[0])
    road.depart(road.legs[1])
    assert road.served.get(road.planner, f"/legs/{road.legs[0]}")["status"] == "arrived"
    pass_hours(road, 7)
    assert [(row["leg_id"], row["level"]) for row in road.watched()] == [(road.legs[1], None)]


def test_a_bus_that_is_late_moves_the_due_time_on_record_and_raises_no_alarm(road: Road):
    road.depart(road.legs[0])
    later = (road.served.world.clock.at + timedelta(hours=10)).isoformat()
    body = {"due_at": later, "reason": "The bus is five hours late."}
    assert road.change(road.legs[0], "due", body).status_code == 200
    pass_hours(road, 8)
    assert [row["level"] for row in road.watched()] == [None]
    progress = road.served.get(road.planner, f"/legs/{road.legs[0]}")["progress"]
    assert progress["due_moves"][0]["reason"] == "The bus is five hours late."


def test_a_check_in_of_an_hour_ago_counts_then_and_says_when_the_next_sign_comes(road: Road):
    road.depart(road.legs[0])
    pass_hours(road, 2)
    now = road.served.world.clock.at
    body = {"at": str(now - timedelta(hours=1)), "next_sign_at": str(now + timedelta(hours=9))}
    assert road.say(f"/legs/{road.legs[0]}", road.planner, "mango tree", **body) == "heard"
    shown = road.served.get(road.planner, f"/legs/{road.legs[0]}")
    (said,) = shown["progress"]["check_ins"]
    assert (said["at"], said["said_at"]) == ("2026-03-02T10:00:00Z", None)
    assert shown["expected_at"] == said["next_sign_at"] == "2026-03-02T20:00:00Z"


@pytest.mark.parametrize("seconds", [20, 90, 150, 1200, -40 * 86_400, 400 * 86_400])
def test_a_check_in_is_heard_whatever_the_senders_clock_says(road: Road, seconds: int):
    at = (road.served.world.clock.at + timedelta(seconds=seconds)).isoformat()
    path = f"/legs/{road.legs[0]}"
    assert road.say(path, road.planner, "mango tree", at=at) == "heard"
    assert road.say(path, road.planner, "river stone", at=at) == "alert"
    kept = road.served.get(road.planner, path)["progress"]["check_ins"]
    assert {said["said_at"] for said in kept} == {at.replace("+00:00", "Z")}
