"""Looking for a person by the blind index: numbers, handles, and whole names.

- Only cases that the searcher holds are found.
- A probe of the index gives candidates; they are opened and compared.
- Cases that are not indexed yet are indexed first.
- Where nobody is called so, the newest cases are looked through for a part of the name.
- Searches are counted, capped, and recorded in the trail without their value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.audit.events import EventKind
from app.casework.held import CaseRow
from app.casework.index import find_cases, index_waiting, scan_names
from app.casework.likeness import NORMALISED, name_values
from app.search.errors import SearchBudgetSpent, SearchValueInvalid
from app.search.models import IndexedKind, SearchKind
from app.store.counters import count_one
from app.text.dates import minute_of
from app.text.names import NameReader
from app.work import Work

MOST_HITS: Final = 50


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The cases that match, newest first. ``complete``: nothing was left to be indexed."""

    rows: tuple[CaseRow, ...]
    complete: bool
    looked_through: int = 0
    """Of how many of the newest cases the names were opened, where nobody is called so."""


def search(work: Work, kind: SearchKind, value: str) -> SearchResult:
    """Find held cases by one value of one kind, at most ``MOST_HITS``.

    Raises ``SearchValueInvalid`` where the value is not of this kind,
    ``SearchBudgetSpent``, and ``KeyCopyMissing`` for who holds no search key.
    """
    reader = NameReader()
    wanted = _wanted(kind, value, reader)
    if not any(wanted.values()):
        raise SearchValueInvalid(kind)
    _charge(work)
    waiting = index_waiting(work)
    found = find_cases(work, wanted, reader)
    hits, looked_through = [one.row for one in found], 0
    if kind is SearchKind.NAME and not hits:
        hits, looked_through = scan_names(work, reader.keys(value), reader)
    hits = hits[:MOST_HITS]
    work.trail.record(EventKind.CASES_SEARCHED, None, kind=kind.value, hits=len(hits))
    return SearchResult(tuple(hits), waiting.complete, looked_through)


def _wanted(kind: SearchKind, value: str, reader: NameReader) -> dict[IndexedKind, frozenset[str]]:
    if kind is SearchKind.NAME:
        names = name_values(reader.keys(value))
        return {IndexedKind.NAME: names, IndexedKind.RELATIVE: names}
    indexed = IndexedKind(kind.value)
    return {indexed: NORMALISED[indexed](value)}


def _charge(work: Work) -> None:
    """Count a search against the member's day; raises ``SearchBudgetSpent`` past the cap."""
    now = work.now()
    counter = work.deployment.counter_id("search", work.principal.id)
    count = count_one(work.session, counter, at=minute_of(now), since=work.midnight())
    if count > work.deployment.settings.searches_per_day:
        wait = work.midnight(1) - now
        raise SearchBudgetSpent(retry_after=int(wait.total_seconds()) + 1)
