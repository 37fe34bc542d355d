"""Agreed words compared by ear rather than by spelling: safe words, duress words.

- A word is heard inside a sentence: as whole words, however they are parted, in scripts that put
  blanks between words; as whole syllables in Burmese and other scripts that put none.
- Where an encoding is unsure, both readings of what was agreed and of what was said count.

Knows strings only.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from app.text.encoding import readings
from app.text.folding import letters_and_digits, words
from app.text.myanmar import MARKS

_WITHOUT_BLANKS: Final = ("MYANMAR", "THAI", "LAO", "KHMER", "CJK", "HIRAGANA", "KATAKANA")
_TONES: Final = "\u1037\u1038"
_GOES_ON = re.compile(f"[{MARKS}\u1039]|.\u1037?\u103a")
"""What follows inside the same syllable: a mark, or a last consonant with its asat."""


def sounds(word: str) -> frozenset[str]:
    """Return how a word may sound: once, or twice where its encoding is unsure; empty for none."""
    return frozenset(filter(None, map(letters_and_digits, readings(word))))


def alike(one: str, other: str) -> bool:
    """Return whether one word may be heard where the other is said, or one of them says nothing."""
    return not sounds(one) or not sounds(other) or is_heard(one, other) or is_heard(other, one)


def is_heard(agreed: str, said: str) -> bool:
    """Return whether an agreed word, or several, is in what was said.

    Looks at every reading whatever the others gave, so that the time it takes says little.
    """
    wanted = {(letters_and_digits(reading), _has_blanks(reading)) for reading in readings(agreed)}
    found = 0
    for reading in readings(said):
        for word, has_blanks in wanted:
            count = _count_words if has_blanks else _count_syllables
            found += count(word, reading) if word else 0
    return found > 0


def _has_blanks(word: str) -> bool:
    """Return whether a word is of scripts that put blanks between words."""
    return not any(unicodedata.name(sign, "").startswith(_WITHOUT_BLANKS) for sign in word)


def _count_words(wanted: str, said: str) -> int:
    """Count the runs of whole words that are the wanted ones, parted as they may be."""
    heard = words(said)
    found = 0
    for first in range(len(heard)):
        run = ""
        for word in heard[first:]:
            run += word
            if len(run) >= len(wanted):
                break
        found += run == wanted
    return found


def _count_syllables(wanted: str, said: str) -> int:
    """Count the places where the wanted syllables are said whole; another tone may follow."""
    heard = letters_and_digits(said)
    found, place = 0, heard.find(wanted)
    while place >= 0:
        rest = heard[place + len(wanted) :].lstrip(_TONES)
        found += _GOES_ON.match(rest) is None
        place = heard.find(wanted, place + 1)
    return found
