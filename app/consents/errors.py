"""Errors of consent. Names no person."""

from __future__ import annotations

from app.errors import Conflict, Invalid, NotFound


class ConsentNotFound(NotFound):
    """The case has no such consent."""

    code = "consent.not_found"
    title = "No such consent on this case"


class ConsentOver(Conflict):
    """The person has ended this consent already."""

    code = "consent.over"
    title = "This consent has ended already"


class ConsentStands(Conflict):
    """A consent to this purpose stands; with whom something is shared is said in one of its own."""

    code = "consent.stands"
    title = "This person agreed to this already"


class PartnerMissing(Invalid):
    """Consent to sharing names with whom; consent to anything else names nobody."""

    code = "consent.partner_missing"
    title = "Say with whom it may be shared; for other purposes leave that out"
