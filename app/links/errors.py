"""Errors of links between cases."""

from __future__ import annotations

from app.errors import Conflict, Invalid, NotFound


class LinkExists(Conflict):
    """The two cases are linked already."""

    code = "link.exists"
    title = "These cases are linked already"


class LinkRefused(Invalid):
    """A case is not linked to itself."""

    code = "link.refused"
    title = "Choose another case"


class LinkNotFound(NotFound):
    """There is no such link of this case, or it has ended."""

    code = "link.not_found"
    title = "No such link of this case, or it has ended"
