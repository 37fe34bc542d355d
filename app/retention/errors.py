"""What retention refuses."""

from __future__ import annotations

from app.errors import Conflict


class TimeInDoubt(Conflict):
    """The clock was set or disagrees with another: nothing is destroyed by it."""

    code = "retention.time_in_doubt"
    title = "The time is in doubt; nothing is destroyed until somebody has looked at the clock"


class JournalBehind(Conflict):
    """A destruction is on record whose entry the keystore's journal lacks."""

    code = "retention.journal_behind"
    title = "The journal of destroyed shares is older than the records; restore the newest one"
