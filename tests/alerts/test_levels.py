"""An alert comes to who is on duty, after 15 minutes to all coordinators, after 30 to everybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.service import remove_member
from app.alerts.errors import AlertNotFound
from app.alerts.levels import FIRST_NOTIFIED, group_reached
from app.alerts.models import AlertKind, Notice
from app.alerts.service import acknowledge_alert, list_alerts, raise_alert
from app.audit.events import EventKind
from app.cases.models import Case
from app.duty.service import take_duty
from app.permissions import Role
from app.store.base import new_id
from app.watch import escalation
from app.watch.check_ins import CheckInReport, check_in
from app.watch.models import NotifiedGroup
from tests.support.intake_steps import WALKER, opened
from tests.support.world import BEGINNING, Person, World

ON_DUTY, OTHER, LEAD, FOLLOWER = "on duty", "other", "lead", "follower"


def people(world: World) -> dict[str, Person]:
    return {
        ON_DUTY: world.member("coordinator"),
        OTHER: world.member("coordinator", 2),
        LEAD: world.member("lead"),
        FOLLOWER: world.member("volunteer"),
    }


def shown(world: World, person: Person):
    with world.work_as(person) as work:
        return [one for one in list_alerts(work, limit=50) if one.notice]


def told(world: World, kind: AlertKind) -> set[str]:
    """Who is shown an alert of a kind."""
    return {
        name
        for name, person in people(world).items()
        if kind in {one.notice.kind for one in shown(world, person)}
    }


def acknowledge(world: World, person: Person) -> None:
    (found,) = shown(world, person)
    with world.work_as(person) as work:
        acknowledge_alert(work, found.alert.id)


def raise_one(world: World, kind: AlertKind, case_id) -> None:
    with world.work_as(None) as work:
        raise_alert(work, kind, team_id=world.founded.teams[0], case_id=case_id)


@pytest.mark.parametrize(
    "kind", [AlertKind.CLEARANCE_EXPIRED, AlertKind.NOT_UNDERSTOOD, AlertKind.DURESS_AT_CHECK_IN]
)
def test_it_comes_to_the_watch_then_to_all_coordinators_then_to_leads_and_the_follower(world, kind):
    case_id = world.open_case()
    raise_one(world, kind, case_id)
    seen = []
    for minutes in (0, 14, 1, 14, 1):
        world.clock.advance(minutes=minutes)
        seen.append(told(world, kind) - {LEAD})
    first, all_of_them = {ON_DUTY}, {ON_DUTY, OTHER}
    assert seen == [first, first, all_of_them, all_of_them, {*all_of_them, FOLLOWER}]
    groups = {one.notified for one in shown(world, world.member("lead"))}
    assert groups == {NotifiedGroup.COORDINATORS_AND_LEADS}


def test_leads_see_duress_from_the_beginning_and_words_not_understood_once_they_waited(world):
    case_id = world.open_case()
    for kind in (AlertKind.DURESS_AT_CHECK_IN, AlertKind.NOT_UNDERSTOOD):
        raise_one(world, kind, case_id)
    lead = world.member("lead")
    assert [one.notice.kind for one in shown(world, lead)] == [AlertKind.DURESS_AT_CHECK_IN]
    world.clock.advance(minutes=30)
    assert len(shown(world, lead)) == 2


def test_taken_in_hand_it_comes_no_further(world):
    raise_one(world, AlertKind.NOT_UNDERSTOOD, world.open_case())
    world.clock.advance(minutes=10)
    acknowledge(world, world.member("coordinator"))
    world.clock.advance(hours=5)
    assert told(world, AlertKind.NOT_UNDERSTOOD) == {ON_DUTY}
    (one,) = shown(world, world.member("coordinator"))
    assert one.notice.acknowledged_by == world.member("coordinator").id
    assert one.notice.acknowledged_at == BEGINNING + timedelta(minutes=10)


def test_who_took_it_in_hand_sees_it_after_the_watch_went_to_somebody_else(world):
    raise_one(world, AlertKind.NOT_UNDERSTOOD, world.open_case())
    acknowledge(world, world.member("coordinator"))
    with world.work_as(world.member("coordinator", 2)) as work:
        take_duty(work, world.founded.teams[0])
    assert told(world, AlertKind.NOT_UNDERSTOOD) == {ON_DUTY, OTHER}


def test_acknowledging_twice_keeps_who_was_first(world):
    raise_one(world, AlertKind.CLEARANCE_EXPIRED, world.open_case())
    for person in (world.member("lead"), world.member("coordinator")):
        acknowledge(world, person)
    (one,) = shown(world, world.member("lead"))
    assert one.notice.acknowledged_by == world.member("lead").id


def test_nobody_acknowledges_what_has_not_come_to_them(world):
    raise_one(world, AlertKind.NOT_UNDERSTOOD, world.open_case())
    (found,) = shown(world, world.member("coordinator"))
    world.clock.advance(minutes=1)
    others = [world.member("coordinator", 2), world.member("coordinator", team=2)]
    for person in (*others, world.member("lead")):
        with world.work_as(person) as work, pytest.raises(AlertNotFound):
            acknowledge_alert(work, found.alert.id)
    world.clock.advance(hours=1)
    with world.work_as(world.member("volunteer")) as work, pytest.raises(AlertNotFound):
        acknowledge_alert(work, found.alert.id)
    with world.work_as(world.member("lead")) as work, pytest.raises(AlertNotFound):
        acknowledge_alert(work, new_id())


def test_the_follower_is_shown_that_something_waits_and_never_what(served, world):
    case_id = world.open_case()
    raise_one(world, AlertKind.DURESS_AT_CHECK_IN, case_id)
    world.clock.advance(minutes=30)
    (alert,) = served.ask(Role.VOLUNTEER, "GET", "/alerts").json()["items"]
    assert (alert["kind"], alert["case_id"]) == ("unanswered", str(case_id))
    assert (alert["leg_id"], alert["member_id"]) == (None, None)
    assert served.ask(world.member("volunteer", 2), "GET", "/alerts").json()["items"] == []


def test_acknowledging_over_http_says_by_whom_and_is_on_record(served, world):
    raise_one(world, AlertKind.CLEARANCE_EXPIRED, world.open_case())
    (alert,) = served.ask(Role.COORDINATOR, "GET", "/alerts").json()["items"]
    assert (alert["notified"], alert["acknowledged_by"]) == ("on_duty", None)
    answer = served.ask(Role.COORDINATOR, "POST", f"/alerts/{alert['id']}/acknowledgement")
    assert answer.status_code == 200
    by = str(world.member("coordinator").id)
    assert answer.json()["acknowledged_by"] == by
    (event,) = served.events("alert:acknowledged")
    assert (event.facts["alert"], str(event.actor)) == (alert["id"], by)


def test_where_nobody_can_be_on_duty_it_comes_to_leads_at_once(world):
    case_id = world.open_case()
    for number in (1, 2):
        with world.work_as(world.member("lead")) as work:
            remove_member(work, world.member("coordinator", number).id)
    raise_one(world, AlertKind.NOT_UNDERSTOOD, case_id)
    assert told(world, AlertKind.NOT_UNDERSTOOD) >= {LEAD, FOLLOWER}


def test_an_urgent_intake_comes_at_once_until_it_is_triaged(world):
    case_id = opened(world)
    assert told(world, AlertKind.URGENT_INTAKE) == {ON_DUTY}
    world.clock.advance(minutes=30)
    assert told(world, AlertKind.URGENT_INTAKE) == {ON_DUTY, OTHER, LEAD, FOLLOWER}
    with world.work_as(world.member("coordinator")) as work:
        work.session.get_one(Case, case_id).triaged_on = work.today()
        work.trail.record(EventKind.CASE_CHANGED, case_id)
    assert told(world, AlertKind.URGENT_INTAKE) == set()


def test_an_intake_that_nobody_has_triaged_for_a_day_comes_then(world):
    opened(world, replace(WALKER, urgent=False))
    world.clock.advance(hours=23)
    assert told(world, AlertKind.NEW_INTAKE) == set()
    world.clock.advance(hours=1)
    assert told(world, AlertKind.NEW_INTAKE) == {ON_DUTY}
    world.clock.advance(minutes=30)
    assert told(world, AlertKind.NEW_INTAKE) == {ON_DUTY, OTHER, LEAD, FOLLOWER}


@pytest.fixture
def leg(journey):
    return journey.open_plan(journey.leg("boat", 6, 2), journey.leg("arrival", 40, 4))[0]


def late(journey) -> set[str]:
    return told(journey.world, AlertKind.LEG_LATE)


def test_a_late_leg_comes_to_the_watch_and_further_until_it_is_heard(journey, leg):
    seen = []
    for hours in (6.02, 6.28, 6.53):
        journey.at(hours)
        journey.escalate()
        seen.append(late(journey) - {FOLLOWER})
    assert seen == [{ON_DUTY}, {ON_DUTY, OTHER}, {ON_DUTY, OTHER, LEAD}]
    with journey.world.work_as(journey.coordinator) as work:
        check_in(work, leg, CheckInReport(word=journey.words().safe))
    assert late(journey) == set()
    journey.at(10)
    journey.escalate()
    assert late(journey) == {ON_DUTY}


def test_who_brought_what_was_said_is_not_shown_that_it_waits(world):
    case_id, by = world.open_case(), world.member("volunteer")
    with world.work_as(None) as work:
        raise_alert(
            work,
            AlertKind.NOT_UNDERSTOOD,
            member_id=by.id,
            team_id=by.team_id,
            case_id=case_id,
        )
    world.clock.advance(minutes=30)
    assert told(world, AlertKind.NOT_UNDERSTOOD) == {ON_DUTY, OTHER, LEAD}


def test_acknowledging_a_silence_acknowledges_its_alert(journey, leg):
    journey.at(6.1)
    journey.escalate()
    with journey.world.work_as(journey.coordinator) as work:
        escalation.acknowledge(work, leg, "late")
    journey.at(7)
    assert late(journey) == {ON_DUTY}


@given(st.integers(0, 300), st.integers(0, 300), st.sampled_from(list(AlertKind)))
def test_an_alert_never_comes_to_fewer_as_time_goes_by(early, more, kind):
    notice = Notice(kind, BEGINNING)
    groups = [
        group_reached(notice, BEGINNING + timedelta(minutes=minutes), vacant=False)
        for minutes in (early, early + more)
    ]
    order = [None, *NotifiedGroup]
    assert order.index(groups[0]) <= order.index(groups[1])


def test_every_kind_about_a_case_or_a_leg_begins_with_who_is_on_duty_or_further():
    alone = {kind for kind, group in FIRST_NOTIFIED.items() if group is NotifiedGroup.LEADS}
    assert alone == {
        AlertKind.DURESS_AT_SIGN_IN,
        AlertKind.ROWS_SHUT,
        AlertKind.ERASURE_ASKED,
        AlertKind.ERASURE_AGREED,
        AlertKind.MEMBER_SUSPENDED,
        AlertKind.LOG_SET_BACK,
        AlertKind.DUTY_VACANT,
        AlertKind.EMERGENCY_BEGUN,
        AlertKind.FACTOR_ENDED,
        AlertKind.RECOVERY_CODE_USED,
        AlertKind.CODES_REFUSED,
    }
