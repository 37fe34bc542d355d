"""Burmese script made comparable: mark order, look-alikes, independent vowels.

- The marks of a syllable go into one order, that of Unicode Technical Note 11 with the dot below
  before the asat, as composition (NFC) wants it. What is typed twice counts once.
- An independent vowel is its letter a with the vowel; the letters that stand for one another on
  keyboards (great sa, little nya, tall aa) are one.
- Letters that look like digits are one with them. Which of the two is meant is for the caller:
  `look_alikes_as_digits` where a number is read, `look_alikes_as_letters` where a name is.

Knows strings in Unicode; nothing of Zawgyi.
"""

from __future__ import annotations

import re
from typing import Final

MYANMAR: Final = "\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f"
"""The three blocks of the script, as the inside of a character class."""

_LIKE_DIGITS: Final = {"ဝ": "၀", "ရ": "၇", "ဂ": "၈", "၎": "၄"}
_DIGITS_BY_LETTER: Final = str.maketrans(_LIKE_DIGITS)
_LETTERS_BY_DIGIT: Final = str.maketrans({digit: sign for sign, digit in _LIKE_DIGITS.items()})

MARKS: Final = (
    "\u102b-\u1032\u1033-\u1038\u103a-\u103e\u1056-\u1059\u105e-\u1060\u1062-\u1064"
    "\u1067-\u106d\u1071-\u1074\u1082-\u108d\u108f\u109a-\u109d\ua9e5\uaa7b-\uaa7d"
)
"""Vowels, medials, tones, asat: what belongs to the letter before it; the virama is none."""

_LETTERS: Final = (
    "\u1000-\u102a\u103f\u1050-\u1055\u105a-\u105d\u1061\u1065\u1066\u106e-\u1070"
    "\u1075-\u1081\u108e\ua9e0-\ua9ef\ua9fa-\ua9fe\uaa60-\uaa76\uaa7a\uaa7e\uaa7f"
)
_STACKED: Final = f"\u103a?\u1039[{_LETTERS}]"
_SYLLABLE_MARKS = re.compile(f"(?:{_STACKED}|[{MARKS}]){{2,}}")
_UNIT = re.compile(f"{_STACKED}|[{MARKS}]")
_LEADING_E = re.compile(
    rf"(?<![\w{_LETTERS}{MARKS}\u1039])\u1031([{_LETTERS}][\u103b-\u103e]*)(?!\u1031)"
)

_ORDER: Final = {
    mark: place
    for place, mark in enumerate(
        "\u103b\u105e\u105f\u103c\u103d\u1082\u103e\u1060"  # medials ya, ra, wa, ha
        "\u1031\u1084"  # vowels before
        "\u102d\u102e\u1033\u1034\u1035\u1071\u1072\u1073\u1074\u1085\u109d\u1032\u1086"  # above
        "\u102f\u1030\u1056\u1057\u1058\u1059"  # below
        "\u1062\u1067\u1068\u1083\u102b\u102c\u109c"  # after
        "\u1036\u1037\u103a\u1038"  # anusvara, dot below, asat, visarga
    )
}

_SPELLINGS: Final = (
    # Each as it is typed, and the spelling that it is compared as.
    (re.compile("သြ(?:ော်|ာ\u1031်)|ဪ"), "အော်"),
    (re.compile(f"သြော|ဩ|သြ(?![{MARKS}\u1039])"), "အော"),
    (re.compile("ဦ|ဥ\u102e"), "အူ"),
    (re.compile("ဥ(?=[ာ်\u1039])"), "ဉ"),
    (re.compile("ဥ|ဉ(?![ာ်\u1039])"), "အု"),
    (re.compile("ဣ"), "အိ"),
    (re.compile("ဤ"), "အီ"),
    (re.compile("ဧ"), "အေ"),
    (re.compile("ဿ"), "သ\u1039သ"),
)


