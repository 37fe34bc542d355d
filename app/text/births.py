"""When somebody was born, as they say it: a day, a month or a year, or an age on some day.

- A birth is written ``1996``, ``1996-05`` or ``1996-05-04``, whatever digits, letters for digits,
  dots, dashes and names of months it came with; with the year last, the day comes first, unless
  only the other way round is a day.
- A year that nobody alive was born in is asked back, with the year that it is likely meant for:
  the Buddhist era is 543 years ahead, the Burmese 638 behind.
- Two births contradict each other where no day is in both. A day and a month that changed places
  contradict nothing, and an age is a year more or less.

Knows strings and days.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Final

from app.errors import Invalid
from app.text.characters import clean
from app.text.dates import months_after
from app.text.folding import compatible, fold
from app.text.myanmar import look_alikes_as_digits

OLDEST: Final = 120
_BUDDHIST: Final = 543
_BURMESE: Final = -638
_DECEMBER: Final = 12
_DAY: Final = timedelta(days=1)
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_BURMESE_MONTHS: Final = (
    "ဇန်နဝါရီ", "ဖေဖော်ဝါရီ", "မတ်", "ဧပြီ", "မေ", "ဇွန်",
    "ဇူလိုင်", "ဩဂုတ်", "စက်တင်ဘာ", "အောက်တိုဘာ", "နိုဝင်ဘာ", "ဒီဇင်ဘာ",
)  # fmt: skip
_BURMESE_MONTH: Final = "လ"
_SHORTEST_MONTH: Final = 3
_MONTH_NAMES: Final = {
    fold(name): month
    for names in (_MONTHS, _BURMESE_MONTHS)
    for month, name in enumerate(names, start=1)
}

_BETWEEN: Final = r"(?:\s*[-/.,\u2010-\u2015\u2212\u104a]\s*|\s+)"
_YEAR_FIRST = re.compile(rf"(\d{{4}})(?:{_BETWEEN}(\d{{1,2}})(?:{_BETWEEN}(\d{{1,2}}))?)?")
_YEAR_LAST = re.compile(rf"(?:(\d{{1,2}}){_BETWEEN})?(\d{{1,2}}){_BETWEEN}(\d{{4}})")
_MONTH_NAMED = re.compile(r"[^\W\d][^\s\d.,/\u104a\u104b-]*")
_NUMBERS = re.compile(r"[0-9]+")
_ERA = re.compile(
    r"^(?:a\.?d|b\.?e|m\.?e|c\.?e)\.?\s+|\s*(?:a\.?d|b\.?e|m\.?e|c\.?e|ခုနှစ်)?[.\u104b]?$",
    re.IGNORECASE,
)

Span = tuple[date, date]
"""The first and the last day on which somebody may have been born."""


class BirthNotPossible(Invalid):
    """Nobody alive was born in this year; it may be of another era."""

    code = "birth.not_possible"
    title = "Nobody alive was born then; look at the year"

    def __init__(self, field: str, likely: int | None = None) -> None:
        super().__init__(field)
        if likely is not None:
            self.title = f"This year looks like one of another era; is it {likely}?"


def read_birth(text: str) -> str | None:
    """Return a birth as it is written here; None where the text is none."""
    typed = _numbered(_ERA.sub("", compatible(clean(text))))
    if found := _YEAR_FIRST.fullmatch(typed):
        year, month, day = found.groups()
    elif found := _YEAR_LAST.fullmatch(typed):
        day, month, year = found.groups()
        if day and int(day) <= _DECEMBER < int(month):
            day, month = month, day
    else:
        return None
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    return "-".join(part.zfill(2) for part in (year, month, day) if part)


def _numbered(typed: str) -> str:
    """Return a birth with the name of its month as a number, and letters for digits as those."""
    named = next(filter(_month_of, _MONTH_NAMED.findall(typed)), None)
    typed = compatible(look_alikes_as_digits(typed.replace(named or "\0", " ", 1)))
    if named is None:
        return typed
    # The year is the one of four digits; what else is there is the day.
    numbers = sorted(_NUMBERS.findall(typed), key=len)
    return "-".join((*numbers[-1:], str(_month_of(named)), *numbers[:-1]))


def _month_of(word: str) -> int | None:
    """Return the number of a month by its name, or by the first letters of an English one."""
    name = fold(word)
    name = name if name in _MONTH_NAMES else name.removesuffix(_BURMESE_MONTH)
    if name in _MONTH_NAMES or not name.isascii() or len(name) < _SHORTEST_MONTH:
        return _MONTH_NAMES.get(name)
    begun = (month for month, full in enumerate(_MONTHS, start=1) if full.startswith(name))
    return next(begun, None)


def require_possible(birth: str, today: date, field: str) -> None:
    """Raise ``BirthNotPossible`` for a birth to come, or longer ago than anybody lives."""
    first, last = span_of(birth)
    if first <= today and last.year >= today.year - OLDEST:
        return
    meant = (first.year - era for era in (_BUDDHIST, _BURMESE))
    likely = (year for year in meant if today.year - OLDEST <= year <= today.year)
    raise BirthNotPossible(field, next(likely, None))


def span_of(birth: str) -> Span:
    """Return the days on which somebody of this birth may have been born."""
    year, month, day = (int(part) if part else 0 for part in f"{birth}--".split("-")[:3])
    if day:
        return date(year, month, day), date(year, month, day)
    last = month or _DECEMBER
    return date(year, month or 1, 1), date(year, last, monthrange(year, last)[1])


def span_of_age(age: int, stated_on: date) -> Span:
    """Return the days on which somebody may have been born who was so old on a day, roughly."""
    return (
        months_after(stated_on, -_DECEMBER * (age + 2)) + _DAY,
        months_after(stated_on, -_DECEMBER * (age - 1)),
    )


def contradict(one: Span, other: Span) -> bool:
    """Return whether no day is in both, and no day and month changed places."""
    if one[0] <= other[1] and other[0] <= one[1]:
        return False
    days = {*one, *other}
    return not (
        len(days) == len((one, other))
        and one[0].year == other[0].year
        and (one[0].month, one[0].day) == (other[0].day, other[0].month)
    )
