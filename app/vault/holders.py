"""In which roles a grant is held: it opens what it names to who acts in one of them, and ends
when its holder has none of them left.

- Who vets a case and is a volunteer besides reads it as a vetter, and changes nothing in it as a
  volunteer.
- What a lead grants by custody is held in whatever role its holder has.

Knows names of roles and reasons; opens nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from app.permissions import (
    ACROSS_TEAMS,
    Compartment,
    MemberRoles,
    Role,
    compartments_of,
    holds,
    names_of,
)
from app.totality import require_rows
from app.vault.models import GrantReason

_FIELDWORK: Final = frozenset({Role.VOLUNTEER, Role.COORDINATOR})

HOLDERS: Final[Mapping[GrantReason, frozenset[Role]]] = MappingProxyType(
    {
        GrantReason.INTAKE: _FIELDWORK,
        GrantReason.TRIAGE: frozenset({Role.COORDINATOR}),
        GrantReason.ASSIGNMENT: _FIELDWORK,
        GrantReason.VETTING: frozenset({Role.VETTER}),
        GrantReason.REGISTRATION: frozenset({Role.REGISTRAR}),
        GrantReason.AID: _FIELDWORK | {Role.TREASURER},
        GrantReason.ESCORT: _FIELDWORK,
        GrantReason.WORDS: _FIELDWORK,
        GrantReason.LEAD: frozenset(Role),
    }
)
"""The roles in which a grant for each reason is held."""

require_rows("HOLDERS", HOLDERS, GrantReason, file="app/vault/holders.py")


def reasons_of(roles: MemberRoles) -> frozenset[GrantReason]:
    """Return for which reasons grants are held in these roles."""
    names = names_of(roles)
    return frozenset(reason for reason, held_in in HOLDERS.items() if held_in & names)


def reach_of(roles: MemberRoles, reason: GrantReason) -> frozenset[Compartment]:
    """Return what a grant for this reason to a holder of these roles may name."""
    return compartments_of(one for one in roles if one.role in HOLDERS[reason])


def may_hold(roles: MemberRoles, reason: GrantReason, team_id: UUID) -> bool:
    """Return whether a grant on a case of this team is still held when its holder has these roles.

    What a lead granted by custody is granted again by a lead, if it shall go on.
    """
    if reason is GrantReason.LEAD:
        return holds(roles, Role.LEAD)
    return any(
        holds(roles, role, None if role in ACROSS_TEAMS else team_id) for role in HOLDERS[reason]
    )
