"""Numbers and handles by which a person may be found, in every spelling that means the same.

Each function takes what was written and returns the normalised readings, none where nothing of
the kind is there. Knows strings; nothing of keys, indexes or cases.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

import phonenumbers

from app.text.characters import clean, ignorables
from app.text.folding import ascii_digits

_REGIONS: Final = ("MM", "TH")
_FEWEST_DIGITS: Final = 6
_LAST_REGION: Final = 14
_NUMBERS_APART = re.compile(r"[,;/|&\n]|\s{2,}")
_NOT_DIGITS = re.compile(r"[^0-9]+")
_SPACES = re.compile(r"\s+")
# The letter wa counts as zero: the two look alike, and phones offer the letter first.
_NRC = re.compile(r"^(?P<region>[0-9]{1,2})[/\\.,-](?P<township>.*?)(?P<number>[0-9ဝ]{6})$")
_SERIAL = re.compile(r"^(?P<letters>[^\W\d_]*?)\W*(?P<digits>[0-9]{2,12})$")

# Letters of the branch class before a serial, as they are spelt in the other script.
_BRANCHES: Final = {"ကြည်း": "kyi", "ရေ": "yay", "လေ": "lay", "တ": "ta"}


def phones(written: str) -> frozenset[str]:
    """Return the readings of a field of phone numbers, in E.164.

    A number without ``+`` is read as Myanmar's and as Thailand's, as far as either is valid. What
    no numbering plan knows is compared by its digits.
    """
    text = ascii_digits(_shown(written))
    pieces = [piece for piece in _NUMBERS_APART.split(text) if _long_enough(_digits(piece))]
    found = frozenset[str]().union(*map(_phone, pieces if len(pieces) > 1 else [text]))
    if found:
        return found
    digits = _digits(text)
    return frozenset({digits}) if _long_enough(digits) else frozenset()


def _shown(written: str) -> str:
    return clean(written.translate(ignorables()))


def _digits(text: str) -> str:
    return _NOT_DIGITS.sub("", text)


def _long_enough(digits: str) -> bool:
    return len(digits) >= _FEWEST_DIGITS


def national_digits(written: str) -> str | None:
    """Return a phone number's digits without its country, None where it is no phone number.

    A number without ``+`` often reads as Myanmar's and as Thailand's; its national digits are the
    same in both, so that they identify a payee where ``phones`` gives two readings.
    """
    number = next(_valid_numbers(ascii_digits(_shown(written))), None)
    return None if number is None else str(number.national_number)


def _phone(text: str) -> frozenset[str]:
    e164 = phonenumbers.PhoneNumberFormat.E164
    return frozenset(phonenumbers.format_number(number, e164) for number in _valid_numbers(text))


def _valid_numbers(text: str) -> Iterator[phonenumbers.PhoneNumber]:
    """Yield a number as each region's plan reads it, as far as it is valid there."""
    for region in _REGIONS:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            yield number


def nrc(written: str) -> frozenset[str]:
    """Return the loose reading of a national registration number: region and six digits.

    The township between them has too many spellings, and is left out.
    """
    text = _SPACES.sub("", ascii_digits(_shown(written)))
    match = _NRC.match(text)
    if match is None or not 1 <= int(match["region"]) <= _LAST_REGION:
        return frozenset()
    return frozenset({f"{int(match['region'])}/{match['number'].replace('ဝ', '0')}"})


def service_number(written: str) -> frozenset[str]:
    """Return a serial as ``letters-digits``: leading zeros kept, no separators, one script."""
    text = _SPACES.sub("", ascii_digits(_shown(written))).casefold()
    for burmese, latin in _BRANCHES.items():
        if text.startswith(burmese):
            text = latin + text.removeprefix(burmese)
            break
    match = _SERIAL.match(text)
    if match is None:
        return frozenset()
    return frozenset({f"{match['letters']}-{match['digits']}"})


def handle(written: str) -> frozenset[str]:
    """Return a messenger handle in lower case, without ``@`` and without an address before it."""
    text = _folded(_shown(written)).rstrip("/").rpartition("/")[2].lstrip("@")
    return frozenset({text}) if text else frozenset()


def _folded(text: str) -> str:
    """Return the text in lower case and compatible form, without spaces."""
    # One step can make way for another: a space that parted a letter from its accent, say.
    folded = unicodedata.normalize("NFKC", _SPACES.sub("", text).casefold())
    return text if folded == text else _folded(folded)
