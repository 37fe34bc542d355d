"""Strangers, devices and members who are signed in wait in lanes of their own."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields

import pytest
from sqlalchemy import delete

from app.accounts.credentials import Stretching
from app.audit.models import AuditCheckpoint
from app.crypto.stretching import Lane
from app.permissions import Role
from app.sessions import throttle
from app.sessions.errors import SignInBudgetSpent
from app.sessions.passphrases import start_passphrase_change
from app.sessions.permits import DAYS, find_permit
from app.worker import Worker
from tests.sessions.steps import WRONG, fail
from tests.support.accounts_client import Served
from tests.support.world import Person, World


@pytest.fixture
def person(world: World) -> Person:
    return world.member("volunteer")


def permit_of(served: Served, person: Person) -> str:
    """Sign in on a device that keeps a permit."""
    body = {"login": person.login, "passphrase": person.passphrase, "keep_permit": True}
    return str(served.ask(None, "POST", "/sessions", json=body).json()["device_permit"])


def test_what_strangers_try_does_not_make_a_member_wait_on_a_device_of_theirs(
    served, world, person
):
    permit = permit_of(served, person)
    fail(world, person.login, 10)
    assert fail(world, person.login, 4, permit, Lane.DEVICE) == [0, 0, 0, 1]
    assert fail(world, person.login, 1) == [30]


def test_a_device_gets_in_while_strangers_have_spent_their_budget(served, world, person):
    permit = permit_of(served, person)
    for number in range(throttle.BUDGET_A_MINUTE):
        with suppress(SignInBudgetSpent):
            fail(world, f"name-{number}", 1)
    assert served.sign_in(person.login, person.passphrase).status_code == 429
    body = {"login": person.login, "passphrase": person.passphrase, "device_permit": permit}
    assert served.ask(None, "POST", "/sessions", json=body).status_code == 201


def test_a_step_up_waits_neither_for_strangers_nor_for_what_they_tried(served, world):
    lead = world.member("lead")
    token = served.token_of(lead)
    fail(world, lead.login, 10)
    for number in range(throttle.BUDGET_A_MINUTE):
        with suppress(SignInBudgetSpent):
            fail(world, f"name-{number}", 1)
    again = {"passphrase": lead.passphrase}
    assert served.ask(token, "POST", "/sessions/current/step-up", json=again).status_code == 201


def test_a_wrong_step_up_counts_against_the_next_one(served, world):
    token = served.token_of(world.member("lead"))
    for _ in range(4):
        answer = served.ask(token, "POST", "/sessions/current/step-up", json={"passphrase": WRONG})
        assert answer.json()["code"] == "passphrase.wrong"
    with world.work_as(None) as work:
        account = world.member("lead").id.bytes
        assert throttle.find_delay(work, account, Lane.AGAIN) == 2.0
        assert throttle.find_delay(work, account, Lane.DEVICE) == 0.0


def test_a_permit_names_nobody_and_is_good_for_everybody(served, world, person):
    permit = permit_of(served, person)
    assert len(permit_of(served, world.member("lead"))) == len(permit)
    assert fail(world, world.member("volunteer", 2).login, 1, permit, Lane.DEVICE) == [0]
    with world.work_as(None) as work:
        found = find_permit(work, permit)
    assert found is not None
    assert str(person.id) not in repr(found)


def test_a_permit_that_was_used_ten_times_within_an_hour_waits_with_strangers(
    served, world, person
):
    permit = permit_of(served, person)
    fail(world, "nobody-here", throttle.A_PERMIT_AN_HOUR, permit, Lane.DEVICE)
    assert fail(world, "nobody-there", 1, permit, Lane.STRANGER) == [0]
    world.clock.advance(hours=1, minutes=1)
    assert fail(world, "nobody-there", 1, permit, Lane.DEVICE) == [0]


@pytest.mark.parametrize("spoilt", ["", "ä", "not-base64!", "AAAA", None, "A" * 80])
def test_what_is_no_permit_waits_with_strangers_and_is_told_nothing(world, spoilt):
    assert fail(world, "nobody-here", 1, spoilt, Lane.STRANGER) == [0]


def test_a_permit_ends_after_ninety_days(served, world, person):
    permit = permit_of(served, person)
    world.clock.advance(days=DAYS)
    assert fail(world, "nobody-here", 1, permit, Lane.DEVICE) == [0]
    world.clock.advance(days=1)
    assert fail(world, "nobody-here", 1, permit, Lane.STRANGER) == [0]


def test_no_permit_is_given_unasked(served, person):
    body = {"login": person.login, "passphrase": person.passphrase}
    assert served.ask(None, "POST", "/sessions", json=body).json()["device_permit"] is None


def test_databases_that_were_set_back_are_found_out_by_the_next_device(served, world, person):
    """Both stores put back together agree with each other; what a device keeps does not."""
    Worker(world.deployment).run_due()
    permit = permit_of(served, person)
    body = {"login": person.login, "passphrase": person.passphrase, "device_permit": permit}
    assert served.ask(None, "POST", "/sessions", json=body).status_code == 201
    assert not served.events("log:set_back")
    with world.deployment.sessions() as session, session.begin():
        session.execute(delete(AuditCheckpoint))
    assert served.ask(None, "POST", "/sessions", json=body).status_code == 201
    (event,) = served.events("log:set_back")
    assert event.facts["seen"] > event.facts["found"] == 0
    alerts = served.ask(Role.LEAD, "GET", "/alerts").json()["items"]
    assert [alert["kind"] for alert in alerts] == ["log_set_back"]


def test_what_says_no_lane_waits_with_strangers():
    """Who joins has no account yet: a lane of members is asked for, never given."""
    assert {field.name: field.default for field in fields(Stretching)}["lane"] is Lane.STRANGER


def test_a_new_passphrase_of_a_member_waits_with_members(served, world):
    person = world.member("volunteer")
    with world.work_as(person) as work:
        tasks = start_passphrase_change(work, person.passphrase)
    assert {task.lane for task in tasks} == {Lane.AGAIN}
