"""Burmese text in two encodings, Unicode and Zawgyi, which share their code points.

- Text that is well-formed in Unicode is never rewritten, whatever a detector thinks of it.
- What is not, and is Zawgyi by its statistics, is converted; the caller keeps the original.
- Where the encoding is not sure, both readings count in every comparison.

Knows strings; nothing of cells, rows or keys.
"""

from __future__ import annotations

import logging
import re
import warnings
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Final

from myanmartools import ZawgyiDetector

from app.text.characters import clean, ignorables
from app.text.myanmar import MYANMAR, is_well_formed, order_marks

MORE_LIKELY_ZAWGYI: Final = 0.5

SURELY_UNICODE: Final = 0.05

SURELY_ZAWGYI: Final = 0.95
"""Between the two, both readings of a text are looked for."""

_MYANMAR = re.compile(f"[{MYANMAR}]")


@cache
def _detector() -> ZawgyiDetector:
    with warnings.catch_warnings():
        # It reads its model by a function that Python has deprecated, and kept.
        warnings.simplefilter("ignore", DeprecationWarning)
        return ZawgyiDetector()


def is_myanmar(text: str) -> bool:
    """Return whether any letter or digit of the text is of the Myanmar blocks."""
    return not text.isascii() and _MYANMAR.search(text) is not None


def zawgyi_probability(text: str) -> float:
    """Return how likely the text is Zawgyi, 0 to 1; 0 without Myanmar script."""
    return max(0.0, _detector().get_zawgyi_probability(text)) if is_myanmar(text) else 0.0


def to_unicode(text: str) -> str:
    """Return the text as it was typed, but for what it was wrapped in; surely Zawgyi converted.

    A conversion that is no well-formed Unicode either has met neither; the text is left alone.
    """
    typed = clean(text)
    if not is_myanmar(typed) or is_well_formed(_shown(typed)):
        return typed
    probability = zawgyi_probability(_shown(typed))
    if probability <= MORE_LIKELY_ZAWGYI:
        return typed
    converted = _converted(typed)
    if is_well_formed(converted):
        return converted
    sure = probability >= SURELY_ZAWGYI and zawgyi_probability(converted) <= MORE_LIKELY_ZAWGYI
    return converted if sure else typed


def readings(text: str) -> tuple[str, ...]:
    """Return what a text may say in Unicode: one reading where its encoding is sure, else both."""
    typed = clean(text)
    if not is_myanmar(typed):
        return (typed,)
    probability = zawgyi_probability(_shown(typed))
    well_formed = is_well_formed(_shown(typed))
    converted = _converted(typed)
    found = []
    if well_formed or probability <= SURELY_ZAWGYI:
        found.append(typed)
    # A detector may be sure and wrong: what only its conversion spells well is read both ways.
    if probability >= SURELY_UNICODE or (not well_formed and is_well_formed(converted)):
        found.append(converted)
    return tuple(dict.fromkeys(found))


def _shown(text: str) -> str:
    return text.translate(ignorables())


def _converted(text: str) -> str:
    """Return the text read as Zawgyi, the marks of its syllables in order."""
    converted: str = burmese().zg2uni(_shown(text))
    return order_marks(converted).strip()


@cache
def burmese() -> ModuleType:
    """Return the library of Burmese script, imported when first needed: it costs 150 ms."""
    # It gives advice on single texts in the log, where nobody should learn that they came.
    logging.getLogger("burmesenlp.normalize").disabled = True
    return import_module("burmesenlp")
