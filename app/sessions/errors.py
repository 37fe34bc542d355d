"""Errors of sessions. No message says whether an account exists."""

from __future__ import annotations

from app.errors import Forbidden, NotFound, TooMany, Unauthenticated


class SessionEnded(Unauthenticated):
    """The token is unknown, or its session is over, ended, or from before a restart."""

    code = "session.ended"
    title = "This session is over; sign in again"


class SessionNotFound(NotFound):
    """The principal has no such session."""

    code = "session.not_found"
    title = "You have no such session"


class SignInRefused(Unauthenticated):
    """Name and passphrase do not open an account. Never says which of them is wrong."""

    code = "session.refused"
    title = "Name and passphrase do not match"


class SignInCodeNeeded(Unauthenticated):
    """The passphrase is right, and the account has a second factor."""

    code = "session.code_needed"
    title = "Send a code of your authenticator as well, or a recovery code"


class SignInCodeWrong(Unauthenticated):
    """The passphrase is right, and the code is not one of now, or was used before."""

    code = "session.code_wrong"
    title = "This code does not count; wait for the next one, and check the clock of your device"


class SignInBudgetSpent(TooMany):
    """More sign-ins were tried, by all together, than the deployment takes in a minute."""

    code = "session.budget_spent"
    title = "Too many people are signing in; wait a moment and try again"


class PassphraseWrong(Forbidden):
    """The passphrase given again is not the one of this session's account."""

    code = "passphrase.wrong"
    title = "That is not your passphrase"
