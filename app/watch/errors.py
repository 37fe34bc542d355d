"""What the watch refuses, as facts. No refusal says anything of a place, a person or a word."""

from __future__ import annotations

from app.errors import Conflict


class NothingToAcknowledge(Conflict):
    """The leg has not reached that level, or it is acknowledged already."""

    code = "leg.nothing_to_acknowledge"
    title = "There is nothing of that kind to acknowledge on this leg"
