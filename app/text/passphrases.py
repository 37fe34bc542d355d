"""Passphrases and kit words, in the form in which they are compared: their words alone.

Case, spaces, line breaks, punctuation, full width and invisible marks do not count: a phone adds a
capital, turns two blanks into a full stop and a blank, or pastes with blanks that do not break.
What is stretched is this form, so every slot and every step compares alike. Knows strings only.
"""

from __future__ import annotations

from app.text.folding import letters_and_digits, words


def passphrase_letters(typed: str) -> str:
    """Return what of a typed passphrase counts: its letters and digits, with nothing between."""
    return letters_and_digits(typed)


def kit_words(typed: str) -> str:
    """Return the words of a typed share or recovery key, parted by single spaces.

    Raises nothing: what is no word of the list is refused where the share is read.
    """
    return " ".join(words(typed))
