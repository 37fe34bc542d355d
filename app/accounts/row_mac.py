"""The MAC over a member's plain columns, under a key that the database does not hold.

Team, role and status are plain because they are read at every request; a person who can only
write to the database cannot give a row another role. Knows one MAC and nothing else.
"""

from __future__ import annotations

from uuid import UUID

from app.accounts.models import Member, MemberStatus
from app.crypto.derive import equal, mac
from app.crypto.framing import frame
from app.crypto.labels import Label
from app.deployment import Deployment
from app.permissions import Role


def update_row_mac(deployment: Deployment, member: Member) -> None:
    """Compute the MAC over a member's team, role and status; call it after changing any."""
    member.row_mac = _mac_of(deployment, member.id, member.team_id, member.role, member.status)


def verify_row_mac(
    deployment: Deployment,
    member_id: UUID,
    team_id: UUID,
    role: Role,
    status: MemberStatus,
    row_mac: bytes,
) -> bool:
    """Return whether a member's plain columns are as the application wrote them."""
    return equal(_mac_of(deployment, member_id, team_id, role, status), row_mac)


def _mac_of(
    deployment: Deployment, member_id: UUID, team_id: UUID, role: Role, status: MemberStatus
) -> bytes:
    statement = frame(Label.MEMBER_ROW, member_id, team_id, role.value, status.value)
    return mac(deployment.member_row_key, statement)
