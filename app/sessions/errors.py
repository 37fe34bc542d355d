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


class SignInBudgetSpent(TooMany):
    """More sign-ins were tried, by all together, than the deployment takes in a minute."""

    code = "session.budget_spent"
    title = "Too many people are signing in; wait a moment and try again"


class PassphraseWrong(Forbidden):
    """The passphrase given again is not the one of this session's account."""

    code = "passphrase.wrong"
    title = "That is not your passphrase"
