"""Folds what people wrote into one form, so that two spellings of the same thing compare equal.

The only place where text is normalised or casefolded for a comparison (`tools/rules`): two folds
that differ a little let the same person through twice. Knows no names and no numbers.
"""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """Return the text composed (NFC), in one case, with single spaces between its words."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def fold_compatible(text: str) -> str:
    """Return the text in compatible form (NFKC), in one case, with every digit written 0 to 9."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(str(unicodedata.digit(sign, sign)) for sign in folded)
