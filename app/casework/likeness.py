"""By what two cases are compared, and whether two that share a name are likely one person.

- A number that two cases share makes them likely one person.
- A whole name alone does not: in a few thousand cases many names are there twice. It does with a
  month or day of birth; where name and relative's name have four syllables together, with that
  relative; from three syllables, with the unit; from four, with a year of birth.
- A name of syllables that few have is enough by itself.
- Nothing of this counts where numbers of a kind or births contradict each other.

`benchmarks/twins.py` measures the rule. Knows cells; no rows, no keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from app.cases.models import Contact, Household, Identity, Papers, Reading
from app.search.models import IndexedKind
from app.text.births import Span, contradict, span_of, span_of_age
from app.text.folding import ascii_digits, letters_and_digits
from app.text.handles import handle, handles_among
from app.text.identifiers import nrc, phones, phones_among, service_number
from app.text.names import Key, NameReader, is_unusual

MOST_VALUES: Final = 64
"""Values of one kind of a case that are indexed; no family comes near it."""

_NUMBERS = re.compile(r"[0-9]+")
_NAMES: Final = ("name", "name_burmese", "name_as_written")
_MONTHS: Final = 12
_SYLLABLES_WITH_YEAR: Final = 4
_SYLLABLES_WITH_UNIT: Final = 3
_SYLLABLES_WITH_RELATIVE: Final = 4
_K = IndexedKind

NORMALISED: Final[Mapping[IndexedKind, Callable[[str], frozenset[str]]]] = {
    _K.PHONE: phones,
    _K.NRC: nrc,
    _K.SERVICE_NUMBER: service_number,
    _K.HANDLE: handle,
}
"""How a written number or handle is normalised; each is enough to take two cases for one person."""

_AMONG: Final[Mapping[IndexedKind, Callable[[str], frozenset[str]]]] = {
    _K.PHONE: phones_among,
    _K.HANDLE: handles_among,
}
"""How a value is found in a field of a contact that is meant for something else."""


@dataclass(frozen=True, slots=True)
class ComparedCells:
    """The cells of a case by which it is compared; None for those that are shut or empty."""

    identity: Identity | None = None
    papers: Papers | None = None
    household: Household | None = None
    contact: Contact | None = None


def values_of(kind: IndexedKind, cells: ComparedCells, reader: NameReader) -> frozenset[str]:
    """Return the normalised values of a kind in a case's cells, in whatever field of them."""
    found: frozenset[str]
    match kind:
        case _K.PHONE | _K.HANDLE:
            found = _in_contact(kind, cells.contact) if cells.contact else frozenset()
        case _K.NRC | _K.SERVICE_NUMBER:
            found = _in_papers(kind, cells.papers) if cells.papers else frozenset()
        case _K.NAME:
            found = frozenset(map(_spelt, _name_keys(cells.identity, reader)))
        case _K.RELATIVE:
            found = frozenset(_spelt(key) for _, key in _relatives(cells.household, reader))
        case _K.PERSON:
            found = frozenset(_persons(cells, reader))
    return found if len(found) <= MOST_VALUES else frozenset(sorted(found)[:MOST_VALUES])


def name_values(keys: Iterable[Key]) -> frozenset[str]:
    """Return the keys of a name as values of the index."""
    return frozenset(map(_spelt, keys))


def names_in(cells: ComparedCells, reader: NameReader) -> Iterator[frozenset[Key]]:
    """Yield the keys of each name in a case: the person's, and those of relatives."""
    yield _name_keys(cells.identity, reader)
    for relative in cells.household.relatives if cells.household else ():
        yield reader.keys(relative.name)


def contradicts(one: Papers | None, other: Papers | None) -> bool:
    """Return whether both give a number of the same kind or a birth, and they differ."""
    if one is None or other is None:
        return False
    for kind in (_K.NRC, _K.SERVICE_NUMBER):
        mine, theirs = _in_papers(kind, one), _in_papers(kind, other)
        if mine and theirs and not mine & theirs:
            return True
    mine_born, theirs_born = _born(one), _born(other)
    return mine_born is not None and theirs_born is not None and contradict(mine_born, theirs_born)


