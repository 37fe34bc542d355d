"""``python -m benchmarks.twins``: how many intakes likely twins stop, and how many are found.

The set is made by this rule, from a seed; everybody in it is fictional.

- A name has two (30 %), three (50 %) or four syllables of ``SYLLABLES``, whose frequency falls
  with their place to the power of ``STEEPNESS``: the first is every eighth syllable. Each is
  written in one of its spellings, in Latin letters, or the whole name in Burmese (30 %); half of
  the Latin ones have an honorific.
- A birth lies 18 to 45 years back. It is given to the day (40 %), month (10 %), year (20 %), as an
  age (20 %), or not.
- One of 150 units (60 % say it), in one of three spellings. A spouse (50 %) with a name of two or
  three syllables, told by 80 %. A telephone number of one's own; an NRC and a service number,
  told by 40 % each.
- Every twentieth person comes twice: the same person, told again by these rules, with the same
  telephone number in three of ten; other numbers as they are, where they are told.

Measured are the very functions that intakes are compared by, without databases and keys. An intake
is *stopped* where an earlier or later one is likely the same person; *wrongly* where it is not.
"""

from __future__ import annotations

import random  # noqa: TID251 - a set that is the same each time, and no secret
import sys
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from app.cases.models import Channel, Contact, Household, Identity, Papers, Relative
from app.casework.likeness import NORMALISED, ComparedCells, contradicts, values_of
from app.search.models import IndexedKind
from app.text.names import NameReader

SYLLABLES: Final = (
    (("Aung", "Oung"), "အောင်"), (("Win", "Wynn"), "ဝင်း"), (("Kyaw", "Gyaw"), "ကျော်"),
    (("Zaw",), "ဇော်"), (("Min",), "မင်း"), (("Htun", "Tun"), "ထွန်း"), (("Naing", "Nine"), "နိုင်"),
    (("Soe", "So"), "စိုး"), (("Thein",), "သိန်း"), (("Myint",), "မြင့်"), (("Hla",), "လှ"),
    (("Khin",), "ခင်"), (("Aye", "Ay"), "အေး"), (("Than", "Thant"), "သန်း"), (("Tin",), "တင်"),
    (("Maung", "Mg"), "မောင်"), (("Htay", "Htey"), "ဌေး"), (("Lwin",), "လွင်"), (("Oo",), "ဦး"),
    (("Moe", "Mo"), "မိုး"), (("Htet", "Htat"), "ထက်"), (("Zin",), "ဇင်"), (("Phyo", "Phyoe"), "ဖြိုး"),
    (("Thu",), "သူ"), (("Ko",), "ကို"), (("Lin", "Linn"), "လင်း"), (("Ye", "Yae"), "ရဲ"),
    (("Hein",), "ဟိန်း"), (("Nyein",), "ငြိမ်း"), (("Chit",), "ချစ်"), (("Khaing", "Khine"), "ခိုင်"),
    (("San",), "စန်း"), (("Myat",), "မြတ်"), (("Paing",), "ပိုင်"), (("Thet", "That"), "သက်"),
    (("Nu",), "နု"), (("Mon",), "မွန်"), (("Wai", "Wei"), "ဝေ"), (("Su",), "စု"),
    (("Yin",), "ယဉ်"), (("Ni",), "နီ"), (("Sein",), "စိန်"), (("Shwe",), "ရွှေ"),
    (("Nwe",), "နွယ်"), (("Pyae", "Pye"), "ပြည့်"), (("Kaung",), "ကောင်း"), (("Khant",), "ခန့်"),
    (("Ei",), "အိ"), (("Hnin",), "နှင်း"), (("Thandar",), "သန္တာ"), (("Sandar",), "စန္ဒာ"),
    (("Thiha",), "သီဟ"), (("Thura",), "သူရ"), (("Wut",), "ဝတ်"), (("Yi",), "ရီ"), (("Cho",), "ချို"),
    (("Thwin",), "သွင်"), (("Htoo", "Htu"), "ထူး"), (("Latt", "Lat"), "လတ်"), (("Bo",), "ဗို"),
)  # fmt: skip
"""Common syllables of names: their Latin spellings, and Burmese; the most frequent first."""

STEEPNESS: Final = 0.8
_UNITS: Final = ("LIB {}", "{} LIB", "ခမရ {}")
_TODAY: Final = date(2026, 3, 2)
_NOT_BY_NAME: Final = frozenset(NORMALISED)


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is, whatever of it they tell."""

    syllables: tuple[int, ...]
    spouse: tuple[int, ...]
    born: date
    unit: int
    phone: str
    nrc: str
    service_number: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What the rule did to a set."""

    intakes: int
    twins: int
    found: int
    found_without_number: int
    twins_without_number: int
    proposed: int
    wrong_pairs: int
    stopped_wrongly: int
    stopped_by_name_alone: int
    """That a whole name of three syllables or more would stop, were it enough."""

    @property
    def precision(self) -> float:
        """Which part of the pairs that are likely one person are."""
        return self.found / max(self.found + self.wrong_pairs, 1)

    @property
    def recall(self) -> float:
        """Which part of the true twins are likely one person."""
        return self.found / max(self.twins, 1)

    @property
    def stopped(self) -> float:
        """Which part of the intakes a likely twin stops who is somebody else."""
        return self.stopped_wrongly / self.intakes


class Source(random.Random):
    """What the set is drawn from: seeded, and no secret."""

    steepness = STEEPNESS


