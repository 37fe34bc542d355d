"""The words of a leg: made up, and compared by ear rather than by spelling.

A word arrives over bad lines, typed in haste, in either script and in either Burmese encoding:
case, spaces, punctuation and compatibility forms do not count. Knows text; no rows, no keys.
"""

from __future__ import annotations

from app.crypto.derive import equal
from app.crypto.passwords import random_words
from app.relocation.models import LegPlan
from app.text.spoken import alike, sounds
from app.watch.models import Word

PHRASE_WORDS = 3


def find_word(plan: LegPlan, said: str) -> Word | None:
    """Return which of a leg's words was said, or None; both are compared, whichever it is."""
    heard = sounds(said)
    safe, duress = _matches(heard, plan.safe_word), _matches(heard, plan.duress_word)
    if duress:
        return Word.DURESS
    return Word.SAFE if safe else None


def _matches(heard: frozenset[str], word: str) -> bool:
    agreed = sounds(word)
    # A sum looks at every pair; any() would stop at the first that matches.
    return sum(equal(one.encode(), other.encode()) for one in heard for other in agreed) > 0


def make_phrase() -> str:
    """Return a random phrase by which two people who never met know each other: 30 bits."""
    return " ".join(random_words(PHRASE_WORDS))


def complete_words(safe: str | None, duress: str | None) -> tuple[str, str]:
    """Return safe and duress word as proposed, with random ones for those left open.

    What is proposed must say something.
    """
    while True:
        made = safe or random_words(1)[0], duress or random_words(1)[0]
        if (safe and duress) or not alike(*made):
            return made
