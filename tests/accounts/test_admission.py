"""Admitting members and certifying their keys."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from app.crypto.hpke import PrivateKey
from app.demo.admission import admit_member
from app.permissions import REPORTING_ROLES, SEARCHING_ROLES, Role, roles_in
from app.vault.errors import KeyCopyMissing, KeyForged
from app.vault.models import MemberKeys, OrganisationKeyKind
from tests.support.people import copies_of, hand_over, person_of
from tests.support.world import Person, World


@pytest.fixture
def lead(world: World) -> Person:
    return world.member("lead")


@pytest.fixture
def administrator(world: World) -> Person:
    return world.member("administrator")


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
