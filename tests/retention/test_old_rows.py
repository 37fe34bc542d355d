"""Rows that belong to no case, or outlive their use on one, go when their days are over."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select, update

from app.accounts.models import Member
from app.accounts.service import list_visible_members, remove_member
from app.aid.models import AidRequest, PayeeToken
from app.audit.events import EventKind
from app.cases.assignments import assign_case, unassign_case
from app.retention.old_rows import FORMER_MEMBER, forget_old_rows
from app.vault.models import CustodyContribution, Grant
from tests.retention.steps import verify_all
from tests.support.intake_steps import opened
from tests.support.journey import Journey
from tests.support.served import serve


def forget(world):
    with world.work_as(None) as work:
        return forget_old_rows(work)


def count_of(world, model):
    with world.deployment.sessions() as session:
        return len(session.scalars(select(model.id)).all())


def names_of(world, member_id):
    with world.work_as(None) as work:
        return work.vault.open(work.session.get_one(Member, member_id).profile).display_name


def listed(world) -> list[str | None]:
    """The names that a lead sees."""
    with world.work_as(world.member("lead")) as work:
        found = [name for _, name in list_visible_members(work, 1000, None)]
        work.trail.record(EventKind.MEMBERS_LISTED)
    return found


def test_a_removed_member_is_a_former_member_after_90_days(world):
    gone = world.member("volunteer", 2)
    with world.work_as(world.member("lead")) as work:
        remove_member(work, gone.id)
    world.clock.advance(days=89)
    assert forget(world) == 0
    assert names_of(world, gone.id) != FORMER_MEMBER
    world.clock.advance(days=1)
    assert forget(world) == 2  # the member of each slot
    assert names_of(world, gone.id) == FORMER_MEMBER
    assert listed(world).count(FORMER_MEMBER) == 1
    assert names_of(world, world.member("volunteer").id) != FORMER_MEMBER
    assert forget(world) == 0
    assert not verify_all(world).findings


def test_an_ended_grant_goes_after_13_months_and_a_live_one_never(world):
    case_id = opened(world)
    coordinator, volunteer = world.member("coordinator"), world.member("volunteer", 2)
    with world.work_as(coordinator) as work:
        made = assign_case(work, case_id, volunteer.id).id
    with world.work_as(coordinator) as work:
        unassign_case(work, case_id, made)
    before = count_of(world, Grant)
    world.clock.advance(days=395)
    assert forget(world) == 0
    world.clock.advance(days=1)
    assert forget(world) == 1
    assert count_of(world, Grant) == before - 1
    assert not verify_all(world).findings


def test_a_contribution_to_custody_goes_after_72_hours(world):
    lead = world.member("lead")
    with world.work_as(lead) as work:
        work.custody.contribute(lead.id)
    world.clock.advance(days=2)
    assert forget(world) == 0
    world.clock.advance(days=1)
    assert forget(world) == 1
    assert count_of(world, CustodyContribution) == 0
    assert not verify_all(world).findings


def test_tokens_of_a_payee_go_90_days_after_payment(world):
    with serve(world) as served:
        Journey(served).walk()
    assert count_of(world, PayeeToken)
    with world.deployment.sessions() as session:
        paid = session.scalars(select(AidRequest.paid_on)).one()
    world.clock.advance(days=89 - (world.clock().date() - paid).days)
    forget(world)
    assert count_of(world, PayeeToken)
    world.clock.advance(days=1)
    forget(world)
    assert count_of(world, PayeeToken) == 0
    assert count_of(world, AidRequest) == 1


def test_another_day_in_a_row_shortens_no_time(world):
    case_id = opened(world)
    coordinator, volunteer = world.member("coordinator"), world.member("volunteer", 2)
    with world.work_as(coordinator) as work:
        made = assign_case(work, case_id, volunteer.id).id
    with world.work_as(coordinator) as work:
        unassign_case(work, case_id, made)
    with world.deployment.engine.begin() as connection:
        connection.execute(
            update(Grant.__table__)
            .where(Grant.__table__.c.ended_on.is_not(None))
            .values(ended_on=date(2020, 1, 1))
        )
    assert forget(world) == 0
    assert verify_all(world).findings
