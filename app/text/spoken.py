"""Words compared by ear rather than by spelling: safe words, duress words. Knows strings only."""

from __future__ import annotations

import unicodedata

from app.text.encoding import readings

_HEARD = frozenset("LMN")
"""General categories that are spoken: letters, marks (Burmese vowels are marks), numbers."""


def sounds(word: str) -> frozenset[str]:
    """Return how a word may sound: once, or twice where its encoding is unsure; empty for none."""
    return frozenset(filter(None, map(normalise, readings(word))))


def normalise(word: str) -> str:
    """Return what of a word can be heard: one form for spellings that sound alike.

    Compatibility caseless matching (Unicode, section 3.13, D146), less what nobody speaks.
    """
    folded = word
    for _ in range(2):
        folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFD", folded).casefold())
    spoken = (letter for letter in folded if unicodedata.category(letter)[0] in _HEARD)
    return unicodedata.normalize("NFKD", "".join(spoken))


def alike(one: str, other: str) -> bool:
    """Return whether two words may be the same to the ear, or one of them says nothing."""
    first, second = sounds(one), sounds(other)
    return not first or not second or not first.isdisjoint(second)
