"""What reports refuse, as facts."""

from __future__ import annotations

from app.errors import NotFound


class NothingSigned(NotFound):
    """The log has no signed checkpoint yet; the worker makes the first within seconds."""

    code = "log.nothing_signed"
    title = "Nothing has been signed yet; ask again in a minute"
