"""Looking for a person: by a blind index, and by name through a scan of held cases.

- Only cases that the searcher holds are found.
- A probe of the index gives candidates; they are opened and compared.
- Cases that are not indexed yet are indexed first.
- Searches are counted, capped, and recorded in the trail without their value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from app.audit.events import EventKind
from app.cases.models import Household, Identity
from app.casework.held import CaseRow, newest_first
from app.casework.index import (
    NORMALISED,
    find_by_identifier,
    index_waiting,
    keys_of,
    scan_names,
)
from app.search.errors import SearchBudgetSpent, SearchValueInvalid
from app.search.models import SearchKind
from app.store.counters import count_one
from app.text.dates import minute_of
from app.text.names import Key, NameReader, contains_name, name_keys
from app.work import Work

MOST_HITS: Final = 50


@dataclass(frozen=True, slots=True)
class Found:
    """The cases that match, newest first. ``complete``: nothing was left to be indexed."""

    rows: tuple[CaseRow, ...]
    complete: bool


def search(work: Work, kind: SearchKind, value: str) -> Found:
    """Find held cases by one value of one kind, at most ``MOST_HITS``.

    Raises ``SearchValueInvalid`` where the value is not of this kind,
    ``SearchBudgetSpent``, and ``KeyCopyMissing`` for who holds no search key.
    """
    if kind is SearchKind.NAME:
        keys = name_keys(value)
        if not keys:
            raise SearchValueInvalid(kind)
        _charge(work)
        found, complete = _by_name(work, keys), True
    else:
        wanted = NORMALISED[kind](value)
        if not wanted:
            raise SearchValueInvalid(kind)
        _charge(work)
        complete = index_waiting(work)
        found = find_by_identifier(work, kind, wanted)
    hits = newest_first(found)[:MOST_HITS]
    work.trail.record(EventKind.CASES_SEARCHED, None, kind=kind.value, hits=len(hits))
    return Found(tuple(hits), complete)


def _charge(work: Work) -> None:
    """Count a search against the member's day; raises ``SearchBudgetSpent`` past the cap."""
    now = work.now()
    counter = work.deployment.counter_id("search", work.principal.id)
    count = count_one(work.session, counter, at=minute_of(now), since=work.midnight())
    if count > work.deployment.settings.searches_per_day:
        wait = work.midnight(1) - now
        raise SearchBudgetSpent(retry_after=int(wait.total_seconds()) + 1)


def _by_name(work: Work, wanted: Iterable[Key]) -> list[CaseRow]:
    reader = NameReader()
    return [
        row
        for row, identity, household in scan_names(work, households=True)
        if any(contains_name(keys, wanted) for keys in _names_in(reader, identity, household))
    ]


def _names_in(
    reader: NameReader, identity: Identity, household: Household | None
) -> Iterator[frozenset[Key]]:
    yield keys_of(reader, identity)
    for relative in household.relatives if household else ():
        yield reader.keys(relative.name)
