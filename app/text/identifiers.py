"""Numbers by which a person may be found, in every spelling that means the same.

Each function takes what was written and returns the normalised readings, none where nothing of
the kind is there.

- A phone number is a run of digits with what people put between them; a text may hold several,
  and words. It is compared by its national digits, known to a numbering plan or not: 09, 9, 0095
  and +95 before the same digits are one number.
- Where blanks may part one number or two, both are read.
- Burmese digits count, and so do letters that look like digits where digits belong.

Knows strings; nothing of keys, indexes or cases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import phonenumbers

from app.text.characters import clean
from app.text.encoding import readings
from app.text.folding import compatible, letters_and_digits
from app.text.myanmar import look_alikes_as_digits

_HOME: Final = ("95", "66")
_FEWEST_DIGITS: Final = 6
_FEWEST_IN_ANOTHER_FIELD: Final = 7
_FEWEST_WITHOUT_LAST_GROUP: Final = 9
_MOST_DIGITS: Final = 15
_SHORTEST_WITH_A_COUNTRY: Final = 11
_LAST_REGION: Final = 14

_D: Final = "[0-9oOဝရဂ]"
"""A digit, or a letter that is typed for one."""

_AMONG_DIGITS = re.compile(rf"(?<![^\W\d_oO]){_D}*[0-9]{_D}*")
_LETTERS_BEHIND = re.compile(
    r"(?<=[0-9])(?:[ .\-](?:[ဝရဂ]{2,}|[oO]{2,})(?![^\W\d_]|[\u102b-\u103e]))+"
)
_RUN = re.compile(r"(?:\+[\s(]*)?[0-9](?:[\s().\-\u2010-\u2015\u2212]*[0-9])*")
_START = re.compile(r"\+|(?<![0-9])0[0-9]")
_WIDE_GAP = re.compile(r"\s{2,}|[\n\r\t\v\f\u0085\u2028\u2029]")
_LAST_GROUP = re.compile(
    r"(?<=[0-9]{3})[\s.\-\u2010-\u2015\u2212]*[(\s.\-\u2010-\u2015\u2212][0-9]{1,2}$"
)
_NOT_DIGITS = re.compile(r"[^0-9]+")
_OF_A_NUMBER = re.compile(r"\+|0|9|66")

_BLANKS = re.compile(r"\s+")
_NRC = re.compile(
    rf"(?<![0-9])(?P<region>{_D}{{1,3}})(?:[/\\.,|\u104a\u2044\u2215-]+|(?=[^\W\d_]{{2,}}\())"
    rf"(?P<township>[^0-9]{{1,60}}?)(?P<number>(?:{_D}[.,-]?){{5}}{_D})(?![0-9])"
)
_SERIAL = re.compile(rf"^(?P<letters>[^0-9]*?)(?P<digits>(?:{_D}[.,-]?){{1,11}}{_D})\W*$")

# Letters of the branch class before a serial, as they are spelt in the other script.
_BRANCHES: Final = {
    letters_and_digits(spelt): branch
    for branch, spellings in {
        "kyi": ("ကြည်း", "kyee", "kye"),
        "yay": ("ရေ", "ye", "yei"),
        "lay": ("လေ", "le", "lei"),
        "ta": ("တ",),
    }.items()
    for spelt in spellings
}

# ---------------------------------------------------------------------- phones


def phones(written: str) -> frozenset[str]:
    """Return the national digits of every phone number in a text."""
    return frozenset(
        digits for number in _numbers(written, _FEWEST_DIGITS) for digits in _nationals(number)
    )


def phones_among(written: str) -> frozenset[str]:
    """Return the national digits of phone numbers in a text that is not meant for them.

    Only of what begins like a phone number: a handle may have digits of its own.
    """
    return frozenset(
        digits
        for number in _numbers(written, _FEWEST_IN_ANOTHER_FIELD)
        if _OF_A_NUMBER.match(number)
        for digits in _nationals(number)
    )


def national_digits(written: str) -> str | None:
    """Return the national digits of the first phone number of a text, None where there is none."""
    numbers = map(_nationals, _numbers(written, _FEWEST_DIGITS))
    return next((min(digits, key=len) for digits in numbers if digits), None)


def _numbers(written: str, fewest: int) -> Iterator[str]:
    """Yield what may be a phone number, with the signs inside it."""
    typed = compatible(clean(written))
    # Groups of letters alone are zeros behind digits, or a word: both are read.
    for text in dict.fromkeys((typed, _LETTERS_BEHIND.sub(_as_digits, typed))):
        for run in _RUN.findall(_AMONG_DIGITS.sub(_as_digits, text)):
            whole = _count_digits(run) <= _MOST_DIGITS
            parts = _parted(run)
            for number in (*((run,) if whole or not parts else ()), *parts):
                for way in _without_last_group(number):
                    if _count_digits(way) >= fewest:
                        yield way


def _as_digits(run: re.Match[str]) -> str:
    return compatible(look_alikes_as_digits(run[0])).lower().replace("o", "0")


def _without_last_group(number: str) -> Iterator[str]:
    """Yield a number, and what is before one or two digits that may be no part of it.

    Such as an hour, ``09 450 112 233 (6pm)``, or the end of the next number, ``09450112233-4``.
    """
    yield number
    before = _LAST_GROUP.sub("", number)
    if before != number and _FEWEST_WITHOUT_LAST_GROUP <= _count_digits(before) < _MOST_DIGITS:
        yield before


def _parted(run: str) -> list[str]:
    """Return the numbers that a run may be of: parted where one starts, or by a wide gap.

    A run of more digits than a number has is parted by any blank.
    """
    starts = [0]
    for start in _starts(run):
        before = run[starts[-1] : start]
        if min(map(len, _nationals(before)), default=0) >= _FEWEST_DIGITS:
            starts.append(start)
    parts = [run[one:other] for one, other in pairwise((*starts, len(run)))]
    if len(parts) > 1:
        return [more for part in parts for more in (part, *_parted(part))]
    gap = _WIDE_GAP if _count_digits(run) <= _MOST_DIGITS else _BLANKS
    parts = [part for part in gap.split(run) if _count_digits(part) >= _FEWEST_DIGITS]
    return parts if len(parts) > 1 else []


def _starts(run: str) -> list[int]:
    """Return where a number may start: a number's digits follow before the next one does."""
    found: list[int] = []
    end = len(run)
    for start in reversed([match.start() for match in _START.finditer(run)]):
        if _count_digits(run[start:end]) >= _FEWEST_IN_ANOTHER_FIELD:
            found.append(start)
            end = start
    return found[::-1]


