"""Folds what people wrote into one form, so that two spellings of the same thing compare equal.

The only place where text is normalised or casefolded for a comparison (`tools/rules`): two folds
that differ a little let the same person through twice.

- Compatibility caseless (Unicode, section 3.13, D147), without what is default-ignorable.
- Burmese marks in one order, look-alikes as one, independent vowels spelt out.
- Thai and Lao marks in one order; Latin letters without accents, which phones put on or leave out.
- Digits of every script as 0 to 9; single spaces between words.
- Folding twice is folding once.

Knows no names and no numbers, and one encoding: `readings` gives both that a text may be in.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache
from typing import Final

from app.text.characters import ignorables
from app.text.encoding import readings
from app.text.myanmar import look_alikes_as_digits, one_spelling, order_marks

_MOST_ROUNDS: Final = 8
_ACCENTS: Final = re.compile("(?:(?<=[a-z\\s])|^)[\u0300-\u036f]+")
_THAI_AND_LAO_MARKS: Final = re.compile(
    "[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd]{2,}"
)
_WORD = frozenset("LMN")
"""General categories of what words are made of: letters, marks (Burmese vowels), numbers."""


def fold(text: str) -> str:
    """Return the form in which a text is compared."""
    if text.isascii():
        return " ".join(text.lower().split())
    for _ in range(_MOST_ROUNDS):
        folded = _folded_once(text)
        if folded == text:
            break
        text = folded
    return text


def folds(text: str) -> frozenset[str]:
    """Return the folded readings of a text: one, or two where its encoding is unsure."""
    return frozenset(filter(None, map(fold, readings(text))))


def letters_and_digits(text: str) -> str:
    """Return what of a folded text are letters, marks and digits, with nothing between them."""
    folded = fold(text)
    if folded.isascii():
        return "".join(filter(str.isalnum, folded))
    kept = "".join(sign for sign in folded if unicodedata.category(sign)[0] in _WORD)
    # What was parted may now belong together, such as a letter and its mark.
    return kept if kept == folded else letters_and_digits(kept)


def words(text: str) -> list[str]:
    """Return the words of a text as they are compared: parted by whatever is no word."""
    signs = (sign if unicodedata.category(sign)[0] in _WORD else " " for sign in fold(text))
    return "".join(signs).split()


def ascii_digits(text: str) -> str:
    """Return the text with the digits of every script written 0 to 9, all else as it was."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(sign)) if unicodedata.decimal(sign, None) is not None else sign
        for sign in text
    )


@cache
def _accents_alone() -> dict[int, str]:
    """Return the signs that compatibility parts into a blank and a mark, such as an acute alone.

    They belong to no letter, and would go to the one before.
    """
    parted = "<compat> 0020 "
    every = map(chr, range(sys.maxunicode + 1))
    return {ord(sign): " " for sign in every if unicodedata.decomposition(sign).startswith(parted)}


def _folded_once(text: str) -> str:
    alone = text.translate(ignorables()).translate(_accents_alone())
    shown = unicodedata.normalize("NFD", alone)
    plain = _ACCENTS.sub("", shown.casefold())
    folded = unicodedata.normalize("NFKC", plain).translate(ignorables())
    folded = _THAI_AND_LAO_MARKS.sub(lambda marks: "".join(sorted(set(marks[0]))), folded)
    folded = look_alikes_as_digits(one_spelling(order_marks(folded)))
    digits = "".join(str(unicodedata.digit(sign, sign)) for sign in folded)
    return unicodedata.normalize("NFC", " ".join(digits.split()))


def compatible(text: str) -> str:
    """Return the text in compatible form, without what shows nothing; digits as 0 to 9."""
    if text.isascii():
        return text
    return ascii_digits(unicodedata.normalize("NFKC", text.translate(ignorables())))
