"""What intake refuses, as facts."""

from __future__ import annotations

from app.errors import NotFound


class CaseNotFound(NotFound):
    """Also raised when the case exists but the principal holds no live grant on it,
    so that a stranger cannot tell the two apart.
    """

    code = "case.not_found"
    title = "No such case, or it is not yours to see"
