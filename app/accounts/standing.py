"""What a member's row says of role and team, under a key that the database does not hold.

The row is plain because the gate reads it at every request; the check makes sure that whoever
can write to the database still promotes nobody. Knows one MAC and nothing else.
"""

from __future__ import annotations

from uuid import UUID

from app.accounts.models import Member, MemberStatus
from app.crypto.derive import equal, mac
from app.crypto.framing import frame
from app.deployment import Deployment
from app.permissions import Role


def confirm_standing(deployment: Deployment, member: Member) -> None:
    """Write the check over a member's team, role and status; after every change of them."""
    member.standing = _check(deployment, member.id, member.team_id, member.role, member.status)


def stands(
    deployment: Deployment,
    member_id: UUID,
    team_id: UUID,
    role: Role,
    status: MemberStatus,
    standing: bytes,
) -> bool:
    """Return whether the row says what the application wrote."""
    return equal(_check(deployment, member_id, team_id, role, status), standing)


def _check(
    deployment: Deployment, member_id: UUID, team_id: UUID, role: Role, status: MemberStatus
) -> bytes:
    statement = frame("padauk/standing/1", member_id, team_id, role.value, status.value)
    return mac(deployment.standing_key, statement)
