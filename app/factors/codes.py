"""How codes are typed, and how recovery codes are made, spelled and hashed. Pure.

A code may be typed with blanks, dashes, capitals, full-width or Burmese digits. A recovery code is
16 characters of 30, 78 bits, without those that look alike; it is kept as a keyed hash alone.
"""

from __future__ import annotations

import secrets

from app.crypto.derive import mac
from app.crypto.framing import frame
from app.crypto.labels import Label
from app.crypto.totp import DIGITS
from app.factors.state import HASH_BYTES
from app.text.folding import letters_and_digits

_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 16
_GROUP = 4


def code_letters(typed: str) -> str:
    """Return what of a typed code counts: its letters and digits, with nothing between them."""
    return letters_and_digits(typed)


def is_of_authenticator(letters: str) -> bool:
    """Return whether these are six digits, and so no recovery code."""
    return len(letters) == DIGITS and letters.isascii() and letters.isdigit()


def new_recovery_code() -> str:
    """Return a recovery code as it is shown: four groups of four."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return "-".join(letters[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))


def hash_of(key: bytes, letters: str) -> bytes:
    """Return the keyed hash of a recovery code, given as its letters and digits."""
    return mac(key, frame(Label.RECOVERY_CODE, letters))[:HASH_BYTES]
