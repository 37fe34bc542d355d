"""Errors of second factors. None says which slot of an account was opened."""

from __future__ import annotations

from app.errors import Conflict, Forbidden, IntegrityFault


class FactorTampered(IntegrityFault):
    """The row of a second factor is missing, or not what was written."""

    code = "second_factor.tampered"
    title = "What your codes are checked against was changed; the leads must look at this"


class FactorRequired(Forbidden):
    """The session may only set up the second factor that the member's role needs."""

    code = "second_factor.required"
    title = "Your role needs a second factor: set it up first"


class CodeNeeded(Forbidden):
    """The account has a second factor, and no code was sent."""

    code = "second_factor.code_needed"
    title = "Enter a code of your authenticator as well, or a recovery code"


class CodeWrong(Forbidden):
    """The code is not one of now, was used before, or too many were wrong."""

    code = "second_factor.code_wrong"
    title = "This code does not count; wait for the next one, and check the clock of your device"


class FactorNotBegun(Conflict):
    """There is no secret to confirm, or it waited for more than a quarter of an hour."""

    code = "second_factor.not_begun"
    title = "Begin again: there is no secret that waits for a code"


class FactorNotSetUp(Conflict):
    """There is no second factor that could be ended or have recovery codes."""

    code = "second_factor.not_set_up"
    title = "There is no second factor here"


class FactorNeeded(Conflict):
    """The member's role needs a second factor: it is replaced, never only ended."""

    code = "second_factor.needed"
    title = "Your role needs a second factor; set up a new one, which replaces this one"
