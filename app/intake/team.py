"""Members of a team."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.accounts.models import Member, MemberStatus
from app.permissions import Role
from app.work import Work


def list_members(work: Work, team_id: UUID | None, role: Role) -> Sequence[Member]:
    """Return the active members of a role in a team, or in all of them."""
    query = select(Member).where(Member.role == role, Member.status == MemberStatus.ACTIVE)
    if team_id is not None:
        query = query.where(Member.team_id == team_id)
    return work.session.scalars(query).all()
