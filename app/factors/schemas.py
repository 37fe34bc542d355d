"""Requests and responses of second factors. Secrets and recovery codes are shown once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from pydantic import Field

from app.crypto.totp import secret_text, secret_uri
from app.factors.state import FactorState
from app.http.schema import Code, Schema
from app.sessions.schemas import SessionRead

RecoveryCodes = Annotated[
    list[str],
    Field(description="Ten codes, each for one use; shown once, kept away from the phone"),
]


class SecondFactorRead(Schema):
    """One's own second factor."""

    is_set_up: bool
    is_needed: Annotated[bool, Field(description="By one of your roles, or here by everyone")]
    recovery_codes_left: int
    ended_on: Annotated[
        date | None, Field(description="A lead ended the one before on this day")
    ] = None

    @classmethod
    def of(cls, state: FactorState, *, is_needed: bool) -> SecondFactorRead:
        """Return what a member is shown of their second factor."""
        return cls(
            is_set_up=state.secret is not None,
            is_needed=is_needed,
            recovery_codes_left=len(state.hashes),
            ended_on=state.ended_on,
        )


class SecondFactorSecretRead(Schema):
    """A new secret, shown once, for an authenticator on another device than this one.

    It counts once its first code was sent, within a quarter of an hour.
    """

    secret: Annotated[str, Field(description="32 characters, to be typed in", repr=False)]
    uri: Annotated[str, Field(description="The same for a QR code; it names nobody", repr=False)]

    @classmethod
    def of(cls, secret: bytes) -> SecondFactorSecretRead:
        """Return a new secret as it is shown."""
        return cls(secret=secret_text(secret), uri=secret_uri(secret))


class SecondFactorConfirmation(Schema):
    """A code of the new secret."""

    code: Annotated[Code, Field(examples=["492 039"])]


class SecondFactorConfirmedRead(SessionRead):
    """A session opened with the second factor, and the recovery codes; other sessions ended."""

    recovery_codes: RecoveryCodes


class RecoveryCodesRead(Schema):
    """New recovery codes: those from before count no more."""

    recovery_codes: RecoveryCodes

    @classmethod
    def of(cls, codes: Sequence[str]) -> RecoveryCodesRead:
        """Return codes as they are shown."""
        return cls(recovery_codes=list(codes))
