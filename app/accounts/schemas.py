"""Requests and responses of accounts. Passphrases go out once, in the response that made them.

Values arrive already opened.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.accounts.admission import Passphrase
from app.accounts.models import Member, MemberStatus, Suspension, Team, TeamName
from app.accounts.service import UNDONE_WITHIN
from app.http.proposed_ids import ProposedId
from app.http.schema import Name, Schema, Shut, Version, record_shut
from app.http.stretching import Stretches
from app.permissions import MemberRoles, Role, TeamRole, by_power
from app.principal import Principal

MOST_ROLES = 50

GeneratedPassphrase = Annotated[
    str, Field(description="Eight words, shown once; nobody can show them again", repr=False)
]


class MemberRole(Schema):
    """A role in a team. A lead, an administrator, an auditor and a vetter act for every team."""

    role: Annotated[Role, Field(examples=["volunteer"])]
    team_id: UUID

    @classmethod
    def all_of(cls, roles: MemberRoles) -> list[MemberRole]:
        """Return a member's roles, the least powerful first."""
        return [cls(role=one.role, team_id=one.team_id) for one in by_power(roles)]


Roles = Annotated[list[MemberRole], Field(min_length=1, max_length=MOST_ROLES)]


def roles_given(given: list[MemberRole]) -> MemberRoles:
    """Return the roles of a request, each once."""
    return frozenset(TeamRole(one.role, one.team_id) for one in given)


class MeRead(Schema):
    """The account that this session belongs to."""

    id: UUID
    display_name: str
    roles: list[MemberRole]
    team_id: UUID
    team: str
    joined_on: date
    session_id: UUID | None
    stepped_up: bool
    custody_of_one: Annotated[
        bool,
        Field(description="One lead alone has custody of every case, until a second one joins"),
    ]
    fingerprint: Annotated[
        str | None,
        Field(description="Three words that you and a lead read aloud, until you are certified"),
    ] = None

    @classmethod
    def of(
        cls,
        member: Member,
        display_name: str,
        team: str,
        principal: Principal,
        *,
        custody_of_one: bool,
        fingerprint: str | None,
    ) -> MeRead:
        """Return a member as they see themselves."""
        return cls(
            id=member.id,
            display_name=display_name,
            roles=MemberRole.all_of(member.roles),
            team_id=member.team_id,
            team=team,
            joined_on=member.joined_on,
            session_id=principal.session_id,
            stepped_up=principal.stepped_up,
            custody_of_one=custody_of_one,
            fingerprint=fingerprint,
        )


class MemberRead(Schema):
    """A member as colleagues see one."""

    id: UUID
    display_name: str
    roles: list[MemberRole]
    status: MemberStatus
    team_id: UUID
    joined_on: date
    removed_on: date | None = None
    version: Version

    @classmethod
    def of(cls, member: Member, display_name: str) -> MemberRead:
        """Return a member and their opened name."""
        return cls(
            id=member.id,
            display_name=display_name,
            roles=MemberRole.all_of(member.roles),
            status=member.status,
            team_id=member.team_id,
            joined_on=member.joined_on,
            removed_on=member.removed_on,
            version=member.version,
        )


class MemberSummary(Schema):
    """A member in a list; without a name where the row does not open."""

    id: UUID
    display_name: str | None
    roles: list[MemberRole]
    status: MemberStatus
    team_id: UUID
    joined_on: date
    removed_on: date | None = None
    version: Version
    shut: Shut = None

    @classmethod
    def of(cls, member: Member, display_name: str | None) -> MemberSummary:
        """Return a member for a list, shut where the name did not open."""
        return cls(
            id=member.id,
            display_name=display_name,
            roles=MemberRole.all_of(member.roles),
            status=member.status,
            team_id=member.team_id,
            joined_on=member.joined_on,
            removed_on=member.removed_on,
            version=member.version,
            shut=record_shut(display_name),
        )


class SuspensionRead(Schema):
    """A suspension: ``began_at`` is empty until a second coordinator has said so too."""

    id: UUID
    member_id: UUID
    asked_by: UUID
    agreed_by: UUID | None
    began_at: datetime | None
    undone_until: datetime | None
    ended_by: UUID | None
    ended_at: datetime | None

    @classmethod
    def of(cls, row: Suspension) -> SuspensionRead:
        """Return a suspension and until when another lead can undo it."""
        return cls(
            id=row.id,
            member_id=row.member_id,
            asked_by=row.asked_by,
            agreed_by=row.agreed_by,
            began_at=row.began_at,
            undone_until=row.began_at and row.began_at + UNDONE_WITHIN,
            ended_by=row.ended_by,
            ended_at=row.ended_at,
        )


class MemberRolesUpdate(Schema):
    """All of the member's roles from now on."""

    roles: Roles


class TeamCreate(Schema):
    """A new team."""

    id: ProposedId = None
    name: Annotated[Name, Field(examples=["Teak"])]


class TeamRead(Schema):
    """A team."""

    id: UUID
    name: str
    founded_on: date
    version: Version

    @classmethod
    def of(cls, team: Team, name: str) -> TeamRead:
        """Return a team and its opened name."""
        return cls(id=team.id, name=name, founded_on=team.founded_on, version=team.version)


class TeamSummary(Schema):
    """A team in a list; without a name where the row does not open."""

    id: UUID
    name: str | None
    founded_on: date
    version: Version
    shut: Shut = None

    @classmethod
    def of(cls, team: Team, name: TeamName | None) -> TeamSummary:
        """Return a team for a list, shut where its name did not open."""
        return cls(
            id=team.id,
            name=None if name is None else name.name,
            founded_on=team.founded_on,
            version=team.version,
            shut=record_shut(name),
        )


class TeamListRead(Schema):
    """All teams, oldest first: there are few."""

    items: list[TeamSummary]


def stretched_passphrase(stretched: Stretches, number: int) -> Passphrase:
    """Return the passphrase that the request's ``number``-th task was about."""
    task = stretched.tasks[number]
    return Passphrase(task.words, task.salt, task.cost, stretched.results[number])
