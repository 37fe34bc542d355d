"""Members: who may see whom, changes of role, removal."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update

from app.accounts.errors import (
    LastLead,
    LeadNeeded,
    MemberCertified,
    MemberNotFound,
    MemberRemoved,
    RoleNeedsRoot,
    RolesYourOwn,
    RoleUnchanged,
    TeamNotFound,
)
from app.accounts.models import Credential, Member, MemberStatus
from app.accounts.service import (
    change_roles,
    get_member,
    get_team,
    list_members,
    remove_member,
)
from app.demo.admission import admit_member
from app.errors import PreconditionMissing, Stale
from app.permissions import Role, roles_in
from app.sessions.models import MemberSession
from app.store.base import new_id
from app.vault.errors import KeyNotCertified, Tampered
from app.vault.models import Grant, OrganisationKeyKind
from tests.support.joining import join
from tests.support.people import (
    another_lead,
    certify_keys,
    change_role,
    copies_of,
    hand_over,
    new_member,
    person_of,
    roles_body,
)
from tests.support.world import Person, World


@pytest.fixture
def lead(world: World) -> Person:
    return world.member("lead")


@pytest.fixture
def administrator(world: World) -> Person:
    return world.member("administrator")


# ---------------------------------------------------------------------- knowing


def listed(served, who) -> list[dict[str, str]]:
    return served.ask(who, "GET", "/members?limit=100").json()["items"]


def test_a_coordinator_lists_active_members_of_their_team_and_reads_who_was_removed(served, world):
    coordinator, gone = world.member("coordinator"), world.member("volunteer", 3)
    with world.work_as(world.member("lead")) as work:
        remove_member(work, gone.id)
    expected = {
        str(p.id) for p in world.people if p.team_id == coordinator.team_id and p.id != gone.id
    }
    assert {item["id"] for item in listed(served, coordinator)} == expected
    stranger = world.member("vetter", team=2)
    former = served.ask(coordinator, "GET", f"/members/{gone.id}")
    assert (former.status_code, former.json()["status"]) == (200, "removed")
    assert former.json()["display_name"]
    for unknown in (stranger.id, new_id()):
        answer = served.ask(coordinator, "GET", f"/members/{unknown}")
        assert (answer.status_code, answer.json()["code"]) == (404, "member.not_found")
    near = world.member("vetter")
    assert (
        served.ask(coordinator, "GET", f"/members/{near.id}").json()["display_name"] == near.login
    )


@pytest.mark.parametrize("role", [Role.LEAD, Role.ADMINISTRATOR])
def test_leads_and_administrators_know_everyone(served, world, role):
    assert {item["id"] for item in listed(served, role)} == {str(p.id) for p in world.people}


@pytest.mark.parametrize(
    "role", [Role.VOLUNTEER, Role.VETTER, Role.REGISTRAR, Role.TREASURER, Role.AUDITOR]
)
def test_other_roles_may_not_list_members(served, role):
    assert served.ask(role, "GET", "/members").status_code == 403


@pytest.mark.usefixtures("world_on_both")
def test_pages_hold_everyone_once_and_in_order(served, world, administrator):
    """On both databases: paging."""
    seen, cursor = [], ""
    while cursor is not None:
        asked = f"/members?limit=4&cursor={cursor}" if cursor else "/members?limit=4"
        page = served.ask(administrator, "GET", asked).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert seen == [item["id"] for item in listed(served, administrator)]
    assert len(seen) == len(set(seen)) == len(world.people)


def test_other_rooms_find_active_members_by_team_and_role(world):
    team = world.founded.teams[0]
    with world.work_as(world.member("lead")) as work:
        found = list_members(work, team, Role.VETTER)
        assert {m.id for m in found} == {world.member("vetter", n).id for n in (1, 2)}
        remove_member(work, found[0].id)
        assert [m.id for m in list_members(work, team, Role.VETTER)] == [found[1].id]
        assert get_member(work, found[0].id).status is MemberStatus.REMOVED
        assert len(list_members(work, None)) == len(world.people) - 1
        with pytest.raises(MemberNotFound):
            get_member(work, new_id())


# ---------------------------------------------------------------------- another role


def test_another_role_ends_grants_and_exchanges_copies_of_keys(world, lead):
    coordinator = world.member("coordinator")
    case_id = world.open_case()
    with world.work_as(coordinator) as work:
        assert work.grants.holds(case_id)
    with world.work_as(lead) as work:
        member = change_role(work, coordinator.id, Role.AUDITOR)
        assert member.status is MemberStatus.ACTIVE
    assert copies_of(world, coordinator.id) == {"reporting"}
    with world.work_as(coordinator) as work:
        assert not work.grants.holds(case_id)
        assert work.certificates.member(coordinator.id).roles == roles_in(
            coordinator.team_id, Role.AUDITOR
        )


def test_an_administrator_changes_a_role_and_a_lead_must_certify_it(served, world, lead):
    vetter = world.member("vetter")
    before = served.ask(Role.ADMINISTRATOR, "GET", f"/members/{vetter.id}")
    answer = served.ask(
        Role.ADMINISTRATOR,
        "POST",
        f"/members/{vetter.id}/roles",
        json={"roles": roles_body(vetter.team_id, "treasurer")},
        headers={"if-match": before.headers["etag"]},
    )
    assert answer.status_code == 200
    assert answer.json()["roles"] == roles_body(vetter.team_id, "treasurer")
    assert answer.json()["status"] == "invited"
    assert copies_of(world, vetter.id) == set()
    with world.work_as(lead) as work:
        certify_keys(work, vetter.id)
    assert copies_of(world, vetter.id) == {"search"}


def test_a_change_says_on_which_version_it_is_based(served, world):
    path = f"/members/{world.member('vetter').id}/roles"
    body = {"roles": roles_body(world.founded.teams[0], "auditor")}
    missing = served.ask(Role.ADMINISTRATOR, "POST", path, json=body)
    stale = served.ask(Role.ADMINISTRATOR, "POST", path, json=body, headers={"if-match": '"77"'})
    assert (missing.status_code, stale.status_code) == (428, 412)
    with world.work_as(world.member("administrator"), based_on=None) as work:
        for change in (
            lambda: change_role(work, world.member("vetter").id, Role.AUDITOR),
            lambda: remove_member(work, world.member("vetter").id),
            lambda: certify_keys(work, world.member("vetter").id),
        ):
            with pytest.raises(PreconditionMissing):
                change()
    with pytest.raises(Stale), world.work_as(world.member("lead"), based_on=99) as work:
        remove_member(work, world.member("vetter").id)


def test_impossible_changes_are_refused(world, lead):
    vetter = world.member("vetter")
    with world.work_as(lead) as work:
        with pytest.raises(RoleNeedsRoot):
            change_role(work, vetter.id, Role.LEAD)
        with pytest.raises(RoleUnchanged):
            change_role(work, vetter.id, Role.VETTER)
        with pytest.raises(MemberNotFound):
            change_role(work, new_id(), Role.VETTER)
        with pytest.raises(MemberCertified):
            certify_keys(work, vetter.id)
        remove_member(work, vetter.id)
        for change in (
            lambda: change_role(work, vetter.id, Role.AUDITOR),
            lambda: remove_member(work, vetter.id),
            lambda: certify_keys(work, vetter.id),
        ):
            with pytest.raises(MemberRemoved):
                change()


# ---------------------------------------------------------------------- removing


def test_a_removed_member_keeps_nothing(served, world):
    person = world.member("coordinator")
    case_id = world.open_case()
    token = served.token_of(person)
    read = served.ask(Role.ADMINISTRATOR, "GET", f"/members/{person.id}")
    answer = served.ask(
        Role.ADMINISTRATOR,
        "DELETE",
        f"/members/{person.id}",
        headers={"if-match": read.headers["etag"]},
    )
    assert answer.status_code == 200
    assert answer.json()["status"] == "removed"
    assert answer.json()["removed_on"] == "2026-03-02"
    assert served.ask(token, "GET", "/me").status_code == 401
    assert served.sign_in(person.login, person.passphrase).status_code == 401
    assert copies_of(world, person.id) == set()
    with world.deployment.sessions() as session:
        assert session.get(Credential, person.id) is None
        query = select(Grant).where(Grant.holder_id == person.id)
        for grant in session.scalars(query):
            assert grant.ended_on is not None
            assert grant.hpke_wrap is grant.symmetric_wrap is None
    with pytest.raises(KeyNotCertified), world.work_as(world.member("coordinator", 2)) as work:
        hand_over(work, case_id, person.id)
    assert served.events("member:removed")[0].facts["ended"] == 1


def test_what_a_removed_member_granted_before_still_opens(world):
    granter, holder = world.member("coordinator"), world.member("volunteer", 2)
    case_id = world.open_case(by=world.member("volunteer"))
    with world.work_as(granter) as work:
        hand_over(work, case_id, holder.id)
    with world.work_as(world.member("lead")) as work:
        remove_member(work, granter.id)
    with world.work_as(holder) as work:
        assert work.grants.holds(case_id)
        work.grants.load([case_id])


# ---------------------------------------------------------------------- leads


def test_the_last_leads_that_custody_needs_cannot_go(world, lead):
    with world.work_as(lead) as work:
        with pytest.raises(LastLead):
            remove_member(work, lead.id)
        with pytest.raises(RolesYourOwn):
            change_role(work, lead.id, Role.AUDITOR)


def test_only_a_lead_who_stepped_up_takes_a_lead_s_place_apart(served, world, administrator):
    lead = another_lead(world)
    with world.work_as(administrator) as work, pytest.raises(LeadNeeded):
        remove_member(work, lead.id)
    plain = world.token(world.member("lead"))
    answer = served.ask(plain, "DELETE", f"/members/{lead.id}", headers={"if-match": '"2"'})
    assert (answer.status_code, answer.json()["code"]) == (403, "member.lead_needed")


@pytest.mark.parametrize("way", ["removed", "role"])
def test_when_a_lead_goes_no_chain_of_certificates_breaks(world, lead, way):
    other, case_id = another_lead(world), world.open_case()
    with world.work_as(other) as work:
        admitted = admit_member(
            work,
            roles=roles_in(world.founded.teams[0], Role.COORDINATOR),
            login="newcomer",
            display_name="Coot",
        )
        assert work.certificates.member(admitted.member.id).certified_by == other.id
    newcomer = person_of(admitted)
    with world.work_as(lead) as work:
        if way == "removed":
            remove_member(work, other.id)
        else:
            change_roles(work, other.id, roles_in(other.team_id, Role.AUDITOR))
    with world.work_as(world.member("coordinator")) as work:
        assert work.certificates.member(newcomer.id).certified_by == lead.id
        hand_over(work, case_id, newcomer.id)
    with world.work_as(newcomer) as work:
        assert work.keyring.copy(OrganisationKeyKind.SEARCH)[0] == 1


def test_a_new_lead_can_certify_and_give_copies_of_keys(world):
    other = another_lead(world)
    assert copies_of(world, other.id) == {"search", "reporting"}
    with world.work_as(other) as work:
        admitted = admit_member(
            work,
            roles=roles_in(world.founded.teams[1], Role.COORDINATOR),
            login="newcomer",
            display_name="Coot",
        )
    with world.work_as(person_of(admitted)) as work:
        assert work.keyring.copy(OrganisationKeyKind.REPORTING)[0] == 1


def test_a_role_change_ends_the_rows_of_sessions(served, world, lead):
    person = world.member("registrar")
    served.token_of(person)
    with world.work_as(lead) as work:
        change_role(work, person.id, Role.AUDITOR)
    assert served.count(MemberSession) == 0


# ---------------------------------------------------------------------- teams


def test_teams_are_made_and_listed_by_name(served, world, administrator):
    made = served.ask(administrator, "POST", "/teams", json={"name": "Padauk grove"})
    assert made.status_code == 201
    names = [team["name"] for team in served.ask(Role.VOLUNTEER, "GET", "/teams").json()["items"]]
    assert sorted(names) == ["Banyan", "Padauk grove", "Teak"]
    assert len(served.events("team:created")) == 1
    join(served, administrator, new_member(world, team_id=made.json()["id"]))
    assert served.ask(Role.COORDINATOR, "POST", "/teams", json={"name": "x"}).status_code == 403


def test_a_member_whose_credential_is_lost_can_still_be_removed(world, lead):
    vetter = world.member("vetter")
    with world.deployment.sessions() as session, session.begin():
        session.execute(delete(Credential).where(Credential.id == vetter.id))
    with world.work_as(lead) as work:
        assert remove_member(work, vetter.id).status is MemberStatus.REMOVED


@pytest.mark.parametrize(
    "values", [{"roles": roles_in(new_id(), Role.LEAD)}, {"status": "invited"}]
)
def test_a_member_row_with_a_wrong_mac_is_never_certified(served, world, lead, values):
    vetter = world.member("vetter")
    with world.deployment.sessions() as session, session.begin():
        session.execute(update(Member).where(Member.id == vetter.id).values(**values))
    with world.work_as(lead) as work, pytest.raises(Tampered):
        certify_keys(work, vetter.id)
    assert served.ask(lead, "GET", f"/members/{vetter.id}").json()["code"] == "record.tampered"


def test_a_team_that_does_not_exist_is_not_found(world, lead):
    with world.work_as(lead) as work:
        assert get_team(work, world.founded.teams[0]).version == 1
        with pytest.raises(TeamNotFound):
            get_team(work, new_id())