def _count_digits(text: str) -> int:
    return sum(map(str.isdecimal, text))


def _nationals(number: str) -> frozenset[str]:
    """Return the digits of a number without its country and the zero before it."""
    digits = _NOT_DIGITS.sub("", number)
    abroad = number.startswith("+") or digits.startswith("00")
    bare = digits.lstrip("0")
    at_home = bare[2:].lstrip("0") if bare.startswith(_HOME) else ""
    if at_home and (abroad or len(bare) >= _SHORTEST_WITH_A_COUNTRY):
        return frozenset({at_home})
    if abroad or len(bare) >= _SHORTEST_WITH_A_COUNTRY:
        return frozenset({_without_country(bare)} | (set() if abroad else {bare}))
    return frozenset({bare} if bare else ())


def _without_country(digits: str) -> str:
    """Return what follows the country of an international number; all of it where there is none."""
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return digits
    return str(number.national_number)


# ---------------------------------------------------------------------- papers


def nrc(written: str) -> frozenset[str]:
    """Return the loose readings of registration numbers: region and six digits.

    The township between them has too many spellings, and is left out.
    """
    text = _BLANKS.sub("", compatible(clean(written)))
    found = ((_digits(match["region"]), _digits(match["number"])) for match in _NRC.finditer(text))
    return frozenset(
        f"{int(region)}/{number}" for region, number in found if 1 <= int(region) <= _LAST_REGION
    )


def _digits(text: str) -> str:
    digits = compatible(look_alikes_as_digits(text)).lower().replace("o", "0")
    return _NOT_DIGITS.sub("", digits)


def service_number(written: str) -> frozenset[str]:
    """Return a serial as ``letters-digits``: leading zeros kept, no separators, one script."""
    found = set()
    for reading in readings(written):
        match = _SERIAL.match(_BLANKS.sub("", compatible(reading)))
        if match is not None and any(map(str.isdecimal, match["digits"])):
            letters = letters_and_digits(match["letters"])
            found.add(f"{_BRANCHES.get(letters, letters)}-{_digits(match['digits'])}")
    return frozenset(found)
