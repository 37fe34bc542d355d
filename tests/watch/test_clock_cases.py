"""Wrong clocks that were met in use: no false alarm, none that is lost, nothing destroyed."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from app.alerts.models import AlertKind
from app.alerts.service import list_alerts
from app.clock import TrustedClock, find_past_doubt
from app.permissions import Role
from app.relocation.models import Leg
from app.store.base import Base
from app.store.models import Replay
from app.watch.models import Word
from app.worker import JOBS, Worker
from tests.support.registration_steps import issue_at_once
from tests.support.relocation_steps import Journey, levels_of
from tests.support.vetting_steps import clear

CASES = {
    case["case"]: case
    for case in json.loads(Path(__file__).with_name("clock_cases.json").read_text(encoding="utf-8"))
}
DESTROYED_OR_ENDED = (
    "sessions", "idempotency_keys", "alerts", "registrations", "grants", "leg_escalations",
    "counters",
)  # fmt: skip


class Host:
    """A host whose clock can be set apart from the time that passes, and its worker."""

    def __init__(self, journey: Journey) -> None:
        self.journey = journey
        self.steady = 100.0

    def start(self) -> Worker:
        """Begin a process: from now on it knows how much time has passed."""
        world = self.journey.world
        clock = TrustedClock(lambda: world.clock.at, lambda: self.steady)
        world.deployment = dataclasses.replace(world.deployment, clock=clock.now, host_clock=clock)
        return Worker(world.deployment, JOBS)

    def pass_time(self, **span: float) -> None:
        self.set_clock(**span)
        self.steady += timedelta(**span).total_seconds()

    def set_clock(self, **span: float) -> None:
        self.journey.world.clock.at += timedelta(**span)


@pytest.fixture
def host(journey) -> Host:
    return Host(journey)


def rows(world) -> dict[str, list[tuple[object, ...]]]:
    with world.deployment.engine.connect() as connection:
        return {
            name: sorted(map(tuple, connection.execute(select(Base.metadata.tables[name]))))
            for name in DESTROYED_OR_ENDED
        }


def missing_alerts(journey) -> list[object]:
    with journey.world.work_as(journey.world.member(Role.LEAD)) as work:
        found = list_alerts(work, limit=100)
    return [one.notice.at for one in found if one.notice.kind is AlertKind.MISSING]


def test_a_leg_that_goes_missing_after_the_clock_was_put_right_alarms_at_its_true_time(
    journey, host
):
    case = CASES["put_right"]
    leg, _ = journey.open_plan(journey.leg("boat", 5, 1), journey.leg("arrival", 90, 4))
    journey.move(leg, "ready", "departed")
    missing_at = journey.began + timedelta(hours=8)
    journey.at(8)
    host.set_clock(minutes=-case["minutes_until_missing"], hours=case["hours_ahead"])
    worker = host.start()
    worker.run_due()
    host.set_clock(hours=-case["hours_ahead"])
    false_alarms = missing_alerts(journey)
    for _ in range(case["minutes_until_missing"] + case["alert_within_minutes"]):
        worker.run_due()
        assert missing_alerts(journey) == false_alarms
        host.pass_time(minutes=1)
    worker.run_due()
    true_alarms = [at for at in missing_alerts(journey) if at not in false_alarms]
    assert true_alarms == [missing_at + timedelta(minutes=case["alert_within_minutes"])]
    assert levels_of(journey.read(leg)) == ["late", "overdue", "missing"]


def test_a_clock_far_ahead_for_seconds_destroys_expires_and_alarms_nothing(journey, host):
    case = CASES["jump"]
    world = journey.world
    world.token(journey.coordinator)
    clear(world, journey.case_id)
    issue_at_once(world, journey.case_id, days=30)
    leg, *_ = journey.open_plan(journey.leg("boat", 5, 1), journey.leg("arrival", 90, 4))
    journey.move(leg, "ready", "departed")
    journey.check_in(leg, "tamarind")
    with world.deployment.engine.begin() as connection:
        replay = {"id": bytes(32), "response": b"kept", "created_on": world.clock.at.date()}
        connection.execute(insert(Replay), replay)
    worker = host.start()
    for _ in range(3):
        worker.run_due()
        host.pass_time(minutes=2)
    before = rows(world)
    host.set_clock(days=case["days_ahead"])
    for _ in range(case["seconds"]):
        worker.run_due()
        host.pass_time(seconds=1)
    assert rows(world) == before
    host.set_clock(days=-case["days_ahead"])
    worker.run_due()
    assert rows(world) == before
    with world.deployment.sessions() as session:
        named = find_past_doubt(session) or ""
    assert f"ahead by {case['days_ahead']} days" in named
    assert "over since" in named


@pytest.mark.parametrize("ahead", CASES["check_in"]["seconds_ahead"])
@pytest.mark.parametrize("word", [Word.SAFE, Word.DURESS])
def test_a_check_in_is_heard_whatever_the_senders_clock_says(journey, ahead, word):
    leg, _ = journey.open_plan(journey.leg("boat", 5, 1), journey.leg("arrival", 90, 4))
    journey.move(leg, "ready", "departed")
    journey.at(1)
    said_at = journey.world.clock.at + timedelta(seconds=ahead)
    said = "monsoon" if word is Word.DURESS else "tamarind"
    journey.check_in(leg, said, at=said_at)
    (record,) = journey.read(leg).progress.check_ins
    assert (record.word, record.at, record.said_at) == (word, journey.world.clock.at, said_at)
    with journey.world.work_as(journey.world.member(Role.LEAD)) as work:
        kinds = [found.notice.kind for found in list_alerts(work, limit=10)]
    assert kinds == ([AlertKind.DURESS_AT_CHECK_IN] if word is Word.DURESS else [])


# ---------------------------------------------------------------- a timer that has run away


def test_a_check_in_while_the_clock_is_set_ahead_puts_nothing_off(journey, host):
    leg, _ = journey.open_plan(journey.leg("boat", 5, 1), journey.leg("arrival", 90, 4))
    journey.move(leg, "ready", "departed")
    host.start()
    host.pass_time(hours=5)
    host.set_clock(days=1)
    journey.check_in(leg, "tamarind")
    host.set_clock(days=-1)
    assert journey.read(leg).leg.expected_at == journey.began + timedelta(hours=6)


def put_off(journey: Journey, days: int):
    """A leg whose timer was put off by a check-in on a host that began with a wrong clock."""
    leg, _ = journey.open_plan(journey.leg("boat", 5, 1), journey.leg("arrival", 90, 4))
    journey.move(leg, "ready", "departed")
    journey.at(24 * days)
    journey.check_in(leg, "tamarind")
    journey.at(5)
    assert journey.read(leg).leg.expected_at > journey.began + timedelta(days=days)
    return leg


def test_the_next_check_in_brings_back_a_timer_that_a_wrong_clock_put_off(journey):
    leg = put_off(journey, days=1)
    assert journey.check_in(leg, "tamarind").expected_at == journey.began + timedelta(hours=6)


def test_the_worker_brings_back_a_timer_that_a_wrong_clock_put_off(journey):
    leg = put_off(journey, days=400)
    journey.escalate()
    assert journey.read(leg).leg.expected_at == journey.began + timedelta(hours=6)
    journey.at(9.1)
    journey.escalate()
    assert levels_of(journey.read(leg)) == ["late", "overdue", "missing"]


def test_when_a_leg_was_planned_to_be_over_is_forgotten_with_its_timer(journey):
    leg, _ = journey.open_plan(journey.leg("boat", 5, 1), journey.leg("arrival", 90, 4))
    journey.complete(leg)
    with journey.world.deployment.sessions() as session:
        found = session.get_one(Leg, leg)
        assert (found.expected_at, found.due_at) == (None, None)
