"""What registration refuses, as facts. No refusal says anything about a code but its spelling."""

from __future__ import annotations

from app.errors import Conflict, Invalid, NotFound, TooMany


class RegistrationNotFound(NotFound):
    """Also raised when the registration exists but the principal holds no live grant on it,
    so that a stranger cannot tell the two apart.
    """

    code = "registration.not_found"
    title = "No such registration, or it is not yours to see"


class RegistrationMoveRefused(Conflict):
    """A registration cannot go from its status to that one, or not by this act."""

    code = "registration.move_refused"
    title = "This cannot be done with a registration of this status; read it again"


class RegistrationExists(Conflict):
    """A registration of this kind, or a full one, is under way or has given out its code."""

    code = "registration.exists"
    title = "There is a registration for this case already"


class NoRegistrar(Conflict):
    """The case's team has no registrar whose key is certified."""

    code = "registration.no_registrar"
    title = "This team has no registrar yet"


class CodeMistyped(Invalid):
    """The code has a character too many, too few, or wrong. No try is counted for it."""

    code = "code.mistyped"
    title = "This is not a valid code; compare each group with what was written"

    def __init__(self) -> None:
        super().__init__("code")


class RedemptionBudgetSpent(TooMany):
    """Too many codes were tried in vain today, by this member or for this one code."""

    code = "code.budget_spent"
    title = "Too many wrong codes today; try again tomorrow"
