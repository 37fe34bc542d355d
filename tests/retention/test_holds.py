"""A hold keeps a case, or a part of one: asked by a coordinator, agreed by a lead, with an end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from app.alerts.models import AlertKind
from app.alerts.service import list_alerts
from app.cases.errors import CaseNotFound
from app.cases.models import Case
from app.errors import IdTaken, PreconditionMissing, Stale
from app.permissions import Role
from app.retention import passes
from app.retention.errors import AskedByYou, HoldNotFound, HoldOnNothing, HoldOver, HoldTooLong
from app.retention.holds import (
    HoldStatus,
    agree_to_hold,
    ask_for_hold,
    end_hold,
    list_holds,
    open_holds,
    status_of,
)
from app.retention.models import Destruction, RetentionHold
from app.retention.service import read_case_retention
from app.store.base import new_id
from app.store.models import ErasedPart
from app.vault.models import Grant
from tests.retention.steps import closed_case, verify_all
from tests.retention.test_due import dues_of, publish_figures, read_by_a_coordinator


@pytest.fixture
def case_id(world):
    made = closed_case(world)
    read_by_a_coordinator(world, made)
    return made


def ask(world, case_id, what=None, days=120, reason="Her appeal is open.", **more):
    until = world.clock().date() + timedelta(days=days)
    with world.work_as(more.pop("by", world.member("coordinator"))) as work:
        return ask_for_hold(work, case_id, what, reason, until, **more).id


def agree(world, hold_id, **more):
    with world.work_as(world.member("lead"), **more) as work:
        return agree_to_hold(work, hold_id)


def end(world, hold_id, by=None):
    with world.work_as(by or world.member("coordinator")) as work:
        return end_hold(work, hold_id)


def held(world, case_id):
    return {name for name, due in dues_of(world, case_id).items() if "held" in due.stops}


def destroyed(world):
    with world.deployment.sessions() as session:
        return set(session.scalars(select(Destruction.rule)))


def run(world):
    return passes.run_pass(world.deployment)


def seen_by(world, person):
    with world.work_as(person) as work:
        return open_holds(work, list_holds(work, limit=50))


def test_a_hold_on_a_case_keeps_all_of_it_and_what_is_due_goes_when_it_ends(world, case_id):
    hold = ask(world, case_id, days=150)
    agree(world, hold)
    publish_figures(world)
    world.clock.advance(days=130)
    assert run(world) == 0
    assert held(world, case_id) == {"contact", "account", "papers", "household", "case"}
    end(world, hold)
    run(world)
    with world.deployment.sessions() as session:
        assert session.get(Case, case_id) is None


def test_a_hold_on_a_part_keeps_that_part_and_lets_others_go(world, case_id):
    agree(world, ask(world, case_id, ErasedPart.CONTACT))
    publish_figures(world)
    world.clock.advance(days=100)
    run(world)
    assert destroyed(world) == {"account", "papers", "household"}
    assert held(world, case_id) == {"contact", "case"}


def test_the_name_does_not_go_before_the_rest_while_a_hold_keeps_the_case(world, case_id):
    agree(world, ask(world, case_id))
    world.clock.advance(days=100)
    run(world)
    with world.deployment.sessions() as session:
        assert session.get_one(Case, case_id).identity.envelope is not None


def test_a_hold_that_waits_for_a_lead_keeps_for_14_days_and_then_nothing(world, case_id):
    world.clock.advance(days=25)
    hold = ask(world, case_id)
    world.clock.advance(days=13)
    assert run(world) == 0
    world.clock.advance(days=2)
    run(world)
    assert "contact" in destroyed(world)
    with pytest.raises(HoldOver):
        agree(world, hold)


def test_a_hold_ends_by_itself_after_its_last_day(world, case_id):
    agree(world, ask(world, case_id, days=60))
    world.clock.advance(days=60)
    assert run(world) == 0
    world.clock.advance(days=1)
    run(world)
    assert "contact" in destroyed(world)


def test_its_end_is_announced_once_to_leads_and_to_who_coordinates_the_case(world, case_id):
    agree(world, ask(world, case_id, days=60))
    for days, expected in ((40, 0), (7, 1), (1, 1)):
        world.clock.advance(days=days)
        run(world)
        for role in (Role.LEAD, Role.COORDINATOR):
            with world.work_as(world.member(role)) as work:
                found = [one.notice for one in list_alerts(work, limit=50)]
            ends = [one for one in found if one.kind is AlertKind.HOLD_ENDS]
            assert [one.case_id for one in ends] == [case_id] * expected
    with world.work_as(world.member("coordinator", team=2)) as work:
        assert not list_alerts(work, limit=50)


def test_a_hold_is_renewed_by_asking_again(world, case_id):
    agree(world, ask(world, case_id, days=60))
    world.clock.advance(days=50)
    agree(world, ask(world, case_id, days=180))
    world.clock.advance(days=150)
    assert run(world) == 0


@pytest.mark.parametrize("days", [-1, 181])
def test_a_hold_ends_within_180_days(world, case_id, days):
    with pytest.raises(HoldTooLong):
        ask(world, case_id, days=days)


def test_what_goes_with_the_whole_case_is_not_held_by_itself(world, case_id):
    with pytest.raises(HoldOnNothing):
        ask(world, case_id, ErasedPart.SUMMARY)


def test_who_asked_does_not_agree(world, case_id):
    hold = ask(world, case_id)
    with world.deployment.sessions() as session:
        row = session.get_one(RetentionHold, hold)
        assert row.agreed_on is None
    coordinator = world.member("coordinator")
    with world.work_as(coordinator) as work, pytest.raises(AskedByYou):
        agree_to_hold(work, hold)


def test_a_hold_is_agreed_and_ended_once_and_on_the_newest_reading(world, case_id):
    hold = ask(world, case_id)
    with pytest.raises(PreconditionMissing):
        agree(world, hold, based_on=None)
    agree(world, hold, based_on=1)
    with pytest.raises(Stale):
        agree(world, hold, based_on=1)
    with pytest.raises(HoldOver):
        agree(world, hold)
    end(world, hold)
    with pytest.raises(HoldOver):
        end(world, hold)


def test_a_lead_reads_the_reason_and_the_summary_until_they_agreed_and_no_longer(world, case_id):
    lead = world.member("lead")
    hold = ask(world, case_id)
    (shown,) = seen_by(world, lead)
    assert (shown.status, shown.reason) == (HoldStatus.ASKED, "Her appeal is open.")
    assert shown.summary is not None
    agree(world, hold)
    (shown,) = seen_by(world, lead)
    assert (shown.status, shown.reason, shown.summary) == (HoldStatus.AGREED, None, None)
    with world.deployment.sessions() as session:
        left = session.scalars(select(Grant).where(Grant.about == hold, Grant.ended_on.is_(None)))
        assert lead.id not in {grant.holder_id for grant in left}
    (shown,) = seen_by(world, world.member("coordinator"))
    assert shown.reason == "Her appeal is open."


def test_another_team_neither_asks_nor_sees_nor_ends_a_hold(world, case_id):
    other = world.member("coordinator", team=2)
    with pytest.raises(CaseNotFound):
        ask(world, case_id, by=other)
    hold = ask(world, case_id)
    assert seen_by(world, other) == []
    with pytest.raises(HoldNotFound):
        end(world, hold, by=other)
    with pytest.raises(HoldNotFound):
        end(world, new_id())


def test_a_hold_never_hides_that_it_exists(world, case_id):
    agree(world, ask(world, case_id))
    world.clock.advance(days=50)
    with world.work_as(world.member("coordinator", 2)) as work:
        shown = read_case_retention(work, case_id)
    assert [one.status for one in shown.holds] == [HoldStatus.AGREED]
    assert shown.line == "Nothing goes now. Kept longer: figures of its half-year, held."


def test_the_reason_of_a_hold_goes_90_days_after_its_end(world, case_id):
    first = ask(world, case_id, days=1)
    agree(world, ask(world, case_id, days=150))
    world.clock.advance(days=60)
    run(world)
    world.clock.advance(days=32)
    run(world)
    with world.deployment.sessions() as session:
        old, new = (
            session.get_one(RetentionHold, first),
            session.scalars(select(RetentionHold).where(RetentionHold.id != first)).one(),
        )
        assert old.reason.envelope is None
        assert new.reason.envelope is not None
        assert status_of(old, world.clock().date()) is HoldStatus.ENDED
    assert len(seen_by(world, world.member("coordinator"))) == 1


def test_a_hold_goes_with_its_case(world, case_id):
    agree(world, ask(world, case_id, days=1))
    publish_figures(world)
    world.clock.advance(days=130)
    run(world)
    with world.deployment.sessions() as session:
        assert session.scalars(select(RetentionHold)).all() == []


WHOLE_CASE = {"contact", "account", "papers", "household", "case"}


def test_a_hold_that_somebody_altered_keeps_the_whole_case_and_is_named(world, case_id):
    agree(world, ask(world, case_id, what=ErasedPart.CONTACT))
    with world.deployment.engine.begin() as connection:
        connection.execute(update(RetentionHold.__table__).values(what=ErasedPart.VETTING))
    assert held(world, case_id) == WHOLE_CASE
    assert verify_all(world).findings


def test_a_hold_that_somebody_deleted_keeps_the_whole_case_and_is_named(world, case_id):
    agree(world, ask(world, case_id, what=ErasedPart.CONTACT))
    with world.deployment.engine.begin() as connection:
        connection.execute(delete(RetentionHold.__table__))
    assert held(world, case_id) == WHOLE_CASE
    publish_figures(world)
    world.clock.advance(days=130)
    assert run(world) == 0
    assert verify_all(world).findings


def test_a_hold_that_was_put_back_as_it_waited_keeps_the_whole_case(world, case_id):
    hold = ask(world, case_id, what=ErasedPart.CONTACT)
    with world.deployment.engine.connect() as connection:
        waiting = dict(connection.execute(select(RetentionHold.__table__)).mappings().one())
    agree(world, hold)
    with world.deployment.engine.begin() as connection:
        connection.execute(update(RetentionHold.__table__).values(waiting))
    world.clock.advance(days=20)
    assert held(world, case_id) == WHOLE_CASE


def test_asking_for_a_hold_is_no_word_of_the_person(world, case_id):
    before = dues_of(world, case_id)["contact"].on
    world.clock.advance(days=20)
    end(world, ask(world, case_id))
    assert dues_of(world, case_id)["contact"].on == before


def test_a_proposed_id_of_a_hold_is_taken_once(world, case_id):
    proposed = new_id()
    assert ask(world, case_id, proposed=proposed) == proposed
    with pytest.raises(IdTaken):
        ask(world, case_id, proposed=proposed)
