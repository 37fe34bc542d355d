"""Codes of an authenticator (TOTP: RFC 6238, SHA-1, six digits, 30 seconds) by pyotp.

A code belongs to one step of 30 seconds; that of the step before and of the one after is taken as
well, because clocks differ. Which step was used is for the caller to keep. Knows no person.
"""

from __future__ import annotations

import secrets
from base64 import b32encode
from datetime import datetime

from pyotp import TOTP
from pyotp.exceptions import OTPVerificationError

SECRET_BYTES = 20
STEP_SECONDS = 30
DIGITS = 6
_TOLERANCE = 1
_ENTRY = "account"
"""What the entry is called in the authenticator: a phone that is searched must not name us."""


def new_secret() -> bytes:
    """Return a fresh secret of 160 bits, as RFC 4226 recommends (section 4, R6)."""
    return secrets.token_bytes(SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """Return a secret as it is typed into an authenticator: 32 characters of Base32."""
    return b32encode(secret).decode()


def secret_uri(secret: bytes) -> str:
    """Return the ``otpauth://`` address that an authenticator reads; it names nobody."""
    return _totp(secret).provisioning_uri(name=_ENTRY)


def code_at(secret: bytes, at: datetime, *, ahead: int = 0) -> str:
    """Return the code of a moment, or of so many steps after it."""
    return _totp(secret).at(at.timestamp(), counter_offset=ahead)


def find_step(secret: bytes, code: str, at: datetime) -> int | None:
    """Return the step whose code this is, at most one away from the present one, or None."""
    try:
        return _totp(secret).verify_and_get_timecode(
            code, for_time=at.timestamp(), valid_window=_TOLERANCE
        )
    except OTPVerificationError:
        return None


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret_text(secret), digits=DIGITS, interval=STEP_SECONDS)
