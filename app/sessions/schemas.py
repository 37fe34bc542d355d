"""Requests and responses of sessions. Tokens and passphrases are shown once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.http.schema import Code, Schema, Secret
from app.permissions import Role

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


class PassphraseShown(Schema):
    """A passphrase that was just generated."""

    passphrase: Generated


class PassphraseChanged(SessionOpened):
    """The new passphrase, and a session opened with it; other sessions have ended."""

    passphrase: Generated
