"""What is due, what stops it, and what the worker's pass does about it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.alerts.models import AlertKind
from app.alerts.service import list_alerts
from app.audit.events import EventKind
from app.cases.models import Case, CaseStatus
from app.cases.moves import move_case
from app.cases.service import add_note, get_case, read_case
from app.reports.models import PublishedReport
from app.retention import passes
from app.retention.due import list_due
from app.retention.errors import TimeInDoubt
from app.retention.models import Destruction, RetentionPass, SilenceNotice
from app.retention.schedule import GRACE_DAYS
from app.vetting.models import VettingRound
from tests.retention.steps import closed_case


def read_by_a_coordinator(world, case_id):
    with world.work_as(world.member("coordinator")) as work:
        read_case(work, case_id)


def dues_of(world, case_id):
    with world.work_as(None) as work:
        case = work.session.get_one(Case, case_id)
        return {due.rule.name: due for due in list_due(work, [case])}


def ended(world):
    case_id = closed_case(world)
    read_by_a_coordinator(world, case_id)
    return case_id


def publish_figures(world):
    with world.deployment.sessions() as session, session.begin():
        session.add(
            PublishedReport(half_year="2026H1", total=None, tables={}, made_on=world.clock().date())
        )


def destroyed(world):
    with world.deployment.sessions() as session:
        return {one.rule for one in session.scalars(select(Destruction))}


def run(world):
    return passes.run_pass(world.deployment)


def test_parts_of_a_closed_case_are_due_after_their_days_and_a_grace(world):
    case_id = ended(world)
    closed = world.clock().date()
    dues = dues_of(world, case_id)
    assert {"contact", "account", "papers", "household", "case"} <= set(dues)
    for name, days in (("contact", 30), ("case", 90)):
        late = (dues[name].on - closed).days - days
        assert 0 <= late <= GRACE_DAYS
    assert "route" not in dues  # there was no journey
    assert dues_of(world, case_id) == dues, "a grace is drawn once"


def test_the_name_goes_last_and_the_rest_of_the_case_with_it(world):
    case_id = ended(world)
    world.clock.advance(days=29)
    assert run(world) == 0
    world.clock.advance(days=4)
    run(world)
    assert destroyed(world) == {"contact", "account", "papers", "household"}
    with world.work_as(world.member("coordinator")) as work:
        assert read_case(work, case_id).identity is not None
    publish_figures(world)
    world.clock.advance(days=180)
    run(world)
    assert "case" in destroyed(world)
    with world.deployment.sessions() as session:
        assert session.get(Case, case_id) is None


def test_the_case_waits_for_the_figures_of_its_half_year_and_its_name_does_not(world):
    case_id = ended(world)
    world.clock.advance(days=95)
    run(world)
    with world.deployment.sessions() as session:
        case = session.get_one(Case, case_id)
        assert case.identity.envelope is None
        assert case.reporting.envelope is not None
    with world.work_as(None) as work:
        dues = list_due(work, [work.session.get_one(Case, case_id)])
        assert passes.orders_of(dues, work) == [], "what is gone is not to be destroyed again"
    publish_figures(world)
    world.clock.advance(days=60)
    run(world)
    with world.deployment.sessions() as session:
        assert session.get(Case, case_id) is None


def test_a_new_contact_starts_the_time_again(world):
    case_id = ended(world)
    world.clock.advance(days=25)
    with world.work_as(world.member("coordinator")) as work:
        add_note(work, case_id, "called again")
    read_by_a_coordinator(world, case_id)
    world.clock.advance(days=10)
    assert run(world) == 0
    world.clock.advance(days=25)
    run(world)
    assert "contact" in destroyed(world)


def test_reading_a_case_does_not_keep_it(world):
    case_id = ended(world)
    world.clock.advance(days=25)
    read_by_a_coordinator(world, case_id)
    world.clock.advance(days=9)
    run(world)
    assert "contact" in destroyed(world)


def test_what_nobody_has_read_is_never_destroyed_and_leads_the_list_after_sixty_days(world):
    case_id = ended(world)
    world.clock.advance(days=1)
    with world.work_as(world.member("coordinator")) as work:
        add_note(work, case_id, "called again")
        for event in list(work.trail._events):
            assert event.action != "case:revealed"
    world.clock.advance(days=40)
    assert run(world) == 0
    assert dues_of(world, case_id)["contact"].stops == ("not read by anybody",)
    world.clock.advance(days=60)
    run(world)
    with world.deployment.sessions() as session:
        waiting = session.scalars(select(RetentionPass)).one().waiting
    assert any(line.startswith(str(case_id)) for line in waiting)
    assert destroyed(world) == set()


def test_an_open_vetting_stops_the_clock_and_says_so(world):
    case_id = ended(world)
    with world.work_as(None) as work:
        work.session.add(
            VettingRound(
                case_id=case_id, number=1, opened_on=work.today(), attempt=1, decided=0,
                outcome=None, ended_on=None, valid_until=None,
            )
        )  # fmt: skip
        work.trail.record(EventKind.VETTING_CHECKED, case_id)
    world.clock.advance(days=40)
    assert "vetting open" in dues_of(world, case_id)["contact"].stops
    assert run(world) == 0


def test_a_declined_intake_goes_whole_after_thirty_days(world):
    case_id = world.open_case()
    with world.work_as(world.member("coordinator")) as work:
        move_case(work, get_case(work, case_id), CaseStatus.DECLINED)
    read_by_a_coordinator(world, case_id)
    world.clock.advance(days=34)
    run(world)
    assert destroyed(world) == {"declined"}


def test_silence_closes_a_case_after_a_notice(world):
    case_id = world.open_case()
    read_by_a_coordinator(world, case_id)
    world.clock.advance(days=181)
    run(world)
    with world.deployment.sessions() as session:
        assert session.scalars(select(SilenceNotice.case_id)).all() == [case_id]
    with world.work_as(world.member("coordinator")) as work:
        (alert,) = list_alerts(work, limit=50)
    assert (alert.notice.kind, alert.notice.case_id) == (AlertKind.CASE_SILENT, case_id)
    world.clock.advance(days=30)
    run(world)
    with world.deployment.sessions() as session:
        assert session.get_one(Case, case_id).status is CaseStatus.CLOSED
        assert session.scalars(select(SilenceNotice)).all() == []


def test_a_word_after_the_notice_keeps_a_case_open(world):
    case_id = world.open_case()
    read_by_a_coordinator(world, case_id)
    world.clock.advance(days=181)
    run(world)
    with world.work_as(world.member("coordinator")) as work:
        add_note(work, case_id, "she called")
    world.clock.advance(days=31)
    run(world)
    with world.deployment.sessions() as session:
        assert session.get_one(Case, case_id).status is CaseStatus.SUBMITTED
        assert session.scalars(select(SilenceNotice)).all() == []


def test_a_turn_of_the_worker_looks_at_a_bounded_number_of_cases(world, monkeypatch):
    monkeypatch.setattr(passes, "A_TURN", 2)
    for _ in range(5):
        world.open_case()
    turns = 0
    while True:
        with world.work_as(None) as work:
            passes.take_turn(work)
        turns += 1
        with world.deployment.sessions() as session:
            if session.scalars(select(RetentionPass)).one().done:
                break
    assert turns == 3


def test_nothing_is_destroyed_while_the_time_is_in_doubt(world, monkeypatch):
    ended(world)
    world.clock.advance(days=40)
    monkeypatch.setattr(type(world.deployment), "find_time_doubt", lambda _: "the clock was set")
    with pytest.raises(TimeInDoubt):
        run(world)
    assert destroyed(world) == set()


def test_a_word_that_comes_between_the_look_and_the_destruction_stops_it(world):
    case_id = ended(world)
    world.clock.advance(days=40)
    with world.work_as(None) as work:
        case = work.session.get_one(Case, case_id)
        orders = passes.orders_of(list_due(work, [case]), work)
    assert orders
    with world.work_as(world.member("coordinator")) as work:
        add_note(work, case_id, "just now")
    passes.destroy(world.deployment, orders, still_due=passes.still_due)
    assert destroyed(world) == set()
