"""Admitting members and certifying their keys."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import update

from app.accounts.admission import admit_member
from app.accounts.models import Member
from app.crypto.hpke import PrivateKey
from app.permissions import REPORTING_ROLES, SEARCHING_ROLES, Role, roles_in
from app.store.base import new_id
from app.vault.errors import KeyCopyMissing, KeyForged, KeyNotCertified
from app.vault.models import MemberKeys, OrganisationKeyKind
from tests.support.people import copies_of, hand_over, new_member, person_of
from tests.support.world import Person, World


@pytest.fixture
def lead(world: World) -> Person:
    return world.member("lead")


@pytest.fixture
def administrator(world: World) -> Person:
    return world.member("administrator")


def test_a_lead_who_stepped_up_admits_and_certifies_at_once(served, world, lead):
    answer = served.ask(served.stepped_up(lead), "POST", "/members", json=new_member(world))
    assert answer.status_code == 201
    made = answer.json()
    assert made["member"]["status"] == "active"
    assert len(made["passphrase"].split()) == 8
    token = served.sign_in("hornbill", made["passphrase"]).json()["token"]
    assert served.ask(token, "GET", "/me").json()["display_name"] == "Hornbill"
    assert served.events("member:admitted")[-1].facts["roles"].startswith("vetter@")


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.LEAD])
def test_without_a_step_up_an_account_waits_for_its_certificate(served, world, lead, role):
    made = served.ask(role, "POST", "/members", json=new_member(world)).json()["member"]
    assert made["status"] == "invited"
    made_id = UUID(made["id"])
    assert copies_of(world, made_id) == set()
    case_id = world.open_case()
    with pytest.raises(KeyNotCertified), world.work_as(world.member("coordinator")) as work:
        hand_over(work, case_id, made_id)

    path = f"/members/{made['id']}/certificate"
    match = {"if-match": f'"{made["version"]}"'}
    refused = served.ask(lead, "POST", path, headers=match)
    assert refused.json()["code"] == "session.step_up_required"
    certified = served.ask(served.stepped_up(lead), "POST", path, headers=match)
    assert certified.status_code == 200
    assert certified.json()["status"] == "active"
    assert certified.headers["etag"] == f'"{certified.json()["version"]}"'
    with world.work_as(world.member("coordinator")) as work:
        hand_over(work, case_id, made_id)
    again = {"if-match": certified.headers["etag"]}
    twice = served.ask(served.stepped_up(lead), "POST", path, headers=again)
    assert (twice.status_code, twice.json()["code"]) == (409, "member.certified")


def test_the_same_request_admits_once(served, world, administrator):
    key = {"idempotency-key": "once-and-only-once"}
    first = served.ask(administrator, "POST", "/members", json=new_member(world), headers=key)
    second = served.ask(administrator, "POST", "/members", json=new_member(world), headers=key)
    assert second.json() == first.json()
    assert len(served.events("member:admitted")) == len(world.people)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"role": "lead"}, 409, "member.role_needs_root"),
        ({"role": "general"}, 422, "request.invalid"),
        ({"login": "Thiri Aye"}, 422, "member.login_invalid"),
        ({"login": "ab"}, 422, "member.login_invalid"),
        ({"login": "သီရိ-အေး"}, 422, "member.login_invalid"),
        ({"login": "volunteer-1-team-1"}, 409, "member.login_taken"),
        ({"login": "VOLUNTEER-1-team-1"}, 409, "member.login_taken"),
        ({"team_id": str(new_id())}, 404, "team.not_found"),
        ({"display_name": ""}, 422, "request.invalid"),
        ({"passphrase": "mine"}, 422, "request.invalid"),
    ],
)
def test_an_impossible_admission_is_refused_and_leaves_nothing(
    served, world, administrator, changes, status, code
):
    before = served.count(Member)
    answer = served.ask(administrator, "POST", "/members", json=new_member(world, **changes))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert served.count(Member) == before


@pytest.mark.parametrize("role", set(Role) - {Role.LEAD, Role.ADMINISTRATOR})
def test_other_roles_may_not_admit_members(served, world, role):
    answer = served.ask(role, "POST", "/members", json=new_member(world))
    assert (answer.status_code, answer.json()["code"]) == (403, "permission.denied")


@pytest.mark.parametrize("role", set(Role) - {Role.LEAD})
def test_copies_of_keys_go_to_the_roles_that_use_them_and_to_no_other(world, lead, role):
    wanted = set()
    if role in SEARCHING_ROLES:
        wanted.add("search")
    if role in REPORTING_ROLES:
        wanted.add("reporting")
    with world.work_as(lead) as work:
        admission = admit_member(
            work,
            roles=roles_in(world.founded.teams[0], role),
            login="newcomer",
            display_name="Coot",
        )
    assert copies_of(world, admission.member.id) == wanted
    person = person_of(admission)
    with world.work_as(person) as work:
        for kind in (OrganisationKeyKind.SEARCH, OrganisationKeyKind.REPORTING):
            if kind.value in wanted:
                assert work.keyring.copy(kind)[0] == 1
            else:
                with pytest.raises(KeyCopyMissing):
                    work.keyring.copy(kind)


def test_an_administrator_holds_nothing_that_opens_a_case(world, administrator):
    case_id = world.open_case()
    assert copies_of(world, administrator.id) == set()
    with world.work_as(administrator) as work:
        assert not work.grants.holds(case_id)


def test_a_key_put_in_place_of_a_members_own_is_never_sealed_to(world):
    volunteer, case_id = world.member("volunteer", 2), world.open_case()
    with world.deployment.sessions() as session, session.begin():
        session.execute(
            update(MemberKeys)
            .where(MemberKeys.id == volunteer.id)
            .values(work_public=PrivateKey.generate().public)
        )
    with pytest.raises(KeyForged), world.work_as(world.member("coordinator")) as work:
        hand_over(work, case_id, volunteer.id)
