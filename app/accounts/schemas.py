"""Bodies of accounts, in and out. Passphrases and tokens go out once, in the answer that made them.

Knows shapes; opens nothing.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.accounts.models import MemberStatus
from app.http.schema import Code, Name, Schema, Version
from app.permissions import Role
from app.sessions.schemas import Generated


class Me(Schema):
    """The account that this session belongs to."""

    id: UUID
    called: str
    role: Role
    team_id: UUID
    team: str
    joined_on: date
    session_id: UUID | None
    stepped_up: bool


class NewMember(Schema):
    """Who is to be admitted, and as what. Leads are made on the command line."""

    team_id: UUID
    role: Role
    login: Annotated[Code, Field(examples=["thiri"])]
    called: Annotated[Name, Field(examples=["Thiri"])]


class MemberView(Schema):
    """A member as colleagues see one."""

    id: UUID
    called: str
    role: Role
    status: MemberStatus
    team_id: UUID
    joined_on: date
    removed_on: date | None = None
    version: Version


class MemberAdmitted(Schema):
    """A new account and its passphrase."""

    member: MemberView
    passphrase: Generated


class NewRole(Schema):
    """The role that a member is to have from now on."""

    role: Role


class NewTeam(Schema):
    """A team to be made."""

    name: Name


class TeamView(Schema):
    """A team."""

    id: UUID
    name: str
    founded_on: date
    version: Version


class TeamList(Schema):
    """All teams, oldest first: there are few."""

    items: list[TeamView]