_STACK = re.compile("\u103a?\u1039")
_BEHIND_I_OR_U: Final = "(?:(?<=\u102d)|(?<=\u102f)(?<!\u102d\u102f))"
_LAST_CONSONANTS: Final = (
    # Last consonants of Pali words, as the everyday one that sounds alike.
    (re.compile("[ခဂဃ](?=်)"), "က"),
    (re.compile("[ထဒဓသ](?=်)"), "တ"),
    (re.compile("[ဖဗဘ](?=်)"), "ပ"),
    (re.compile(f"{_BEHIND_I_OR_U}က်"), "တ်"),
    (re.compile(f"{_BEHIND_I_OR_U}င်"), "န်"),
)
_ONE_SOUND: Final = str.maketrans("ဋဌဍဎဏဠ", "တထဒဓနလ")
_ROWS: Final = ("ကခဂဃ", "စဆဇဈ", "ဋဌဍဎ", "တထဒဓ", "ပဖဗဘ")
_NASALS: Final = ("င", "ဉည", "ဏ", "န", "မ")
_STACKS: Final = "|".join(
    (
        # A stacked pair is of one row: a stop on a stop, a nasal on any of its row.
        *(f"[{row}]\u1039[{row}]" for row in _ROWS),
        *(f"[{nasal}]\u1039[{row}{nasal}]" for row, nasal in zip(_ROWS, _NASALS, strict=True)),
        *("လ\u1039လ", "သ\u1039သ", "သ\u1039တ", "လ\u1039ယ", "ရ\u1039ယ", "ဒ\u1039ဝ"),
    )
)
_VOWELS: Final = (
    "(?:\u1031(?:\u102c\u103a?)?|[\u102d\u102e\u1032]?[\u102f\u1030]?|[\u102d\u102e]?\u102c)"
)
_END: Final = "(?:\u1036?\u1037?\u1038?)"
_LAST: Final = "(?:[\u1000-\u1021\u103f](?:\u1037?\u103a)(?:[\u103b\u102f]\u102c?)?\u1038?)"
_BASE: Final = (
    f"(?:(?:[\u1004\u101b]\u103a\u1039[\u1000-\u1021]|(?:{_STACKS})(?:\u1039[\u1000-\u1021])?|[\u1000-\u1021\u103f])"
    "\u103b?\u103c?\u103d?\u103e?|[\u1023-\u1027\u1029\u102a\u104e])"
)
_SYLLABLE: Final = f"{_BASE}{_VOWELS}{_END}{_LAST}{{0,2}}"
_BURMESE = re.compile(f"(?:{_SYLLABLE}|[\u1040-\u104f])*")
_RUN = re.compile(f"[{MYANMAR}]+")


def is_well_formed(text: str) -> bool:
    """Return whether every Burmese run of a text is spelt as Unicode wants it.

    By the structure of syllables: letters with their marks, last consonants with asat, stacks of
    one row. Letters of other languages of the script are not judged, and count as not well-formed.
    """
    return all(
        _BURMESE.fullmatch(one_aa(run)) or _BURMESE.fullmatch(one_aa(order_marks(run)))
        for run in _RUN.findall(text)
    )


def one_aa(text: str) -> str:
    """Return the text with tall aa as aa: which is written depends on the letter before it."""
    return text.replace("\u102b", "\u102c")


def order_marks(text: str) -> str:
    """Return the text with the marks of each syllable in one order, each of them once."""
    text = _LEADING_E.sub("\\1\u1031", text)
    return _SYLLABLE_MARKS.sub(_ordered, text)


def _ordered(run: re.Match[str]) -> str:
    units = _UNIT.findall(run[0])
    stacked = [unit for unit in units if len(unit) > 1]
    marks = {unit for unit in units if len(unit) == 1}
    return "".join((*stacked, *sorted(marks, key=lambda mark: (_ORDER.get(mark, 99), mark))))


def one_spelling(text: str) -> str:
    """Return the text with one spelling for letters and vowels that are typed in two ways."""
    text = one_aa(text)
    for typed, compared in _SPELLINGS:
        text = typed.sub(compared, text)
    return text


def one_sound(text: str) -> str:
    """Return the text as it sounds: stacks side by side, letters of one sound as one."""
    text = _STACK.sub("\u103a", text).translate(_ONE_SOUND)
    for written, heard in _LAST_CONSONANTS:
        text = written.sub(heard, text)
    return text


def look_alikes_as_digits(text: str) -> str:
    """Return the text with letters that look like digits as those digits: wa as zero."""
    return text.translate(_DIGITS_BY_LETTER)


def look_alikes_as_letters(text: str) -> str:
    """Return the text with digits that look like letters as those letters: zero as wa."""
    return text.translate(_LETTERS_BY_DIGIT)
