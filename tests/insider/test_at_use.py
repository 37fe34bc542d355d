"""A row that was changed from outside gives nobody anything, from the next request on."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from app.accounts.models import Member
from app.aid.models import AidRequest
from app.cases.service import get_case
from app.errors import IntegrityFault
from app.permissions import Role, roles_in
from app.registration.models import Registration, RegistrationStatus
from app.vault.errors import Tampered
from app.vault.models import Grant
from tests.support.registration_steps import give_out, left, redeem
from tests.support.served import serve
from tests.support.vetting_steps import clear


def change(world, model, where, **values):
    with world.deployment.engine.begin() as connection:
        connection.execute(update(model).where(where).values(**values))


def test_a_member_whose_role_was_changed_has_no_session_any_more(world):
    volunteer = world.member(Role.VOLUNTEER)
    with serve(world) as served:
        assert served.ask(volunteer, "GET", "/cases").status_code == 200
        change(
            world,
            Member,
            Member.id == volunteer.id,
            roles=roles_in(volunteer.team_id, Role.COORDINATOR),
        )
        assert served.ask(volunteer, "GET", "/cases").status_code == 401


def test_a_coordinator_whose_team_was_changed_is_given_no_case_of_that_team(world):
    stranger, team = world.member(Role.COORDINATOR, team=2), world.founded.teams[0]
    change(world, Member, Member.id == stranger.id, team_id=team)
    with serve(world) as served:
        case_id = UUID(served.post(world.member(Role.VOLUNTEER), "/cases", intake())["id"])
    change(world, Member, Member.id == stranger.id, team_id=stranger.team_id)
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        assert stranger.id not in work.grants.holders(case_id)


def intake():
    return {
        "standing": "left",
        "identity": {"name": "Ma Thiri Kyaw"},
        "contact": {"channel": "messenger", "phones": ["+959771239876"]},
        "account": {"says": "Waits by the river."},
        "rank_band": "other_ranks",
        "region_group": "east",
    }


def test_a_grant_whose_last_day_was_put_off_opens_nothing(world):
    case_id, volunteer = world.open_case(), world.member(Role.VOLUNTEER)
    later = world.clock().date() + timedelta(days=900)
    change(world, Grant, Grant.holder_id == volunteer.id, until=later)
    with world.work_as(volunteer) as work, pytest.raises(Tampered):
        work.vault.open(get_case(work, case_id).identity)


def test_a_code_that_was_set_back_to_delivered_redeems_no_second_time(world):
    case_id = world.open_case()
    clear(world, case_id)
    left(world, case_id)
    registration_id, code = give_out(world, case_id)
    assert redeem(world, code).valid
    change(
        world,
        Registration,
        Registration.id == registration_id,
        status=RegistrationStatus.DELIVERED,
        redeemed_by=None,
    )
    assert not redeem(world, code).valid


def test_nothing_is_committed_on_the_word_of_an_altered_row(world):
    case_id = world.open_case()
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        case = get_case(work, case_id)
        opened_on = case.opened_on
    table = type(case)
    change(world, table, table.id == case_id, opened_on=opened_on + timedelta(days=3))
    with pytest.raises(IntegrityFault), world.work_as(world.member(Role.COORDINATOR)) as work:
        get_case(work, case_id)


def test_aid_whose_sum_was_changed_is_not_paid(scene):
    request_id = scene.ask()
    scene.approve(request_id)
    change(scene.world, AidRequest, AidRequest.id == request_id, total=1)
    with pytest.raises(IntegrityFault):
        scene.pay(request_id)
