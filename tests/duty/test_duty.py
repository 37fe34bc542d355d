"""The watch of a team: one coordinator has it, takes it, gives it; it never lies with nobody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.accounts.errors import TeamNotFound
from app.accounts.models import Member, MemberStatus
from app.accounts.service import change_roles, create_team, remove_member
from app.accounts.suspensions import reinstate_member, suspend_member
from app.alerts.service import list_alerts
from app.duty.errors import DutyNotEligible, DutyNotOffered, DutyNotYours
from app.duty.falls import record_falls
from app.duty.holding import find_holding, is_on_duty
from app.duty.models import DutyStart, TeamDuty
from app.duty.service import accept_duty, get_duty, offer_duty, take_duty
from app.errors import PreconditionMissing, Stale
from app.permissions import Role, roles_in
from app.vault.errors import Tampered
from tests.support.people import another_lead
from tests.support.served import serve
from tests.support.world import Person, World


@pytest.fixture
def first(world: World) -> Person:
    return world.member("coordinator")


@pytest.fixture
def second(world: World) -> Person:
    return world.member("coordinator", 2)


def holder(world: World, team_id) -> object:
    with world.work_as(None) as work:
        return find_holding(work, team_id).member_id


def take(world: World, person: Person, based_on=-1) -> None:
    with world.work_as(person, based_on=based_on) as work:
        take_duty(work, person.team_id)


def settle(world: World) -> int:
    with world.work_as(None) as work:
        return record_falls(work)


def remove(world: World, person: Person) -> None:
    with world.work_as(world.member("lead")) as work:
        remove_member(work, person.id)


def change_role(world: World, person: Person, role: Role, team_id: UUID | None = None) -> None:
    with world.work_as(world.member("lead")) as work:
        change_roles(work, person.id, roles_in(team_id or person.team_id, role))


def kinds(world: World, person: Person) -> list[str]:
    with world.work_as(person) as work:
        return [row.notice.kind.name for row in list_alerts(work, limit=50) if row.notice]


def test_the_first_coordinator_of_a_team_has_the_watch_before_anybody_takes_it(world, first):
    assert holder(world, first.team_id) == first.id


def test_a_coordinator_takes_the_watch_in_one_act(world, first, second):
    take(world, second)
    with world.work_as(first) as work:
        holding = get_duty(work, first.team_id)
        assert (holding.member_id, holding.row.began_by) == (second.id, DutyStart.TAKEN)
        assert not is_on_duty(work, first.team_id)
    with world.work_as(second) as work:
        assert is_on_duty(work, first.team_id)


def test_it_is_given_by_name_and_stays_until_the_other_accepts(world, first, second):
    with world.work_as(first) as work:
        offer_duty(work, first.team_id, second.id)
    assert holder(world, first.team_id) == first.id
    with world.work_as(second) as work:
        accepted = accept_duty(work, first.team_id)
        assert (accepted.row.began_by, accepted.row.offered_to) == (DutyStart.ACCEPTED, None)
    assert holder(world, first.team_id) == second.id
    with world.work_as(second) as work, pytest.raises(DutyNotOffered):
        accept_duty(work, first.team_id)


def test_only_who_is_on_duty_gives_it_and_only_to_another_coordinator_of_the_team(
    world, first, second
):
    with world.work_as(second) as work, pytest.raises(DutyNotYours):
        offer_duty(work, first.team_id, first.id)
    elsewhere = world.member("coordinator", team=2)
    for other in (first, elsewhere, world.member("volunteer")):
        with world.work_as(first) as work, pytest.raises(DutyNotEligible):
            offer_duty(work, first.team_id, other.id)


def test_taking_it_ends_an_offer(world, first, second):
    with world.work_as(first) as work:
        offer_duty(work, first.team_id, second.id)
    take(world, first)
    with world.work_as(second) as work, pytest.raises(DutyNotOffered):
        accept_duty(work, first.team_id)


def test_nobody_of_another_team_takes_or_reads_it_and_leads_read_it(world, first):
    elsewhere = world.member("coordinator", team=2)
    for act in (take_duty, get_duty, accept_duty):
        with world.work_as(elsewhere) as work, pytest.raises(TeamNotFound):
            act(work, first.team_id)
    with world.work_as(world.member("lead")) as work:
        assert get_duty(work, first.team_id).member_id == first.id
        with pytest.raises(TeamNotFound):
            take_duty(work, first.team_id)


def test_of_two_who_saw_the_same_version_the_second_is_told(world, first, second):
    take(world, second, based_on=1)
    with pytest.raises(Stale):
        take(world, first, based_on=1)
    with pytest.raises(PreconditionMissing):
        take(world, first, based_on=None)


@pytest.mark.usefixtures("world_on_both")
def test_taking_it_at_the_same_moment_leaves_one_who_has_it(world, first, second):
    """On both databases: race."""
    start = Barrier(2)

    def attempt(person: Person) -> bool:
        start.wait(timeout=30)
        try:
            take(world, person, based_on=1)
        except Exception:  # noqa: BLE001 - refused, or beaten at the commit: both are told
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        won = list(pool.map(attempt, (first, second)))
    assert sorted(won) == [False, True]
    assert holder(world, first.team_id) == (first, second)[won.index(True)].id


@pytest.mark.parametrize("way", ["removed", "suspended", "other role"])
def test_it_falls_to_another_at_once_when_who_has_it_is_shut_out(world, first, second, way):
    take(world, second)
    if way == "removed":
        remove(world, second)
    elif way == "suspended":
        with world.work_as(world.member("lead")) as work:
            suspend_member(work, second.id)
    else:
        change_role(world, second, Role.VOLUNTEER)
    assert holder(world, first.team_id) == first.id


def test_it_falls_to_who_was_offered_it_before_others(world, first, second):
    take(world, second)
    third = world.member("volunteer")
    change_role(world, third, Role.COORDINATOR)
    with world.work_as(second) as work:
        offer_duty(work, second.team_id, third.id)
    remove(world, second)
    assert holder(world, first.team_id) == third.id


def test_what_fell_is_on_record_and_coordinators_and_leads_are_told(served, world, first, second):
    settle(world)
    take(world, second)
    remove(world, second)
    assert settle(world) == 1
    assert settle(world) == 0
    (event,) = [one for one in served.events("duty:fell") if one.facts.get("before")]
    assert (event.facts["member"], event.facts["before"]) == (str(first.id), str(second.id))
    assert kinds(world, first) == kinds(world, world.member("lead")) == ["DUTY_FELL"]


def test_where_no_coordinator_is_left_leads_are_told_once(world, first, second):
    settle(world)
    for person in (first, second):
        remove(world, person)
    assert holder(world, first.team_id) is None
    assert settle(world) == 1
    assert settle(world) == 0
    assert kinds(world, world.member("lead")) == ["DUTY_VACANT"]


def test_a_new_team_has_its_first_coordinator(world, first):
    with world.work_as(world.member("lead")) as work:
        team = create_team(work, "Rosewood")
        team_id = team.id
    assert holder(world, team_id) is None
    change_role(world, world.member("volunteer"), Role.COORDINATOR, team_id=team_id)
    assert holder(world, team_id) == world.member("volunteer").id


def test_an_uncertified_coordinator_cannot_take_it(world, first, second):
    with world.deployment.sessions() as session, session.begin():
        session.get_one(Member, second.id).status = MemberStatus.INVITED
    with world.work_as(second) as work, pytest.raises(DutyNotEligible):
        take_duty(work, first.team_id)


def test_a_row_that_was_altered_gives_nobody_the_watch_and_cannot_be_taken(world, first, second):
    with world.deployment.engine.begin() as connection:
        connection.execute(
            update(TeamDuty).where(TeamDuty.id == first.team_id).values(member_id=second.id)
        )
    assert holder(world, first.team_id) == first.id
    with pytest.raises(Tampered):
        take(world, second)


def test_each_act_is_on_record_with_the_team(served, world, first, second):
    take(world, first)
    with world.work_as(first) as work:
        offer_duty(work, first.team_id, second.id)
    with world.work_as(second) as work:
        accept_duty(work, first.team_id)
    acts = served.events("duty:taken", "duty:offered", "duty:accepted")
    assert {act.facts["team"] for act in acts} == {str(first.team_id)}
    assert len(acts) == 3


def test_every_team_has_a_row(world):
    with world.deployment.sessions() as session:
        rows = session.scalars(select(TeamDuty.id)).all()
    assert set(rows) == set(world.founded.teams)


def test_who_was_suspended_has_it_no_more_after_they_come_back(world, first, second):
    take(world, second)
    with world.work_as(world.member("lead")) as work:
        suspend_member(work, second.id)
    settle(world)
    other = another_lead(world)
    with world.work_as(other) as work:
        reinstate_member(work, second.id)
    assert holder(world, first.team_id) == first.id


def test_over_http_it_is_read_taken_given_and_accepted(world, first, second):
    path = f"/teams/{first.team_id}/duty"
    with serve(world) as served:
        assert served.get(first, path) == {
            "team_id": str(first.team_id),
            "member_id": str(first.id),
            "started_by": None,
            "since": None,
            "offered_to": None,
            "offered_at": None,
            "version": 1,
        }
        taken = served.post(second, path, based_on=1)
        assert (taken["member_id"], taken["started_by"]) == (str(second.id), "taken")
        late = served.ask(first, "POST", path, based_on=1)
        assert (late.status_code, late.json()["current"]) == (412, taken["version"])
        given = served.post(
            second, f"{path}/offers", {"member_id": str(first.id)}, based_on=taken["version"]
        )
        assert (given["member_id"], given["offered_to"]) == (str(second.id), str(first.id))
        accepted = served.post(first, f"{path}/acceptance", based_on=given["version"])
        assert (accepted["member_id"], accepted["started_by"]) == (str(first.id), "accepted")
        assert served.get(world.member("lead"), path) == accepted


def test_what_who_has_the_watch_may_do_alone_ends_when_somebody_takes_it(world, first, second):
    take(world, second)
    whom = world.member("volunteer")
    with world.work_as(first) as work:
        assert suspend_member(work, whom.id).began_at is None
    other = world.member("volunteer", 2)
    with world.work_as(second) as work:
        assert suspend_member(work, other.id).began_at is not None
