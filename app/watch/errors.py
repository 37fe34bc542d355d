"""What the watch refuses, as facts. No refusal says anything of a place, a person or a word."""

from __future__ import annotations

from app.errors import Conflict, Invalid, TooMany


class UnknownWord(Invalid):
    """The word is neither the safe word nor the duress word of the journey. Tries are counted."""

    code = "check_in.unknown_word"
    title = "That is not a word that was agreed; ask again and listen closely"


class WordsTooFast(TooMany):
    """Too many unknown words were tried on this leg; the next try waits a minute."""

    code = "check_in.too_fast"
    title = "Too many words were tried; wait a minute before the next"


class NothingToAcknowledge(Conflict):
    """The leg has not reached that level, or it is acknowledged already."""

    code = "leg.nothing_to_acknowledge"
    title = "There is nothing of that kind to acknowledge on this leg"