# ------------------------------------------------------------------ numbers and handles


def _in_papers(kind: IndexedKind, papers: Papers) -> frozenset[str]:
    field = kind.value
    written = (getattr(papers, field), *_also(papers.also, field))
    return frozenset().union(*(NORMALISED[kind](text) for text in written if text))


def _in_contact(kind: IndexedKind, contact: Contact) -> frozenset[str]:
    meant, other = contact.phones, contact.handles
    if kind is _K.HANDLE:
        meant, other = other, meant
    more = (*other, contact.safe_times or "", contact.contacted_by or "")
    return frozenset().union(*map(NORMALISED[kind], meant), *map(_AMONG[kind], more))


def _also(also: Iterable[Reading], *names: str) -> Iterator[str]:
    """Yield what merged cases said otherwise: a person is found by either."""
    return (reading.value for reading in also if reading.field in names)


# ------------------------------------------------------------------ names


def _spelt(key: Key) -> str:
    return " ".join(key)


def _name_keys(identity: Identity | None, reader: NameReader) -> frozenset[Key]:
    """Return the keys of a person's name, in every spelling that is kept."""
    if identity is None:
        return frozenset()
    spellings = (getattr(identity, field) for field in _NAMES)
    return reader.keys(*spellings, *_also(identity.also, *_NAMES))


def _relatives(household: Household | None, reader: NameReader) -> Iterator[tuple[str, Key]]:
    for relative in household.relatives if household else ():
        for key in reader.keys(relative.name):
            yield relative.relation, key


def _persons(cells: ComparedCells, reader: NameReader) -> Iterator[str]:
    """Yield each name together with what else makes it one person's."""
    births = list(_months_of_birth(cells.papers))
    years = _years_of_birth(cells.papers) if cells.papers else ()
    unit = _unit(cells.papers.unit or "") if cells.papers else ""
    relatives = list(_relatives(cells.household, reader))
    for key in _name_keys(cells.identity, reader):
        name = _spelt(key)
        if is_unusual(key):
            yield name
        yield from (f"{name}/born {month}" for month in births)
        if len(key) >= _SYLLABLES_WITH_YEAR:
            yield from (f"{name}/year {year}" for year in years)
        if unit and len(key) >= _SYLLABLES_WITH_UNIT:
            yield f"{name}/unit {unit}"
        for relation, relative in relatives:
            if len(key) + len(relative) >= _SYLLABLES_WITH_RELATIVE:
                yield f"{name}/{relation} {_spelt(relative)}"


def _unit(written: str) -> str:
    """Return the numbers of a unit, by which people name it; all of it where it has none."""
    return "-".join(_NUMBERS.findall(ascii_digits(written))) or letters_and_digits(written)


def _months_of_birth(papers: Papers | None) -> Iterator[str]:
    """Yield the month of birth, and the other one where day and month may have changed places."""
    written = (papers.born_on, *_also(papers.also, "born_on")) if papers else ()
    for born in written:
        if not born or born.count("-") == 0:
            continue
        year, *rest = born.split("-")
        yield from {f"{year}-{part}" for part in rest if int(part) <= _MONTHS}


def _years_of_birth(papers: Papers) -> Iterable[int]:
    """Return the years that most of a person's possible days of birth lie in."""
    born = _born(papers)
    return range(born[0].year, born[1].year + 1) if born else ()


def _born(papers: Papers) -> Span | None:
    """Return when a person may have been born; None where nothing is said of it."""
    if papers.born_on is not None:
        return span_of(papers.born_on)
    if papers.age is not None and papers.age_stated_on is not None:
        return span_of_age(papers.age, papers.age_stated_on)
    return None
