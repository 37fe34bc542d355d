"""Requests and responses of sessions. Tokens and passphrases are shown once."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.accounts.schemas import GeneratedPassphrase, MemberRole
from app.http.schema import Code, Schema, Secret
from app.sessions.models import MemberSession
from app.sessions.service import OpenedSession

Token = Annotated[
    str, Field(description="Bearer token, 32 bytes in base64url; shown once", repr=False)
]


SecondCode = Annotated[
    Code | None,
    Field(
        repr=False,
        description="Of the authenticator, six digits, or a recovery code; only with a second"
        " factor. Each counts once",
        examples=["492 039"],
    ),
]

PermitText = Annotated[str, Field(min_length=1, max_length=120, examples=["AQEx9v3kq..."])]


class SessionCreate(Schema):
    """A sign-in name and a passphrase, exactly as typed."""

    login: Annotated[Code, Field(examples=["thiri"])]
    passphrase: Annotated[Secret, Field(examples=["eight words from the printed sheet, as typed"])]
    code: SecondCode = None
    device_permit: Annotated[
        PermitText | None,
        Field(
            repr=False,
            description="A permit that this device was given: it then waits in a shorter queue",
        ),
    ] = None
    keep_permit: Annotated[
        bool, Field(description="Give this device a permit; it shows that Padauk was used on it")
    ] = False


class ReauthenticationCreate(Schema):
    """The passphrase that this session was opened with, and a code where there is a factor."""

    passphrase: Annotated[Secret, Field(examples=["eight words from the printed sheet, as typed"])]
    code: SecondCode = None


class SessionRead(Schema):
    """A session just opened: its token, whose it is, and how long it lasts."""

    token: Token
    session_id: UUID
    member_id: UUID
    roles: list[MemberRole]
    team_id: UUID
    idle_minutes: int
    ends_at: datetime
    lead_until: datetime | None = None
    must_set_up_second_factor: Annotated[
        bool, Field(description="This session may set up a second factor, and nothing else")
    ] = False
    second_factor_ended_on: Annotated[
        date | None, Field(description="A lead ended your second factor on this day")
    ] = None
    device_permit: Annotated[
        str | None,
        Field(description="For this device to keep, where it was asked for; names nobody"),
    ] = None

    @classmethod
    def of(cls, opened: OpenedSession, permit: str | None = None) -> SessionRead:
        """Return a session with its token, and a device's new permit."""
        return cls(
            token=opened.token,
            session_id=opened.session.id,
            member_id=opened.member.id,
            roles=MemberRole.all_of(opened.member.roles),
            team_id=opened.member.team_id,
            idle_minutes=opened.idle_minutes,
            ends_at=opened.session.ends_at,
            lead_until=opened.session.lead_until,
            must_set_up_second_factor=opened.is_enrolling,
            second_factor_ended_on=opened.factor_ended_on,
            device_permit=permit,
        )


class SessionSummary(Schema):
    """One of one's own sessions; times to the minute."""

    id: UUID
    current: bool
    opened_at: datetime
    seen_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, session: MemberSession, current_id: UUID | None) -> SessionSummary:
        """Return a session; ``current_id`` is the one of this request."""
        return cls(
            id=session.id,
            current=session.id == current_id,
            opened_at=session.opened_at,
            seen_at=session.seen_at,
            ends_at=session.ends_at,
        )


class SessionListRead(Schema):
    """One's own sessions, newest first."""

    items: list[SessionSummary]


class PassphraseRead(Schema):
    """A passphrase that was just generated."""

    passphrase: GeneratedPassphrase


class PassphraseChangeRead(SessionRead):
    """The new passphrase, and a session opened with it; other sessions have ended."""

    passphrase: GeneratedPassphrase
