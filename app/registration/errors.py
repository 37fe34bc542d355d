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


class PreFits(Conflict):
    """A full code is for who has left. This person is still in service."""

    code = "registration.pre_fits"
    title = "A full code is for someone who has left; while they are in service, a pre code fits"


class FullFits(Conflict):
    """A pre code is for who is in service. This person has left."""

    code = "registration.full_fits"
    title = "A pre code is for someone in service; this person has left, so ask for a full code"


class NoCodeFits(Conflict):
    """Codes are for who serves or has served."""

    code = "registration.no_code_fits"
    title = "Codes are for someone who serves or has left, not for a member of their family"


class CodeSuspended(Conflict):
    """By what is known of the person now, the code is not for them; it waits."""

    code = "registration.suspended"
    title = "What is known of this person now does not fit this code; correct that, or revoke it"


class CodesNotMadeHere(Conflict):
    """This group is not the authority: it records the codes that it obtains."""

    code = "registration.not_made_here"
    title = "The authority makes the codes; record the one that it gave"


class CodeTaken(Conflict):
    """The same code is on record for another request."""

    code = "registration.code_taken"
    title = "This code is on record for another request already; compare the two"


class RowRepeated(Conflict):
    """Another row of the same file is about this request."""

    code = "registration.row_repeated"
    title = "An earlier row of this file is about the same request"


class DisputeSaid(Conflict):
    """This side has said so already, or the same person would speak for both."""

    code = "registration.dispute_said"
    title = "This was said already; somebody with the other role has to say it too"


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
