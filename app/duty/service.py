"""Taking the duty of a team, and giving it to somebody by name, who accepts.

- Any coordinator of the team takes it in one act; who had it keeps nothing of it.
- Who is on duty offers it to one other coordinator, and has it until that one accepts. Another
  offer takes the place of the first; taking the duty ends an offer.
- A coordinator of another team gets the response for a team that does not exist.
- Every act names the version that the caller saw: of two who take it at once, one is refused.
"""

from __future__ import annotations

from uuid import UUID

from app.accounts.errors import TeamNotFound
from app.accounts.service import get_team, list_members
from app.audit.events import EventKind
from app.duty.errors import DutyNotEligible, DutyNotOffered, DutyNotYours
from app.duty.holding import Holding, find_holding
from app.duty.models import DutyStart, TeamDuty
from app.permissions import Role
from app.text.dates import minute_of
from app.vault.errors import Tampered
from app.work import Work


def get_duty(work: Work, team_id: UUID) -> Holding:
    """Return who is on duty in a team: to its coordinators and to leads.

    Raises ``TeamNotFound``, ``Tampered`` where the row's MAC is wrong.
    """
    get_team(work, team_id)
    if not (work.acts_as(Role.LEAD) or work.acts_as(Role.COORDINATOR, team_id)):
        raise TeamNotFound
    holding = find_holding(work, team_id)
    _written(holding)
    return holding


def take_duty(work: Work, team_id: UUID) -> Holding:
    """Take the duty of a team, from the one who has it; ends an offer.

    Raises ``TeamNotFound``, ``DutyNotEligible``, and as ``Work.claim`` does.
    """
    _, row = _claim(work, team_id)
    _require_eligible(work, team_id, work.principal.id)
    begin_duty(work, row, work.principal.id, DutyStart.TAKEN)
    work.trail.record(EventKind.DUTY_TAKEN, team=str(team_id))
    return find_holding(work, team_id)


def offer_duty(work: Work, team_id: UUID, member_id: UUID) -> Holding:
    """Offer the duty to another coordinator of the team, as the one who is on duty.

    Raises ``TeamNotFound``, ``DutyNotYours``, ``DutyNotEligible``, and as
    ``Work.claim`` does.
    """
    holding, row = _claim(work, team_id)
    if holding.member_id != work.principal.id:
        raise DutyNotYours
    if member_id == work.principal.id:
        raise DutyNotEligible
    _require_eligible(work, team_id, member_id)
    if holding.fell:
        begin_duty(work, row, work.principal.id, DutyStart.FELL)
    row.offered_to, row.offered_at = member_id, minute_of(work.now())
    work.session.flush()
    work.trail.record(EventKind.DUTY_OFFERED, team=str(team_id), member=str(member_id))
    return find_holding(work, team_id)


def accept_duty(work: Work, team_id: UUID) -> Holding:
    """Accept the duty that was offered to the principal.

    Raises ``TeamNotFound``, ``DutyNotOffered``, ``DutyNotEligible``, and as
    ``Work.claim`` does.
    """
    _, row = _claim(work, team_id)
    if row.offered_to != work.principal.id:
        raise DutyNotOffered
    _require_eligible(work, team_id, work.principal.id)
    begin_duty(work, row, work.principal.id, DutyStart.ACCEPTED)
    work.trail.record(EventKind.DUTY_ACCEPTED, team=str(team_id))
    return find_holding(work, team_id)


def begin_duty(work: Work, row: TeamDuty, member_id: UUID | None, start: DutyStart) -> None:
    """Write who is on duty from now on; the caller's event says why."""
    row.member_id, row.began_by = member_id, start
    row.began_at = minute_of(work.now())
    row.offered_to = row.offered_at = None
    work.session.flush()


def _written(holding: Holding) -> TeamDuty:
    if holding.row is None:
        raise Tampered
    return holding.row


def _claim(work: Work, team_id: UUID) -> tuple[Holding, TeamDuty]:
    get_team(work, team_id)
    if not work.acts_as(Role.COORDINATOR, team_id):
        raise TeamNotFound
    holding = find_holding(work, team_id)
    row = _written(holding)
    work.claim(row)
    return holding, row


def _require_eligible(work: Work, team_id: UUID, member_id: UUID) -> None:
    able = {member.id for member in list_members(work, team_id, Role.COORDINATOR)}
    if member_id not in able:
        raise DutyNotEligible
