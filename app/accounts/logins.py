"""Sign-in names: kept as a keyed look-up value, never as text."""

from __future__ import annotations

import re

from app.accounts.errors import LoginInvalid
from app.crypto.derive import mac
from app.deployment import Deployment

_LOGIN = re.compile(r"[a-z0-9][a-z0-9.-]{1,62}[a-z0-9]")


def login_index(deployment: Deployment, login: str) -> bytes:
    """Return the look-up value of a sign-in name, known or not; case and margins do not count."""
    return mac(deployment.login_index_key, login.strip().lower().encode("utf-8", "replace"))


def check_login(login: str) -> None:
    """Raise ``LoginInvalid`` for a name that could not be typed the same on every keyboard."""
    if not _LOGIN.fullmatch(login.strip().lower()):
        raise LoginInvalid("login")
