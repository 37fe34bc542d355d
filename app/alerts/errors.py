"""Errors of alerts. Says nothing of one that the caller is not shown."""

from __future__ import annotations

from app.errors import NotFound


class AlertNotFound(NotFound):
    """There is no such alert, or it has not come to the caller."""

    code = "alert.not_found"
    title = "No such alert, or it is not yours to see"
