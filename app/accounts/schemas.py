"""Bodies of accounts, in and out. Passphrases and tokens go out once, in the answer that made them.

Knows shapes; opens nothing.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.accounts.models import MemberStatus
from app.permissions import Role
from app.web.schema import Code, Name, Schema, Secret, Version

Token = Annotated[
    str, Field(description="Bearer token, 32 bytes in base64url; shown once", repr=False)
]
Generated = Annotated[
    str, Field(description="Eight words, shown once; nobody can show them again", repr=False)
]


class SignIn(Schema):
    """A sign-in name and a passphrase, exactly as typed."""

    login: Annotated[Code, Field(examples=["thiri"])]
    passphrase: Secret


class PassphraseAgain(Schema):
    """The passphrase that this session was opened with."""

    passphrase: Secret


class SessionOpened(Schema):
    """Who is signed in now, and for how long."""

    token: Token
    session_id: UUID
    member_id: UUID
    role: Role
    team_id: UUID
    idle_minutes: int
    ends_at: datetime
    lead_until: datetime | None = None


class SessionView(Schema):
    """One of one's own sessions; times to the minute."""

    id: UUID
    current: bool
    opened_at: datetime
    seen_at: datetime
    ends_at: datetime


class SessionList(Schema):
    """One's own sessions, newest first."""

    items: list[SessionView]


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


class PassphraseShown(Schema):
    """A passphrase that was just generated."""

    passphrase: Generated


class PassphraseChanged(SessionOpened):
    """The new passphrase, and a session opened with it; other sessions have ended."""

    passphrase: Generated


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


class AlertView(Schema):
    """Something that the leads must look at."""

    id: UUID
    code: Annotated[str, Field(examples=["sign_in.forced"])]
    member_id: UUID
    raised_on: date


class AlertList(Schema):
    """What leads must look at, of the last month, newest first; a hundred at most."""

    items: list[AlertView]
