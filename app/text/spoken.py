"""Agreed words compared by ear rather than by spelling: safe words, duress words.

- A word is heard inside a sentence: as whole words, however they are parted, in scripts that put
  blanks between words; as whole syllables in Burmese and other scripts that put none.
- Where an encoding is unsure, both readings of what was agreed and of what was said count.

Knows strings only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from app.text.encoding import readings
from app.text.folding import letters_and_digits, words
from app.text.myanmar import MARKS

_WITHOUT_BLANKS: Final = ("MYANMAR", "THAI", "LAO", "KHMER", "CJK", "HIRAGANA", "KATAKANA")
_TONES: Final = "\u1037\u1038"
_GOES_ON = re.compile(f"[{_TONES}]*+(?:[{MARKS}\u1039]|.\u1037?\u103a)")
"""What follows inside the same syllable, after a tone: a mark, or a last consonant with asat."""


def sounds(word: str) -> frozenset[str]:
    """Return how a word may sound: once, or twice where its encoding is unsure; empty for none."""
    return frozenset(filter(None, map(letters_and_digits, readings(word))))


def alike(one: str, other: str) -> bool:
    """Return whether one word may be heard where the other is said, or one of them says nothing."""
    return not sounds(one) or not sounds(other) or is_heard(one, other) or is_heard(other, one)


def forms(word: str) -> frozenset[tuple[str, bool]]:
    """Return how a word may sound, and whether it is of scripts that put blanks between words."""
    found = {(letters_and_digits(reading), _has_blanks(reading)) for reading in readings(word)}
    return frozenset((form, blanks) for form, blanks in found if form)


def is_heard(agreed: str, said: str) -> bool:
    """Return whether an agreed word, or several, is in what was said.

    Looks at every reading whatever the others gave, so that the time it takes says little.
    """
    found = 0
    for reading in readings(said):
        for word, has_blanks in forms(agreed):
            count = _count_words if has_blanks else _count_syllables
            found += count(word, reading)
    return found > 0


def runs(said: str, letters: int, *, has_blanks: bool) -> Iterator[str]:
    """Yield each run of so many letters that could be an agreed word in what was said.

    ``is_heard(agreed, said)`` is whether one of ``forms(agreed)`` is among them; so what was agreed
    need not be known to be compared, but by a keyed hash of it and its length.
    """
    for reading in readings(said):
        if has_blanks:
            yield from _word_runs(reading, letters)
            continue
        heard = letters_and_digits(reading)
        for end in range(letters, len(heard) + 1):
            if _GOES_ON.match(heard, end) is None:
                yield heard[end - letters : end]


def _has_blanks(word: str) -> bool:
    """Return whether a word is of scripts that put blanks between words."""
    return not any(unicodedata.name(sign, "").startswith(_WITHOUT_BLANKS) for sign in word)


def _count_words(wanted: str, said: str) -> int:
    """Count the runs of whole words that are the wanted ones, parted as they may be."""
    return sum(run == wanted for run in _word_runs(said, len(wanted)))


def _word_runs(said: str, letters: int) -> Iterator[str]:
    """Yield the runs of whole words that have so many letters together."""
    heard = words(said)
    for first in range(len(heard)):
        run = ""
        for word in heard[first:]:
            run += word
            if len(run) >= letters:
                break
        if len(run) == letters:
            yield run


def _count_syllables(wanted: str, said: str) -> int:
    """Count the places where the wanted syllables are said whole; another tone may follow."""
    heard = letters_and_digits(said)
    found, place = 0, heard.find(wanted)
    while place >= 0:
        found += _GOES_ON.match(heard, place + len(wanted)) is None
        place = heard.find(wanted, place + 1)
    return found
