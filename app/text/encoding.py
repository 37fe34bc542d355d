"""Burmese text in two encodings, Unicode and Zawgyi, read and made comparable.

- The two share their code points: text that is more likely Zawgyi is converted.
- Where the encoding is not sure, both readings count.

Knows strings; nothing of cells, rows or keys.
"""

from __future__ import annotations

import logging
import re
import unicodedata
import warnings
from functools import cache
from importlib import import_module
from typing import Any, Final

from myanmartools import ZawgyiDetector

MORE_LIKELY_ZAWGYI: Final = 0.5

SURELY_UNICODE: Final = 0.05

SURELY_ZAWGYI: Final = 0.95
"""Between the two, both readings of a text are looked for."""

_HIDDEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))

_MYANMAR = re.compile("[\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f]")

_DIGITS = str.maketrans("၀၁၂၃၄၅၆၇၈၉", "0123456789")


@cache
def _detector() -> ZawgyiDetector:
    with warnings.catch_warnings():
        # It reads its model by a function that Python has deprecated, and kept.
        warnings.simplefilter("ignore", DeprecationWarning)
        return ZawgyiDetector()


def is_myanmar(text: str) -> bool:
    """Return whether any letter or digit of the text is of the Myanmar blocks."""
    return _MYANMAR.search(text) is not None


def zawgyi_probability(text: str) -> float:
    """Return how likely the text is Zawgyi, 0 to 1; 0 without Myanmar script."""
    return max(0.0, _detector().get_zawgyi_probability(text)) if is_myanmar(text) else 0.0


def tidy(text: str) -> str:
    """Return the text composed (NFC), without zero-width marks, trimmed; encodings untouched."""
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFC", text.translate(_HIDDEN)).strip()


def ascii_digits(text: str) -> str:
    """Return the text with Myanmar digits written 0 to 9."""
    return text.translate(_DIGITS)


def to_unicode(text: str) -> str:
    """Return tidy text, converted where it is more likely Zawgyi than Unicode.

    A conversion that still looks like Zawgyi has met neither; the text is then left alone.
    """
    plain = tidy(text)
    if zawgyi_probability(plain) <= MORE_LIKELY_ZAWGYI:
        return plain
    converted = _converted(plain)
    return converted if zawgyi_probability(converted) <= MORE_LIKELY_ZAWGYI else plain


def readings(text: str) -> tuple[str, ...]:
    """Return what a text may say: one reading where its encoding is sure, else both."""
    plain = tidy(text)
    probability = zawgyi_probability(plain)
    found = []
    if probability <= SURELY_ZAWGYI:
        found.append(plain)
    if probability >= SURELY_UNICODE:
        found.append(_converted(plain))
    return tuple(dict.fromkeys(found))


def _converted(text: str) -> str:
    return tidy(burmese().zg2uni(text))


@cache
def burmese() -> Any:
    """Return the library of Burmese script, imported when first needed: it costs 150 ms."""
    # It gives advice on single texts in the log, where nobody should learn that they came.
    logging.getLogger("burmesenlp.normalize").disabled = True
    return import_module("burmesenlp")
