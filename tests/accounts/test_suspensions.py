"""Suspension: one lead or two coordinators shut anybody out at once; another lead undoes it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.accounts.errors import (
    MemberNotFound,
    MemberNotSuspended,
    MemberRemoved,
    MemberSuspended,
    SecondLeadNeeded,
    SuspensionFinal,
    SuspensionNotYours,
)
from app.accounts.models import Member, MemberStatus
from app.accounts.service import remove_member
from app.accounts.suspensions import reinstate_member, suspend_member
from app.permissions import Role
from app.store.base import new_id
from app.vault.errors import KeyNotCertified
from app.vault.models import Grant
from tests.sessions.test_duress import set_second
from tests.support.people import another_lead, certify_keys, change_role
from tests.support.world import Person, World

FOLLOWER = "coordinator"


@pytest.fixture
def lead(world: World) -> Person:
    return world.member("lead")


@pytest.fixture
def other_lead(world: World) -> Person:
    return another_lead(world)


@pytest.fixture
def suspect(world: World) -> Person:
    return world.member("volunteer")


def suspend(world: World, by: Person, whom: Person):
    with world.work_as(by) as work:
        return suspend_member(work, whom.id)


def reinstate(world: World, by: Person, whom: Person) -> None:
    with world.work_as(by) as work:
        reinstate_member(work, whom.id)


def status_of(world: World, person: Person) -> MemberStatus:
    with world.deployment.sessions() as session:
        return session.get_one(Member, person.id).status


def test_one_lead_shuts_a_member_out_at_once(served, world, lead, suspect):
    token = served.token_of(suspect)
    answer = served.ask(lead, "POST", f"/members/{suspect.id}/suspension")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["began_at"], told["undone_until"]) == (
        "2026-03-02T09:00:00Z",
        "2026-03-05T09:00:00Z",
    )
    assert served.ask(token, "GET", "/me").status_code == 401
    refused = served.sign_in(suspect.login, suspect.passphrase)
    unknown = served.sign_in("nobody-by-this-name", suspect.passphrase)
    assert (refused.status_code, refused.content) == (401, unknown.content)
    assert served.ask(lead, "GET", f"/members/{suspect.id}").json()["status"] == "suspended"
    assert len(served.events("member:suspended")) == 1


def test_one_coordinator_asks_and_a_second_one_suspends(world, suspect, lead):
    first, second = world.member(FOLLOWER, 2), world.member(FOLLOWER)
    for whom in (suspect, lead):
        assert suspend(world, first, whom).began_at is None
        assert suspend(world, first, whom).agreed_by is None
        assert status_of(world, whom) is MemberStatus.ACTIVE
        begun = suspend(world, second, whom)
        assert (begun.asked_by, begun.agreed_by) == (first.id, second.id)
        assert status_of(world, whom) is MemberStatus.SUSPENDED


def test_who_has_the_watch_suspends_two_a_day_alone_and_no_lead(world, suspect, lead):
    first = world.member(FOLLOWER)
    others = [world.member("volunteer", 2), world.member("volunteer", 3)]
    assert suspend(world, first, lead).began_at is None
    for whom in (suspect, others[0]):
        begun = suspend(world, first, whom)
        assert (begun.asked_by, begun.agreed_by) == (first.id, None)
        assert status_of(world, whom) is MemberStatus.SUSPENDED
    assert suspend(world, first, others[1]).began_at is None
    world.clock.advance(days=1)
    assert suspend(world, first, others[1]).began_at is not None


def test_the_watch_of_one_team_suspends_nobody_of_another_alone(world):
    elsewhere = world.member("volunteer", team=2)
    assert suspend(world, world.member(FOLLOWER), elsewhere).began_at is None


def test_what_one_coordinator_asked_lapses_after_a_day(world, suspect):
    suspend(world, world.member(FOLLOWER, 2), suspect)
    world.clock.advance(hours=24)
    assert suspend(world, world.member(FOLLOWER, 2), suspect).began_at is None
    assert status_of(world, suspect) is MemberStatus.ACTIVE


@pytest.mark.parametrize("role", [r for r in Role if r not in {Role.LEAD, Role.COORDINATOR}])
def test_other_roles_suspend_nobody(served, world, suspect, role):
    for method in ("POST", "DELETE"):
        answer = served.ask(world.member(role), method, f"/members/{suspect.id}/suspension")
        assert answer.status_code == 403


def test_a_lead_suspends_a_lead_who_then_does_nothing_more(served, world, lead, other_lead):
    token = served.world.token(other_lead, stepped_up=True)
    suspend(world, lead, other_lead)
    assert served.ask(token, "POST", f"/members/{lead.id}/suspension").status_code == 401
    assert status_of(world, lead) is MemberStatus.ACTIVE


def test_another_lead_undoes_it_and_all_is_as_before(served, world, lead, other_lead, suspect):
    suspend(world, lead, suspect)
    world.clock.advance(hours=71)
    reinstate(world, other_lead, suspect)
    assert status_of(world, suspect) is MemberStatus.ACTIVE
    assert served.sign_in(suspect.login, suspect.passphrase).status_code == 201
    with pytest.raises(MemberNotSuspended):
        reinstate(world, other_lead, suspect)


def test_who_suspended_does_not_undo_it_and_nobody_does_after_72_hours(
    world, lead, other_lead, suspect
):
    suspend(world, lead, suspect)
    for by in (lead, world.member(FOLLOWER)):
        with pytest.raises(SuspensionNotYours):
            reinstate(world, by, suspect)
    world.clock.advance(hours=72)
    with pytest.raises(SuspensionFinal):
        reinstate(world, other_lead, suspect)


def test_where_no_lead_is_left_a_coordinator_undoes_it_at_any_time(world, lead):
    first, second = world.member(FOLLOWER), world.member(FOLLOWER, 2)
    suspend(world, first, lead)
    suspend(world, second, lead)
    world.clock.advance(days=30)
    reinstate(world, second, lead)
    assert status_of(world, lead) is MemberStatus.ACTIVE


def test_an_invited_member_is_invited_again(world, lead, other_lead, suspect):
    with world.work_as(world.member("administrator")) as work:
        change_role(work, suspect.id, Role.VETTER)
    suspend(world, lead, suspect)
    for act in (certify_keys, lambda work, whom: change_role(work, whom, Role.TREASURER)):
        with pytest.raises(MemberSuspended), world.work_as(lead) as work:
            act(work, suspect.id)
    reinstate(world, other_lead, suspect)
    assert status_of(world, suspect) is MemberStatus.INVITED


def test_grants_stay_and_nothing_new_is_sealed_to_a_suspended_member(world, lead, other_lead):
    coordinator, colleague = world.member(FOLLOWER), world.member(FOLLOWER, 2)
    case_id = world.open_case(by=world.member("volunteer"))
    with world.deployment.sessions() as session:
        held = session.scalars(select(Grant.id).where(Grant.holder_id == coordinator.id)).all()
    assert held
    suspend(world, lead, coordinator)
    with pytest.raises(KeyNotCertified), world.work_as(colleague) as work:
        work.certificates.sealing_key(coordinator.id)
    reinstate(world, other_lead, coordinator)
    with world.work_as(colleague) as work:
        assert work.certificates.sealing_key(coordinator.id)
        live = select(Grant.id).where(
            Grant.holder_id == coordinator.id, Grant.ended_on.is_(None), Grant.rests.is_(False)
        )
        assert work.session.scalars(live).all() == held
    with world.work_as(coordinator) as work:
        assert work.grants.holds(case_id)


def test_sessions_of_the_duress_passphrase_end_too(served, world, lead, suspect):
    second = set_second(served, served.token_of(suspect), suspect.passphrase)
    token = served.sign_in(suspect.login, second).json()["token"]
    suspend(world, lead, suspect)
    assert served.ask(token, "GET", "/me").status_code == 401
    assert served.sign_in(suspect.login, second).status_code == 401


def test_leads_are_told_in_an_alert(served, world, lead, suspect):
    suspend(world, lead, suspect)
    token = served.world.token(lead, stepped_up=True)
    (alert,) = served.ask(token, "GET", "/alerts").json()["items"]
    assert (alert["kind"], alert["member_id"]) == ("member_suspended", str(suspect.id))


def test_nobody_suspends_themselves_an_unknown_member_or_a_removed_one(world, lead, suspect):
    with pytest.raises(MemberNotFound), world.work_as(lead) as work:
        suspend_member(work, lead.id)
    with pytest.raises(MemberNotFound), world.work_as(lead) as work:
        suspend_member(work, new_id())
    with world.work_as(lead) as work:
        remove_member(work, suspect.id)
    with pytest.raises(MemberRemoved):
        suspend(world, lead, suspect)


# ---------------------------------------------------------------------- removal


def remove(world: World, by: Person, whom: Person) -> None:
    with world.work_as(by) as work:
        remove_member(work, whom.id)


@pytest.fixture
def third(world: World, lead: Person) -> Person:
    """A member, after two others were removed today."""
    for number in (1, 2):
        remove(world, lead, world.member("volunteer", number))
    return world.member("volunteer", 3)


def test_nobody_removes_a_third_member_in_a_day_alone(world, lead, third):
    for by in (lead, world.member("administrator")):
        with pytest.raises(SecondLeadNeeded):
            remove(world, by, third)
    suspend(world, lead, third)
    with pytest.raises(SecondLeadNeeded):
        remove(world, lead, third)
    assert status_of(world, third) is MemberStatus.SUSPENDED


def test_a_second_lead_removes_who_another_one_suspended(world, lead, other_lead, third):
    suspend(world, lead, third)
    remove(world, other_lead, third)
    assert status_of(world, third) is MemberStatus.REMOVED


def test_the_next_day_two_more_are_removed_by_one(world, lead, third):
    world.clock.advance(days=1)
    remove(world, lead, third)
    assert status_of(world, third) is MemberStatus.REMOVED


def test_after_72_hours_without_objection_the_one_who_suspended_removes(world, lead, third):
    suspend(world, lead, third)
    world.clock.advance(hours=72)
    for number in (1, 2):
        remove(world, lead, world.member("coordinator", number))
    remove(world, lead, third)
    assert status_of(world, third) is MemberStatus.REMOVED
