"""Teams: small groups within the organisation, by sealed name."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.accounts.errors import TeamNotFound
from app.accounts.models import Team, TeamName
from app.audit.events import EventKind
from app.work import Work


def list_teams(work: Work) -> Sequence[Team]:
    """Return all teams, oldest first: there are few."""
    return work.session.scalars(select(Team).order_by(Team.founded_on, Team.id)).all()


def get_team(work: Work, team_id: UUID) -> Team:
    """Return a team; raises ``TeamNotFound``."""
    team = work.session.get(Team, team_id)
    if team is None:
        raise TeamNotFound
    return team


def create_team(work: Work, name: str) -> Team:
    """Make a team and put it on record."""
    team = add_team(work, name)
    work.session.flush()
    work.trail.record(EventKind.TEAM_CREATED, team=str(team.id))
    return team


def add_team(work: Work, name: str) -> Team:
    """Make a team; the caller's event says why."""
    team = Team(founded_on=work.today())
    work.vault.seal(team.name, TeamName(name))
    work.session.add(team)
    return team
