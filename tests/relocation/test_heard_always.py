"""On the road nothing is lost: what was met in use, as journeys."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.alerts.models import AlertKind
from app.alerts.service import list_alerts
from app.cases.assignments import assign_case, list_assignments, unassign_case
from app.cases.service import get_case
from app.casework.journeys import HEARD_FOR, end_hearing
from app.permissions import Role
from app.relocation import moves
from app.relocation.errors import (
    DueOutOfOrder,
    HappenedOutOfOrder,
    LegNotFound,
    LegOver,
    LegWalkedLater,
    WordsAlike,
)
from app.relocation.legs import WalkedLeg
from app.relocation.models import JourneyWords, LegKind, LegStatus, Plan
from app.relocation.service import add_walked_leg, get_plan
from app.relocation.words import tell_words
from app.watch.check_ins import CheckInReport, check_in_on_case
from tests.support.relocation_steps import levels_of, words_of

AGREED = {"safe_word": "mango tree", "duress_word": "river stone"}


@pytest.fixture
def legs(journey):
    return journey.open_plan(
        journey.leg("bus", 6, 1),
        journey.leg("stay", 12, 1),
        journey.leg("arrival", 20, 2),
        **AGREED,
    )


@pytest.fixture
def rider(journey, legs):
    journey.escort(legs[0], journey.volunteer(2))
    return journey.volunteer(2)


def alarms(journey):
    """How many duress words the leads were told of."""
    with journey.world.work_as(journey.world.member(Role.LEAD)) as work:
        found = list_alerts(work, limit=100)
    return sum(one.notice.kind is AlertKind.DURESS_AT_CHECK_IN for one in found)


def assign(journey, number=1):
    """Let a volunteer follow the case."""
    who = journey.volunteer(number)
    with journey.world.work_as(journey.coordinator) as work:
        assign_case(work, journey.case_id, who.id)
    return who


# ---------------------------------------------------------------------- words of a journey


def test_a_duress_word_agreed_on_before_a_reroute_alarms_after_it(journey, legs):
    journey.move(legs[0], "ready", "departed")
    (new,) = journey.reroute(legs[0], journey.leg("walk", 9, 1))
    journey.check_in(new, "river stone")
    assert alarms(journey) == 1
    assert words_of(journey.read(new)) == ["DURESS"]


def test_a_safe_word_brought_for_a_replaced_leg_is_heard_on_the_new_one(journey, legs, rider):
    journey.move(legs[0], "ready", "departed")
    (new,) = journey.reroute(legs[0], journey.leg("walk", 9, 1))
    journey.at(5.5)
    journey.check_in(legs[0], "mango tree", by=rider)
    found = journey.read(new)
    assert words_of(found) == ["SAFE"]
    assert found.leg.expected_at == journey.began + timedelta(hours=9)


@pytest.mark.parametrize("end", [("arrived",), ("missed",), ("aborted",)])
def test_a_duress_word_alarms_whatever_became_of_the_leg(journey, legs, rider, end):
    journey.move(legs[0], "ready", "departed", *end)
    journey.world.clock.advance(minutes=10)
    journey.check_in(legs[0], "river stone", by=rider)
    assert alarms(journey) == 1


def test_who_escorted_before_another_did_is_heard(journey, legs, rider):
    journey.escort(legs[0], journey.volunteer(3))
    assert journey.check_in(legs[0], "river stone", by=rider).expected_at is None
    assert alarms(journey) == 1


def test_the_sixth_word_within_a_minute_alarms(journey, legs, rider):
    for _ in range(5):
        journey.check_in(legs[0], "liver bone", by=rider)
    journey.check_in(legs[0], "river stone", by=rider)
    assert alarms(journey) == 1


def test_who_follows_the_case_checks_in_without_reading_places(journey, legs):
    follower = assign(journey)
    with journey.world.work_as(follower) as work:
        check_in_on_case(work, journey.case_id, CheckInReport(word="mango tree"))
    assert words_of(journey.read(legs[0])) == ["SAFE"]
    with pytest.raises(LegNotFound):
        journey.read(legs[0], by=follower)


def test_who_follows_the_case_before_the_journey_is_planned_hears_it(journey):
    follower = assign(journey)
    (leg,) = journey.open_plan(journey.leg("bus", 6, 1), **AGREED)
    assert journey.check_in(leg, "mango tree", by=follower).expected_at is not None


def test_of_two_words_in_one_sentence_the_duress_word_counts(journey, legs):
    journey.check_in(legs[0], "yes, mango tree, river stone")
    assert words_of(journey.read(legs[0])) == ["DURESS"]
    assert alarms(journey) == 1


@pytest.mark.parametrize(
    "report",
    [
        CheckInReport(word="all well", note="she said RIVER-STONE at the end"),
        CheckInReport(word=None, note="no answer; then a text: riverstone"),
        CheckInReport(word="ｒｉｖｅｒ　ｓｔｏｎｅ"),
        CheckInReport(word="\u2068river\u200b stone\u2069."),
    ],
)
def test_a_duress_word_alarms_in_whichever_field_and_spelling(journey, legs, report):
    with journey.world.work_as(journey.coordinator) as work:
        check_in_on_case(work, journey.case_id, report)
    assert alarms(journey) == 1


def test_a_burmese_duress_word_alarms_in_any_order_of_its_marks(journey):
    (leg,) = journey.open_plan(journey.leg("bus", 6, 1), safe_word="သစ်ပင်", duress_word="ပုံပြင်")
    journey.check_in(leg, "ဒီနေ့ပံုပြင်ပြောပါ")
    assert alarms(journey) == 1


def test_new_words_are_heard_once_told_and_old_duress_words_go_on_alarming(journey, legs):
    with journey.world.work_as(journey.coordinator) as work:
        plan = get_plan(work, journey.case_id)
        tell_words(work, plan.id, "green umbrella", "blue lamp")
    for said in ("green umbrella", "blue lamp", "river stone", "mango tree"):
        journey.check_in(legs[0], said)
    assert words_of(journey.read(legs[0])) == ["SAFE", "DURESS", "DURESS", "NOT_UNDERSTOOD"]
    assert journey.words() == JourneyWords("green umbrella", "blue lamp", ("river stone",))
    with pytest.raises(WordsAlike), journey.world.work_as(journey.coordinator) as work:
        tell_words(work, plan.id, "river stone", "other")


def test_words_that_were_destroyed_are_recognised_by_their_marks(journey, legs, rider):
    with journey.world.work_as(journey.coordinator) as work:
        plan = get_plan(work, journey.case_id)
        work.session.connection().execute(
            Plan.__table__.update().where(Plan.id == plan.id).values(words_sealed=None)
        )
    for said in ("well, mango tree", "no: river stone", "umbrella"):
        journey.check_in(legs[0], said, by=rider)
    assert words_of(journey.read(legs[0])) == ["SAFE", "DURESS", "NOT_UNDERSTOOD"]


def test_words_are_heard_for_a_month_after_the_journey(journey, legs, rider):
    follower = assign(journey)
    for leg in legs:
        journey.complete(leg)
    over = journey.world.clock.at
    for days in (0, HEARD_FOR.days):
        journey.world.clock.at = over + timedelta(days=days)
        with journey.world.work_as(None) as work:
            assert end_hearing(work) == 0
        journey.check_in(legs[0], "river stone", by=rider)
        journey.check_in(legs[1], "river stone", by=follower)
    journey.world.clock.advance(days=1)
    with journey.world.work_as(None) as work:
        assert end_hearing(work) == 2
    for who in (rider, follower):
        with pytest.raises(LegNotFound):
            journey.check_in(legs[0], "river stone", by=who)


def test_who_follows_the_case_no_more_hears_no_more(journey, legs):
    follower = assign(journey)
    with journey.world.work_as(journey.coordinator) as work:
        (assignment,) = list_assignments(work, get_case(work, journey.case_id))
        unassign_case(work, journey.case_id, assignment.id)
    with pytest.raises(LegNotFound):
        journey.check_in(legs[0], "mango tree", by=follower)


# ---------------------------------------------------------------------- the watch


def test_a_departed_leg_that_is_rerouted_stays_on_the_watch_in_the_same_silence(
    journey, legs, rider
):
    journey.move(legs[0], "ready", "departed")
    journey.at(7.5)
    journey.escalate()
    before = journey.watched(legs[0])
    (new,) = journey.reroute(legs[0], journey.leg("walk", 14, 1))
    after = journey.watched(new)
    assert (after.level, after.minutes_past_due) == (before.level, before.minutes_past_due)
    assert levels_of(journey.read(new)) == ["late", "overdue"]
    found = journey.read(new)
    assert (found.leg.status, found.leg.escort_id) == (LegStatus.DEPARTED, rider.id)
    assert found.progress.record.left_at == journey.began
    assert journey.read(new, by=rider).progress is None
    assert journey.escalate() == 0
    journey.at(9.1)
    assert journey.escalate() == 1


def test_who_lost_their_escort_leads_the_watch(journey, legs, rider):
    journey.move(legs[0], "ready", "departed")
    with journey.world.work_as(None) as work:
        work.grants.end_all_of(rider.id)
    first = journey.watch()[0]
    assert (first.leg.id, first.nobody_with_them) == (legs[0], True)
    journey.escort(legs[0], journey.volunteer(3))
    assert not journey.watch()[0].nobody_with_them


def test_between_two_legs_a_traveller_is_on_the_watch(journey, legs):
    assert journey.watch() == []
    journey.complete(legs[0])
    assert [one.leg.id for one in journey.watch()] == [legs[1]]


def test_a_due_time_is_moved_with_those_behind_it_on_record_and_without_alarm(journey, legs):
    journey.move(legs[0], "ready", "departed")
    journey.at(5)
    with journey.world.work_as(journey.coordinator) as work:
        late = journey.began + timedelta(hours=11)
        moves.move_due(work, legs[0], late, "the bus is five hours late")
    found = journey.read(legs[0])
    assert (found.due_at, found.leg.expected_at) == (late, late)
    (moved,) = found.progress.record.due_moves
    assert (moved.was, moved.reason) == (
        journey.began + timedelta(hours=6),
        "the bus is five hours late",
    )
    assert journey.read(legs[1]).due_at == journey.began + timedelta(hours=17)
    journey.at(10.9)
    assert journey.escalate() == 0
    journey.at(11.1)
    assert journey.escalate() == 1


def test_a_due_time_is_moved_only_where_something_is_due_and_in_order(journey, legs):
    with pytest.raises(DueOutOfOrder), journey.world.work_as(journey.coordinator) as work:
        moves.move_due(work, legs[1], journey.began + timedelta(hours=5))
    journey.complete(legs[0])
    with pytest.raises(LegOver), journey.world.work_as(journey.coordinator) as work:
        moves.move_due(work, legs[0], journey.began + timedelta(hours=9))


@pytest.mark.parametrize("word", ["mango tree", "river stone"])
def test_who_is_on_the_road_says_when_the_next_sign_comes(journey, legs, rider, word):
    journey.move(legs[0], "ready", "departed")
    journey.at(5)
    next_sign_at = journey.began + timedelta(hours=11)
    receipt = journey.check_in(legs[0], word, by=rider, next_sign_at=next_sign_at)
    assert receipt.expected_at == next_sign_at
    journey.at(10.9)
    assert journey.escalate() == 0
    assert journey.read(legs[0]).progress.check_ins[0].next_sign_at == next_sign_at


def test_the_next_sign_is_expected_within_a_day_whatever_was_said(journey, legs):
    journey.move(legs[0], "ready", "departed")
    far = journey.began + timedelta(days=300)
    receipt = journey.check_in(legs[0], "mango tree", next_sign_at=far)
    assert receipt.expected_at == journey.began + timedelta(hours=24)
    assert journey.check_in(legs[0], "umbrella", next_sign_at=far).expected_at == (
        journey.began + timedelta(hours=24)
    )


def test_news_of_the_second_leg_closes_the_first(journey, legs):
    for leg in legs[:2]:
        journey.move(leg, "ready", "departed")
    assert journey.statuses()[legs[0]] is LegStatus.ARRIVED
    journey.at(11.9)
    assert journey.escalate() == 0


def test_an_escort_who_reports_the_second_leg_closes_the_first_without_its_key(journey, legs):
    journey.move(legs[0], "ready", "departed", "missed")
    journey.escort(legs[1], journey.volunteer(3))
    journey.move(legs[1], "ready")
    journey.move(legs[1], "departed", by=journey.volunteer(3))
    assert journey.statuses()[legs[0]] is LegStatus.ARRIVED


@pytest.mark.parametrize("first", [(), ("ready",), ("ready", "departed")])
def test_an_escort_departs_on_a_leg_whatever_is_on_record_of_the_one_before(journey, legs, first):
    if first:
        journey.move(legs[0], *first)
    journey.escort(legs[1], journey.volunteer(3))
    journey.at(5)
    journey.move(legs[1], "departed", by=journey.volunteer(3))
    statuses = journey.statuses()
    walked = "departed" in first
    assert statuses[legs[0]] is (LegStatus.ARRIVED if walked else LegStatus.ABORTED)
    assert statuses[legs[1]] is LegStatus.DEPARTED
    journey.at(11.9)
    assert journey.escalate() == 0
    assert [one.leg.id for one in journey.watch()] == [legs[1]]


def test_who_was_given_up_as_missed_and_turns_up_has_arrived(journey, legs, rider):
    journey.move(legs[0], "departed", "missed", "arrived", by=rider)
    assert journey.statuses()[legs[0]] is LegStatus.ARRIVED
    assert [one.leg.id for one in journey.watch()] == [legs[1]]


def move_at(journey, leg, to, hours):
    at = journey.began + timedelta(hours=hours)
    with journey.world.work_as(journey.coordinator) as work:
        moves.move_leg(work, leg, LegStatus(to), at=at)


def test_times_that_contradict_each_other_are_asked_back(journey, legs):
    journey.at(14)
    journey.move(legs[0], "ready")
    move_at(journey, legs[0], "departed", 13.15)
    with pytest.raises(HappenedOutOfOrder):
        move_at(journey, legs[0], "arrived", 10.32)
    move_at(journey, legs[0], "arrived", 13.5)
    journey.move(legs[1], "ready")
    with pytest.raises(HappenedOutOfOrder):
        move_at(journey, legs[1], "departed", 13.2)
    move_at(journey, legs[1], "departed", 13.5)


def test_an_arrival_is_recorded_although_the_departure_was_written_by_a_wrong_clock(journey, legs):
    journey.at(24 * 100)
    journey.move(legs[0], "ready", "departed")
    journey.at(5)
    journey.move(legs[0], "arrived")
    record = journey.read(legs[0]).progress.record
    assert record.left_at == record.arrived_at == journey.world.clock.at


def test_a_leg_that_was_walked_already_is_recorded_with_its_day(journey, legs):
    today = journey.world.clock.at.date()
    walked = WalkedLeg(
        kind=LegKind.WALK, place="over the hill", instructions="Alone.", walked_on=today
    )
    with journey.world.work_as(journey.coordinator) as work:
        plan = get_plan(work, journey.case_id)
        leg = add_walked_leg(work, plan.id, walked).id
    assert journey.legs() == [leg, *legs]
    found = journey.read(leg)
    assert (found.leg.status, found.progress.record.walked_on) == (LegStatus.ARRIVED, today)
    assert journey.details().figures.moves == 1
    later = WalkedLeg(
        kind=LegKind.WALK, place="p", instructions="i", walked_on=today + timedelta(days=1)
    )
    with pytest.raises(LegWalkedLater), journey.world.work_as(journey.coordinator) as work:
        add_walked_leg(work, plan.id, later)
