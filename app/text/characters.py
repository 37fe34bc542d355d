"""Characters by their Unicode properties: what shows nothing, and what has no place in a text.

- Default-ignorable code points are taken by the rule of the Unicode Character Database
  (DerivedCoreProperties), because Python's tables lack the property.
- `clean` is the one place where text is cleaned, before anything judges it: it takes away what
  messengers and address books wrap text in, and leaves every word as it was typed.

Knows single characters; nothing of words, encodings or rows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Final

REPLACEMENT: Final = "\ufffd"

_OTHER_IGNORABLE: Final = frozenset(
    (
        0x034F,
        *range(0x115F, 0x1161),
        *range(0x17B4, 0x17B6),
        0x2065,
        0x3164,
        0xFFA0,
        *range(0xFFF0, 0xFFF9),
        *range(0xE0000, 0xE1000),
    )
)
"""Other_Default_Ignorable_Code_Point (PropList): fillers and what is reserved for more of them."""

_SHOWN_FORMATS: Final = frozenset(
    (
        *range(0x0600, 0x0606),
        0x06DD,
        0x070F,
        *range(0x0890, 0x0892),
        0x08E2,
        *range(0xFFF9, 0xFFFC),
        0x110BD,
        0x110CD,
        *range(0x13430, 0x13440),
    )
)
"""Format characters that are seen: marks before a number, annotations, hieroglyph controls."""

_BLANK_SIGN: Final = "\u2800"
"""A Braille cell without a dot: drawn as nothing, and a symbol by its category."""


_WITH_IGNORABLES: Final = (range(0x20000), range(0xE0000, 0xE1000))
"""The planes of scripts and of tags: the others hold ideographs, private use, or nothing."""


def is_ignorable(character: str) -> bool:
    """Return whether a character is default-ignorable: it is drawn as nothing at all."""
    code = ord(character)
    if code in _OTHER_IGNORABLE:
        return True
    if unicodedata.category(character) == "Cf":
        return code not in _SHOWN_FORMATS
    return "VARIATION SELECTOR" in unicodedata.name(character, "")


@cache
def ignorables() -> dict[int, None]:
    """Return every default-ignorable code point, as a table for ``str.translate``."""
    return dict.fromkeys(code for code in chain(*_WITH_IGNORABLES) if is_ignorable(chr(code)))


def _ranges(codes: Iterator[int]) -> str:
    """Return code points as the inside of a character class."""
    spans: list[list[int]] = []
    for code in codes:
        if spans and code == spans[-1][1] + 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return "".join(f"{re.escape(chr(low))}-{re.escape(chr(high))}" for low, high in spans)


@cache
def _edges() -> re.Pattern[str]:
    """Return what is taken off both ends: blanks and ignorables, but no selector of an emoji."""
    inside = _ranges(iter(ignorables()))
    return re.compile(rf"^[\s{inside}]+|[\s{inside}]+$")


_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff]")
"""Marks that turn the order of text on a screen, and byte order marks: left nowhere in a text."""

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_HALF = re.compile("[\ud800-\udfff]")


def clean(text: str, *, keep_ends: bool = False) -> str:
    """Return a text without what it was wrapped in, as its writer saw it.

    Reordering marks and byte order marks go, wherever they are; blanks go at both ends, and so does
    what shows nothing, unless ``keep_ends``; half of a surrogate pair becomes U+FFFD. Inside a text
    a joiner or a zero-width space stays: Burmese breaks its lines there. A text that shows nothing
    comes out empty.
    """
    if text.isascii():
        return text.strip()
    text = _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
    text = _REORDERING.sub("", _HALF.sub(REPLACEMENT, text))
    text = text.strip() if keep_ends else _edges().sub("", text)
    return text if shows_something(text) else ""


def shows_something(text: str) -> bool:
    """Return whether a reader sees anything of a text."""
    return any(not (sign.isspace() or sign == _BLANK_SIGN or is_ignorable(sign)) for sign in text)
