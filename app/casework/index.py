"""The blind index over held cases: finding cases by what they share, and indexing what is not yet.

- A look-up gives candidates, a bounded number for each token; they are opened and compared, so that
  chance matches fall away. Of a name that many cases share, the newest are compared.
- Only cases that the principal holds are found.
- A changed case is indexed again by the next search of its team; that replaces its old tokens.
- While ``padauk reindex`` runs, tokens of more than one version are looked up.

Nothing here grows with the number of cases, while tokens are as wide as ``padauk reindex`` makes
them.
Knows cells of held cases; keeps no value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    CompoundSelect,
    Integer,
    bindparam,
    delete,
    func,
    insert,
    select,
    union_all,
    update,
)

from app.audit.events import EventKind
from app.cases.models import Case, CaseStatus
from app.casework.held import (
    CASES,
    CaseQuery,
    CaseRow,
    Strategy,
    list_cases,
    newest_first,
    rows,
    searched,
    visible_cases,
)
from app.casework.likeness import ComparedCells, names_in, values_of
from app.casework.tags import keep_tags
from app.permissions import Compartment
from app.search.models import IndexedKind, IndexToken
from app.store.base import new_id
from app.store.sealed import SealedCell
from app.text.names import Key, NameReader, contains_name
from app.vault.scopes import Scope
from app.work import Work

INDEXED_A_CALL: Final = 200
MOST_OF_A_NAME: Final = 50
"""Cases that share a whole name, of which the newest are opened."""

LOOKED_THROUGH: Final = 50
"""Newest cases whose names are opened for a part of a name, where nobody is called so."""

_OF_A_NAME: Final = 4 * MOST_OF_A_NAME
_CANDIDATES: Final[Mapping[IndexedKind, int]] = dict.fromkeys(IndexedKind, 1_000) | {
    IndexedKind.NAME: _OF_A_NAME,
    IndexedKind.RELATIVE: _OF_A_NAME,
    IndexedKind.PERSON: 2 * MOST_OF_A_NAME,
}
"""Of one token; of a number only chance brings more than a handful together."""

_TOKENS_AT_ONCE: Final = 96
_PADDED_TO: Final = 8
_NAMES: Final = frozenset({IndexedKind.NAME, IndexedKind.RELATIVE})
_K, _C = IndexedKind, Compartment
_OPENED_FOR: Final[Mapping[IndexedKind, tuple[Compartment, ...]]] = {
    _K.PHONE: (_C.CONTACT,),
    _K.HANDLE: (_C.CONTACT,),
    _K.NRC: (_C.PAPERS,),
    _K.SERVICE_NUMBER: (_C.PAPERS,),
    _K.NAME: (_C.IDENTITY,),
    _K.RELATIVE: (_C.HOUSEHOLD,),
    _K.PERSON: (_C.IDENTITY, _C.PAPERS, _C.HOUSEHOLD),
}
_COMPARED: Final = (_C.IDENTITY, _C.PAPERS, _C.HOUSEHOLD, _C.CONTACT)
"""What must open for a case to be indexed, so that an index is whole."""

if set(_OPENED_FOR) != set(IndexedKind):
    raise TypeError(f"index: nothing is opened for {sorted(set(IndexedKind) - set(_OPENED_FOR))}")


@dataclass(frozen=True, slots=True)
class FoundCase:
    """A held case, which kinds of values it shares, and the cells that were opened for that."""

    row: CaseRow
    kinds: frozenset[IndexedKind]
    cells: ComparedCells


@dataclass(frozen=True, slots=True)
class IndexBacklog:
    """What is not indexed after a call: how many cases are shut, and whether there are more."""

    shut: int = 0
    more: bool = False

    @property
    def complete(self) -> bool:
        """Whether the index knows every case that it should."""
        return not self.shut and not self.more


# ---------------------------------------------------------------------- finding


def find_cases(
    work: Work,
    wanted: Mapping[IndexedKind, frozenset[str]],
    reader: NameReader,
    *,
    known: Collection[UUID] = (),
) -> list[FoundCase]:
    """Return the held cases that share one of these normalised values, newest first.

    ``known`` are compared whatever the index says. Raises ``KeyCopyMissing``.
    """
    candidates = _candidates(work, wanted)
    for case_id in known:
        candidates.setdefault(case_id, set()).update(wanted)
    by_name = [one for one, kinds in candidates.items() if kinds <= _NAMES]
    listed = [
        *_held(work, [one for one in candidates if one not in set(by_name)], len(candidates)),
        *_held(work, by_name, MOST_OF_A_NAME),
    ]
    cells = open_cells(
        work,
        [(row, {c for kind in candidates[row.id] for c in _OPENED_FOR[kind]}) for row in listed],
    )
    found = []
    for row in newest_first(listed):
        shared = frozenset(
            kind
            for kind in candidates[row.id]
            if wanted[kind] & values_of(kind, cells[row.id], reader)
        )
        if shared:
            found.append(FoundCase(row, shared, cells[row.id]))
    return found


def scan_names(work: Work, part: Iterable[Key], reader: NameReader) -> tuple[list[CaseRow], int]:
    """Return which of the newest held cases have a part of a name, and how many were looked at.

    The fallback for who is known by half a name: names are opened one by one, as many as a few
    pages have and no more.
    """
    newest = list_cases(work, limit=LOOKED_THROUGH)
    listed = _held(work, [row.id for row in newest], LOOKED_THROUGH)
    cells = open_cells(work, [(row, (_C.IDENTITY, _C.HOUSEHOLD)) for row in listed])
    hits = [
        row
        for row in listed
        if any(contains_name(keys, part) for keys in names_in(cells[row.id], reader))
    ]
    return hits, len(listed)


def _candidates(
    work: Work, wanted: Mapping[IndexedKind, frozenset[str]]
) -> dict[UUID, set[IndexedKind]]:
    """Return which cases may share which kinds of values, by their tokens."""
    probes = [
        (kind, version, work.index.token(kind.value, value, version))
        for version in versions_in_use(work)
        for kind, values in wanted.items()
        for value in sorted(values)
    ]
    found: dict[UUID, set[IndexedKind]] = {}
    connection = work.session.connection()
    for first in range(0, len(probes), _TOKENS_AT_ONCE):
        some = probes[first : first + _TOKENS_AT_ONCE]
        # As many as a few statements have, so that those stay compiled: the last one again.
        some += [some[-1]] * (-len(some) % _PADDED_TO)
        asked: dict[str, object] = {}
        for place, (kind, version, token) in enumerate(some):
            asked |= {f"kind{place}": kind, f"version{place}": version}
            asked |= {f"token{place}": token, f"most{place}": _CANDIDATES[kind]}
        for row in connection.execute(_probe(len(some)), asked).all():
            found.setdefault(row.case_id, set()).add(row.kind)
    return found


@cache
def _probe(tokens: int) -> CompoundSelect[*tuple[object, ...]]:
    """Return the query of the newest cases of each of so many tokens."""
    columns = IndexToken.__table__.c
    each = [
        select(columns.kind, columns.case_id)
        .where(
            columns.kind == bindparam(f"kind{place}", type_=columns.kind.type),
            columns.version == bindparam(f"version{place}"),
            columns.token == bindparam(f"token{place}"),
        )
        .order_by(columns.number.desc())
        .limit(bindparam(f"most{place}", type_=Integer))
        .subquery()
        for place in range(tokens)
    ]
    return union_all(*(select(one.c.kind, one.c.case_id) for one in each))


def _held(work: Work, case_ids: Sequence[UUID], most: int) -> list[CaseRow]:
    """Return the newest of these cases that the principal holds, as many as asked for."""
    if not case_ids:
        return []
    return rows(work, _by_id(), cases=list(case_ids), most=most)


@cache
def _by_id() -> CaseQuery:
    return searched(
        lambda query: (
            query.where(
                CASES.id.in_(bindparam("cases", expanding=True)),
                CASES.status != CaseStatus.ERASED,
                visible_cases(strategy=Strategy.CASES),
            )
            .order_by(CASES.sequence.desc())
            .limit(bindparam("most", type_=Integer))
        ),
        list_="cases",
    )


def open_cells(
    work: Work, listed: Sequence[tuple[CaseRow, Iterable[Compartment]]]
) -> dict[UUID, ComparedCells]:
    """Open these compartments of rows as far as the principal holds them, in one call.

    One event in the trail for all of it; a row that does not open is on record as shut.
    """
    work.grants.load([row.id for row, _ in listed])
    named: list[tuple[CaseRow, Compartment]] = [
        (row, compartment)
        for row, compartments in listed
        for compartment in compartments
        if _cell(row, compartment).envelope is not None
        and work.grants.is_named(row.id, Scope(compartment))
    ]
    opened = work.vault.open_listed([_cell(*one) for one in named])
    cells: dict[UUID, dict[str, Any]] = {row.id: {} for row, _ in listed}
    for (row, compartment), value in zip(named, opened, strict=True):
        cells[row.id][compartment.value] = value
    return {case_id: ComparedCells(**values) for case_id, values in cells.items()}


def _cell(row: CaseRow, compartment: Compartment) -> SealedCell[object]:
    cell: SealedCell[object] = getattr(row, compartment.value)
    return cell


# ---------------------------------------------------------------------- versions


def versions_in_use(work: Work) -> tuple[int, ...]:
    """Return the versions that cases are indexed by, the one for new tokens last.

    Raises ``KeyCopyMissing``.
    """
    known = work.index.in_use
    if known is None:
        possible = work.index.versions
        found: list[int] = []
        last: int | None = possible.start - 1
        while last is not None:
            asked = {"last": last, "end": possible.stop}
            last = work.session.connection().scalar(_NEXT_VERSION, asked)
            found += [] if last is None else [last]
        known = work.index.in_use = tuple(found) or (work.index.version_for(count_cases(work)),)
    return known


_NEXT_VERSION: Final = select(func.min(CASES.indexed_version)).where(
    CASES.indexed_version > bindparam("last"), CASES.indexed_version < bindparam("end")
)


def count_cases(work: Work) -> int:
    """Return how many cases there have been."""
    return work.session.connection().scalar(select(func.max(CASES.sequence))) or 0


# ---------------------------------------------------------------------- indexing


def index_waiting(work: Work) -> IndexBacklog:
    """Index held cases of the principal's team that are not yet, a bounded number of them.

    Only cases of which everything that is compared opens here are indexed, so that an index is
    whole. Raises ``KeyCopyMissing``.
    """
    version = versions_in_use(work)[-1]
    waiting = rows(
        work,
        _waiting(),
        first=work.index.versions.start,
        team=work.principal.team_id,
        limit=INDEXED_A_CALL + 1,
    )
    some = waiting[:INDEXED_A_CALL]
    whole = index_cases(work, some, version)
    return IndexBacklog(shut=len(some) - whole, more=len(waiting) > len(some))


@cache
def _waiting() -> CaseQuery:
    # Locked until the commit: a change of the same case waits, then resets indexed_version.
    return searched(
        lambda query: (
            query.where(
                CASES.team_id == bindparam("team"),
                CASES.indexed_version < bindparam("first"),
                CASES.status != CaseStatus.ERASED,
                visible_cases(strategy=Strategy.CASES),
            )
            .limit(bindparam("limit", type_=Integer))
            .with_for_update(skip_locked=True, of=Case)
        )
    )


def index_cases(work: Work, listed: Sequence[CaseRow], version: int) -> int:
    """Replace the tokens of these cases, those of earlier values included, by ones of a version.

    Returns how many opened: what is shut goes on waiting.
    """
    if not listed:
        return 0
    opened = open_cells(work, [(row, _COMPARED) for row in listed])
    whole = [row for row in listed if _is_whole(row, opened[row.id])]
    reader, ids = NameReader(), [row.id for row in whole]
    tokens = [
        {"id": new_id(), "kind": kind, "version": version, "token": token,
         "number": row.sequence, "case_id": row.id}
        for row in whole
        for kind in IndexedKind
        for token in {
            work.index.token(kind.value, value, version)
            for value in values_of(kind, opened[row.id], reader)
        }
    ]  # fmt: skip
    connection = work.session.connection()
    connection.execute(delete(IndexToken).where(IndexToken.case_id.in_(ids)))
    if tokens:
        connection.execute(insert(IndexToken), tokens)
    keep_tags(work, {row.id: opened[row.id] for row in whole}, version)
    connection.execute(update(Case).where(CASES.id.in_(ids)).values(indexed_version=version))
    if whole:
        work.trail.record(EventKind.CASES_INDEXED, None, count=len(whole))
    return len(whole)


def _is_whole(row: CaseRow, cells: ComparedCells) -> bool:
    return all(
        getattr(cells, one.value) is not None or _cell(row, one).envelope is None
        for one in _COMPARED
    )
