"""A member holds any set of roles, each in a team: what they may do, hold and put on record."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.service import change_roles
from app.permissions import (
    ROLE_PERMISSIONS,
    Compartment,
    Permission,
    Role,
    TeamRole,
    read_roles,
    roles_in,
    written_roles,
)
from app.principal import Principal
from app.vault.errors import ScopeOutOfReach
from app.vault.models import GrantReason
from app.vault.scopes import Scope
from tests.support.people import copies_of, roles_body
from tests.support.served import Served, serve
from tests.support.world import Person, World

TEAMS = (UUID(int=1), UUID(int=2))
SETS = st.frozensets(
    st.builds(TeamRole, st.sampled_from(Role), st.sampled_from(TEAMS)), min_size=1, max_size=6
)


@pytest.fixture
def served(world: World):
    with serve(world) as served:
        yield served


def give(world: World, person: Person, *roles: TeamRole) -> None:
    with world.work_as(world.member("lead")) as work:
        change_roles(work, person.id, frozenset(roles))


def in_team(world: World, team: int, *roles: Role) -> frozenset[TeamRole]:
    return roles_in(world.founded.teams[team - 1], *roles)


def intake(served: Served, person: Person, **how: str) -> dict:
    body = {
        "standing": "left",
        "identity": {"name": "Ko Thiha Zin"},
        "contact": {"channel": "messenger", "handles": ["@zin_t"]},
        "account": {"says": "Walked from noon to nine at night."},
    }
    answer = served.ask(person, "POST", "/cases", body, **how)
    assert answer.status_code == 201, answer.text
    return answer.json()


def accept(served: Served, person: Person, case: dict):
    version = served.ask(person, "GET", f"/cases/{case['id']}").json().get("version", 1)
    body = {"decision": "accept"}
    return served.ask(person, "POST", f"/cases/{case['id']}/triage", body, based_on=version)


@given(SETS)
def test_a_set_of_roles_has_one_spelling_that_reads_as_itself(roles):
    written = written_roles(roles)
    assert read_roles(written) == roles
    assert written_roles(sorted(roles, reverse=True)) == written


@given(SETS, st.sampled_from(Permission), st.sampled_from((None, *Role)))
def test_one_acts_in_exactly_the_roles_that_allow_it_and_the_log_names_the_least(
    roles, permission, asked
):
    principal = Principal(UUID(int=9), roles, TEAMS[0])
    acting = principal.acting_for(permission, asked)
    allowing = {one for one in roles if permission in ROLE_PERMISSIONS[one.role]}
    assert acting.acting == {one for one in allowing if asked in {None, one.role}}
    assert principal.may(permission) is bool(allowing)
    if acting.acting:
        assert acting.team_id in acting.teams
        assert permission in ROLE_PERMISSIONS[acting.role]
        assert (acting.role is Role.LEAD) is ({one.role for one in acting.acting} == {Role.LEAD})


def test_the_log_names_the_role_that_was_asked_for_and_else_the_least_powerful(world, served):
    person = world.member("volunteer")
    give(world, person, *in_team(world, 1, Role.VOLUNTEER, Role.COORDINATOR))
    plain, asked = intake(served, person), intake(served, person, acting="coordinator")
    for case, role in ((plain, "volunteer"), (asked, "coordinator")):
        events = served.get(person, f"/cases/{case['id']}/events?limit=50")["items"]
        assert {one["role"] for one in events if one["action"] == "case:opened"} == {role}
    refused = served.ask(person, "GET", "/cases", acting="vetter")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission.denied")
    assert served.ask(person, "GET", "/cases", acting="general").status_code == 422


def test_a_case_that_is_vetted_is_not_edited_by_its_vetter_in_another_role(world, served):
    vetter = world.member("vetter")
    give(world, vetter, *in_team(world, 1, Role.VETTER, Role.VOLUNTEER))
    coordinator = world.member("coordinator")
    case = intake(served, world.member("volunteer"))
    accept(served, coordinator, case)
    pair = [str(vetter.id), str(world.member("vetter", 2).id)]
    served.post(coordinator, f"/cases/{case['id']}/vetting", {"vetter_ids": pair})
    seen = served.get(vetter, f"/cases/{case['id']}")
    assert seen["identity"]["name"] == "Ko Thiha Zin"
    note = served.ask(vetter, "POST", f"/cases/{case['id']}/notes", {"text": "hm"})
    assert note.json()["code"] == "case.not_found"


def test_a_role_in_one_team_does_nothing_in_another(world, served):
    person = world.member("volunteer")
    elsewhere = in_team(world, 2, Role.COORDINATOR)
    give(world, person, *in_team(world, 1, Role.VOLUNTEER), *elsewhere)
    own = intake(served, person)
    assert accept(served, person, own).json()["code"] == "role.elsewhere"
    theirs = intake(served, world.member("volunteer", team=2))
    assert accept(served, person, theirs).status_code == 200
    placed = intake(served, person, acting=f"coordinator;team={world.founded.teams[1]}")
    assert served.get(person, f"/cases/{placed['id']}")["team_id"] == str(world.founded.teams[1])


def test_a_role_that_is_taken_ends_what_was_held_in_it_and_nothing_else(world):
    person = world.member("coordinator", 2)
    give(world, person, *in_team(world, 1, Role.COORDINATOR, Role.VETTER))
    logged = world.open_case()
    with world.work_as(world.member("coordinator")) as work:
        work.grants.grant(logged, person.id, [], reason=GrantReason.VETTING, about=logged)
    assert copies_of(world, person.id) == {"search", "reporting"}
    give(world, person, *in_team(world, 1, Role.COORDINATOR))
    with world.work_as(person) as work:
        assert work.grants.holds(logged)
    give(world, person, *in_team(world, 1, Role.VETTER), *in_team(world, 2, Role.COORDINATOR))
    with world.work_as(person) as work:
        assert not work.grants.holds(logged)
    assert copies_of(world, person.id) == {"search", "reporting"}


def test_a_grant_names_no_more_than_the_role_in_which_it_is_held(world):
    person, case_id = world.member("vetter"), world.open_case()
    give(world, person, *in_team(world, 1, Role.VETTER, Role.TREASURER))
    with world.work_as(world.member("coordinator")) as work, pytest.raises(ScopeOutOfReach):
        work.grants.grant(
            case_id, person.id, [Scope(Compartment.IDENTITY)],
            reason=GrantReason.AID, about=case_id,
        )  # fmt: skip


def test_nobody_changes_their_own_roles(world, served):
    administrator = world.member("administrator")
    body = {"roles": roles_body(administrator.team_id, "administrator", "treasurer")}
    version = served.get(administrator, f"/members/{administrator.id}")["version"]
    path = f"/members/{administrator.id}/roles"
    answer = served.ask(administrator, "POST", path, body, based_on=version)
    assert (answer.status_code, answer.json()["code"]) == (409, "member.roles_your_own")