def intakes(count: int, seed: int, steepness: float = STEEPNESS) -> list[tuple[int, ComparedCells]]:
    """Return so many intakes, each with the number of the person whom it is of."""
    source = Source(seed)
    source.steepness = steepness
    made: list[tuple[int, ComparedCells]] = []
    number = 0
    while len(made) < count:
        person = _person(source, number)
        made.append((number, _told(source, person)))
        if source.random() < 1 / 20:
            phone = person.phone if source.random() < 0.3 else f"0945{number:07}"
            made.append((number, _told(source, replace(person, phone=phone))))
        number += 1
    source.shuffle(made)
    return made[:count]


def _person(source: Source, number: int) -> Person:
    return Person(
        _syllables(source, (2, 3, 3, 3, 4, 2, 3, 2, 4, 3)),
        _syllables(source, (2, 3)) if source.random() < 0.5 else (),
        _TODAY - timedelta(days=source.randrange(18 * 365, 45 * 365)),
        source.randrange(1, 151),
        f"0977{number:07}",
        f"9/MaHaMa(N){100_000 + number:06}",
        f"ta-{300_000 + number}",
    )


def _syllables(source: Source, lengths: tuple[int, ...]) -> tuple[int, ...]:
    weights = [(place + 1) ** -source.steepness for place in range(len(SYLLABLES))]
    return tuple(source.choices(range(len(SYLLABLES)), weights, k=source.choice(lengths)))


def _told(source: Source, person: Person) -> ComparedCells:
    """Return what somebody tells of themselves, or a helper of them, at one intake."""
    born: str | None = None
    age: int | None = None
    match source.choices(("day", "month", "year", "age", ""), (40, 10, 20, 20, 10))[0]:
        case "day":
            born = person.born.isoformat()
        case "month":
            born = person.born.isoformat()[:7]
        case "year":
            born = person.born.isoformat()[:4]
        case "age":
            age = (_TODAY - person.born).days // 365
    unit = source.choice(_UNITS).format(person.unit) if source.random() < 0.6 else None
    has_spouse = person.spouse and source.random() < 0.8
    papers = Papers(
        nrc=person.nrc if source.random() < 0.4 else None,
        service_number=person.service_number if source.random() < 0.4 else None,
        unit=unit,
        born_on=born,
        age=age,
        age_stated_on=_TODAY if age is not None else None,
    )
    spouse = (Relative("spouse", _written(source, person.spouse)),) if has_spouse else ()
    return ComparedCells(
        Identity(_written(source, person.syllables, ("", "", "Ko ", "U "))),
        papers,
        Household(spouse),
        Contact(Channel.PHONE, (person.phone,)),
    )


def _written(source: Source, syllables: tuple[int, ...], before: tuple[str, ...] = ("",)) -> str:
    if source.random() < 0.3:
        return "".join(SYLLABLES[one][1] for one in syllables)
    return source.choice(before) + " ".join(source.choice(SYLLABLES[one][0]) for one in syllables)


def measure(made: list[tuple[int, ComparedCells]]) -> Figures:
    """Compare each intake with each that shares a value with it, as the index would."""
    reader = NameReader()
    by_value: defaultdict[tuple[IndexedKind, str], list[int]] = defaultdict(list)
    pairs: defaultdict[tuple[int, int], set[IndexedKind]] = defaultdict(set)
    for place, (_, cells) in enumerate(made):
        for kind in IndexedKind:
            for value in values_of(kind, cells, reader):
                for earlier in by_value[kind, value]:
                    pairs[earlier, place].add(kind)
                by_value[kind, value].append(place)
    places: defaultdict[int, list[int]] = defaultdict(list)
    for place, (number, _) in enumerate(made):
        places[number].append(place)
    true = {tuple(both) for both in places.values() if len(both) > 1}
    likely, by_number = set(), set()
    for pair, kinds in pairs.items():
        one, other = (made[place][1] for place in pair)
        if kinds & _NOT_BY_NAME:
            by_number.add(pair)
        elif IndexedKind.PERSON in kinds and not contradicts(one.papers, other.papers):
            likely.add(pair)
    wrong = (likely | by_number) - true
    alone = {
        place
        for (kind, value), sharing in by_value.items()
        if kind is IndexedKind.NAME and value.count(" ") >= 2
        for place in sharing
        if any(made[place][0] != made[other][0] for other in sharing)
    }
    return Figures(
        intakes=len(made),
        twins=len(true),
        found=len(true & (likely | by_number)),
        found_without_number=len(true & likely),
        twins_without_number=len(true - by_number),
        proposed=len(true & set(pairs)),
        wrong_pairs=len(wrong),
        stopped_wrongly=len({place for pair in wrong for place in pair}),
        stopped_by_name_alone=len(alone),
    )


def report(figures: Figures) -> str:
    """Return the figures in words."""
    return (
        f"{figures.intakes} intakes, {figures.twins} true twins\n"
        f"likely: precision {figures.precision:.3f}, recall {figures.recall:.3f}; of twins that"
        f" share no number {figures.found_without_number} of {figures.twins_without_number}\n"
        f"proposed at all: {figures.proposed} of {figures.twins}\n"
        f"stopped by a likely twin that is none: {figures.stopped_wrongly} intakes,"
        f" {100 * figures.stopped:.2f} %; a name of three syllables alone would stop"
        f" {100 * figures.stopped_by_name_alone / figures.intakes:.1f} %"
    )


if __name__ == "__main__":
    counts = [int(word) for word in sys.argv[1:]] or [300, 3_000, 10_000]
    for count in counts:
        print(report(measure(intakes(count, seed=9))))
