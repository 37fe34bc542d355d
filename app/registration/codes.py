"""How a code is spelled: 25 characters in five groups, such as ``4F7KQ-...``. Pure.

Fifteen random bytes, 40 bits that find a row and 80 bits that prove it, are written as 24
characters of an alphabet without I, L, O and U; the 25th is a check character by H. M. Damm's
scheme over the field of 32 elements, interim = 2 * (interim + digit). It catches each single wrong
character and each swap of neighbours. Letters may be lower case, O and I and L are read as 0
and 1, digits may be Burmese, any spaces or dashes may be in between, and other words around it.

A code of the authority has no spelling that we know: it is read by its letters and digits.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from app.registration.errors import CodeMistyped
from app.text.folding import letters_and_digits
from app.text.spoken import runs

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOCATOR_BYTES = 5
SECRET_BYTES = 10
SYMBOLS = 24
GROUP = 5
_FIELD = 0b100101
"""x^5 + x^2 + 1, irreducible over the field of two elements."""

_BITS = 5
_VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_AUTHORITY = b"authority/"
_FEWEST, _MOST = 4, 64


@dataclass(frozen=True, slots=True)
class Code:
    """A code's two halves. Neither is ever stored."""

    locator: bytes = field(repr=False)
    proof: bytes = field(repr=False)


def new_code() -> Code:
    """Return a code from the system's random source."""
    return Code(secrets.token_bytes(LOCATOR_BYTES), secrets.token_bytes(SECRET_BYTES))


def spell(code: Code) -> str:
    """Return a code as it is read aloud, typed or sent in a text message."""
    number = int.from_bytes(code.locator + code.proof, "big")
    values = [(number >> (_BITS * place)) & 31 for place in reversed(range(SYMBOLS))]
    text = "".join(ALPHABET[value] for value in (*values, _check_value(values)))
    return "-".join(text[start : start + GROUP] for start in range(0, len(text), GROUP))


def read(text: str) -> Code:
    """Return the code that was spelled, alone or among other words; raises ``CodeMistyped``."""
    spellings = (letters_and_digits(text), *runs(text, SYMBOLS + 1, has_blanks=True))
    values = next(filter(None, map(_values_of, spellings)), None)
    if values is None:
        raise CodeMistyped
    number = 0
    for value in values[:-1]:
        number = number << _BITS | value
    spelled = number.to_bytes(LOCATOR_BYTES + SECRET_BYTES, "big")
    return Code(spelled[:LOCATOR_BYTES], spelled[LOCATOR_BYTES:])


def read_recorded(text: str) -> Code:
    """Return a code of the authority by its letters and digits; raises ``CodeMistyped``."""
    symbols = letters_and_digits(text)
    if not _FEWEST <= len(symbols) <= _MOST:
        raise CodeMistyped
    return Code(_AUTHORITY + symbols.encode(), symbols.encode())


def looks_made_here(text: str) -> bool:
    """Return whether a text is as long as one of our codes, but for a slip."""
    symbols = letters_and_digits(text)
    return symbols.isascii() and abs(len(symbols) - SYMBOLS - 1) <= 1


def _values_of(symbols: str) -> list[int] | None:
    """Return the values of the characters of a code; None where they are none."""
    values = [_VALUES[symbol] for symbol in symbols.upper() if symbol in _VALUES]
    if not len(values) == len(symbols) == SYMBOLS + 1:
        return None
    return values if _check_value(values[:-1]) == values[-1] else None


def _check_value(values: list[int]) -> int:
    interim = 0
    for value in values:
        interim = _doubled(interim ^ value)
    return interim


def _doubled(value: int) -> int:
    doubled = value << 1
    return doubled ^ _FIELD if doubled >> _BITS else doubled
