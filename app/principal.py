"""Who acts in a request: a member, all their roles, and those that allow what is asked.

Knows no rows and no keys.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from app.permissions import (
    NEEDS_STEP_UP,
    ROLE_PERMISSIONS,
    WHILE_ENROLLING,
    MemberRoles,
    Permission,
    Role,
    by_power,
    holds,
)
from app.store.base import ORGANISATION


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts, and in which of their roles: in none where no member does, as in the worker.

    ``is_enrolling``: they may only set up the second factor that their role needs.
    ``roles`` are all of the member's; ``acting`` those that allow what is asked. ``team_id`` is the
    team in which they act.
    """

    id: UUID
    roles: MemberRoles
    team_id: UUID
    session_id: UUID | None = None
    stepped_up: bool = False
    narrowed_to: MemberRoles | None = None
    is_enrolling: bool = False

    @property
    def acting(self) -> MemberRoles:
        """The roles in which the principal acts: all of them until a request narrows them."""
        return self.roles if self.narrowed_to is None else self.narrowed_to

    @property
    def role(self) -> Role | None:
        """The role that the log names: the least powerful of those in which they act."""
        return next((one.role for one in by_power(self.acting)), None)

    @property
    def teams(self) -> frozenset[UUID]:
        """The teams in which they act."""
        return frozenset(one.team_id for one in self.acting)

    def may(self, permission: Permission) -> bool:
        """Return whether a role allows this. What then opens is for the keys to say."""
        return any(permission in ROLE_PERMISSIONS[one.role] for one in self.roles)

    def acts_as(self, role: Role, team_id: UUID | None = None) -> bool:
        """Return whether this is among the roles in which they act, in this or any team."""
        return holds(self.acting, role, team_id)

    def acting_for(
        self, permission: Permission, role: Role | None = None, team_id: UUID | None = None
    ) -> Principal:
        """Return the principal in the roles that allow this: in one of them or one team, if named.

        They act in their own team where such a role is held there.
        """
        narrowed = frozenset(
            one
            for one in self.roles
            if permission in ROLE_PERMISSIONS[one.role]
            and role in {None, one.role}
            and team_id in {None, one.team_id}
        )
        teams = [one.team_id for one in by_power(narrowed)]
        here = self.team_id if not teams or self.team_id in teams else teams[0]
        return replace(self, narrowed_to=narrowed, team_id=here)

    def must_enrol(self, permission: Permission) -> bool:
        """Return whether this must wait until a second factor is set up."""
        return self.is_enrolling and permission not in WHILE_ENROLLING

    def needs_step_up(self, permission: Permission) -> bool:
        """Return whether this must wait for the second unlock."""
        return permission in NEEDS_STEP_UP and not self.stepped_up


NOBODY = Principal(ORGANISATION, frozenset(), ORGANISATION)
"""Acts where no member does: sign-in, the worker, founding."""
