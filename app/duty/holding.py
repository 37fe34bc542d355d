"""Who is on duty in a team, whatever its row says: it never lies with nobody.

- On duty is an active coordinator of the team. The row names who took or accepted it.
- Where that member is removed, suspended or no coordinator of the team any more, it falls at that
  moment: to who was offered it, else to the coordinator who joined first.
- A row that was altered from outside counts as naming nobody.
- Where a team has no active coordinator, nobody is on duty: leads get its alerts at once.

Reads only: ``duty.falls`` writes down what fell. Knows members; nothing of cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.accounts.service import list_members
from app.duty.models import TeamDuty
from app.permissions import Role
from app.store.authenticated import leave_out_altered
from app.work import Work


@dataclass(frozen=True, slots=True)
class Holding:
    """Who is on duty in a team; None where it has no active coordinator.

    ``row``: None where it was altered. ``fell``: somebody else is named there, or nobody.
    """

    team_id: UUID
    member_id: UUID | None
    row: TeamDuty | None

    @property
    def fell(self) -> bool:
        """Whether the duty came to this member by itself, and that is not written down yet."""
        return self.row is None or self.row.member_id != self.member_id

    @property
    def version(self) -> int:
        """Which state of the row this is; 0 where it was altered."""
        return 0 if self.row is None else self.row.version


def find_holding(work: Work, team_id: UUID) -> Holding:
    """Return who is on duty in a team."""
    found = work.session.get(TeamDuty, team_id)
    row = next(iter(leave_out_altered(work.session, [found] if found else [])), None)
    able = [member.id for member in list_members(work, team_id, Role.COORDINATOR)]
    named = [] if row is None else [row.member_id, row.offered_to]
    holder = next((member_id for member_id in (*named, *able) if member_id in able), None)
    return Holding(team_id, holder, row)


def is_on_duty(work: Work, team_id: UUID) -> bool:
    """Return whether the principal acts as a coordinator of a team and is on duty there.

    What this unit of work puts on record is then done by that role.
    """
    if not work.principal.acts_as(Role.COORDINATOR, team_id):
        return False
    on_duty = find_holding(work, team_id).member_id == work.principal.id
    return on_duty and work.acts_as(Role.COORDINATOR, team_id)
