"""Who has which role, read without the records of members, is who has it by their records."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from app.accounts.models import Member
from app.accounts.roles import ids_of_members
from app.accounts.service import list_members
from app.permissions import Role


@pytest.mark.parametrize("role", Role)
def test_the_ids_of_members_in_a_role_are_those_of_their_records(world, role):
    with world.work_as(None) as work:
        for team in (None, world.member("coordinator").principal.team_id):
            listed = {member.id for member in list_members(work, team, role)}
            assert ids_of_members(work, team, role) == listed


def test_a_member_whose_row_was_altered_has_no_role(world):
    coordinator = world.member("coordinator")
    with world.deployment.engine.begin() as connection:
        changed = update(Member).where(Member.id == coordinator.id)
        connection.execute(changed.values(joined_on=world.clock().date()))
        connection.execute(changed.values(version=77))
    with world.work_as(None) as work:
        assert coordinator.id not in ids_of_members(work, None, Role.COORDINATOR)
