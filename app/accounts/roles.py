"""Who has which role, read without the records of members. Knows no certificates."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from app.accounts.models import Member, MemberStatus
from app.permissions import MemberRoles, Role, holds
from app.store.authenticated import altered_rows
from app.store.checked_queries import CheckedQuery
from app.store.kept_statements import connection_of
from app.work import Work


class _Active(NamedTuple):
    id: UUID
    roles: MemberRoles


_MEMBERS = Member.__table__.c
_ACTIVE = CheckedQuery(
    Member,
    _Active,
    (_MEMBERS.id, _MEMBERS.roles),
    lambda members: members.where(_MEMBERS.status == MemberStatus.ACTIVE),
)


def ids_of_members(work: Work, team_id: UUID | None, role: Role) -> set[UUID]:
    """Return the ids of the active members of a team (all teams for None) in a role.

    As ``service.list_members``, without their records: what is not flushed yet is not seen.
    """
    found = _ACTIVE.all(connection_of(work.session), work.deployment.row_macs, {})
    altered = altered_rows(work.session)
    for member, authentic in found:
        if not authentic:
            altered.leave_out(f"{Member.__tablename__}/{member.id}")
    return {
        member.id for member, authentic in found if authentic and holds(member.roles, role, team_id)
    }
