"""The blind index over held cases: looking up identifiers, and indexing what is not indexed yet.

- A look-up gives candidates; they are opened and compared, so that chance matches fall away.
- Only cases that the principal holds are found.
- A changed case is indexed again by the next search; that replaces its old tokens.

Knows cells of held cases; keeps no value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, bindparam, delete, insert, select, update

from app.audit.events import EventKind
from app.cases.models import Case, CaseStatus, Contact, Household, Identity, Papers
from app.casework.held import (
    CASES,
    SEARCHED,
    CaseRow,
    Strategy,
    rows,
    strategy_for,
    visible_cases,
)
from app.permissions import Compartment
from app.search.models import IndexToken, SearchKind
from app.store.base import new_id
from app.store.sealed import SealedCell
from app.text.handles import handle, handles_among
from app.text.identifiers import nrc, phones, phones_among, service_number
from app.text.names import Key, NameReader
from app.vault.scopes import Scope
from app.work import Work

INDEXED_A_CALL: Final = 200

T = TypeVar("T")

_SCANNED_AT_ONCE: Final = 500

_IDENTITY: Final = Scope(Compartment.IDENTITY)
_PAPERS: Final = Scope(Compartment.PAPERS)
_HOUSEHOLD: Final = Scope(Compartment.HOUSEHOLD)
_CONTACT: Final = Scope(Compartment.CONTACT)

NORMALISED: Final[Mapping[SearchKind, Callable[[str], frozenset[str]]]] = {
    SearchKind.PHONE: phones,
    SearchKind.NRC: nrc,
    SearchKind.SERVICE_NUMBER: service_number,
    SearchKind.HANDLE: handle,
}
"""How a written value is normalised for comparison; names are compared by ``text.names``."""


_AMONG: Final[Mapping[SearchKind, Callable[[str], frozenset[str]]]] = {
    SearchKind.PHONE: phones_among,
    SearchKind.HANDLE: handles_among,
}
"""How a value is found in a field of a contact that is meant for something else."""


def values_of(kind: SearchKind, papers: Papers | None, contact: Contact | None) -> frozenset[str]:
    """Return the normalised values of a kind in a case's cells, in whatever field of them."""
    if kind in _AMONG:
        return _in_contact(kind, contact) if contact else frozenset()
    if papers is None:
        return frozenset()
    if kind is SearchKind.NRC:
        written = _readings_of(papers, "nrc", papers.nrc)
    else:
        written = _readings_of(papers, "service_number", papers.service_number)
    return frozenset().union(*(NORMALISED[kind](text) for text in written if text))


def _in_contact(kind: SearchKind, contact: Contact) -> frozenset[str]:
    meant, other = contact.phones, contact.handles
    if kind is SearchKind.HANDLE:
        meant, other = other, meant
    more = (*other, contact.safe_times or "", contact.contacted_by or "")
    return frozenset().union(*map(NORMALISED[kind], meant), *map(_AMONG[kind], more))


def _readings_of(papers: Papers, field: str, value: str | None) -> tuple[str | None, ...]:
    """Return a number and what merged cases said otherwise: a person is found by either."""
    return (value, *(reading.value for reading in papers.also if reading.field == field))


def find_by_identifier(work: Work, kind: SearchKind, wanted: frozenset[str]) -> list[CaseRow]:
    """Return the held cases that have one of these normalised values."""
    tokens = sorted({work.index.token(kind.value, value) for value in wanted})
    query = _probe(strategy=strategy_for(work))
    listed = rows(work, query, kind=kind, version=work.index.version, tokens=tokens)
    if kind in {SearchKind.PHONE, SearchKind.HANDLE}:
        contacts = _opened(work, listed, _CONTACT, lambda row: row.contact)
        return [row for row, cell in contacts if wanted & values_of(kind, None, cell)]
    papers = _opened(work, listed, _PAPERS, lambda row: row.papers)
    return [row for row, cell in papers if wanted & values_of(kind, cell, None)]


def open_papers(work: Work, listed: Iterable[CaseRow]) -> dict[UUID, Papers]:
    """Return the papers of these cases as far as the principal opens them, by case."""
    return {row.id: cell for row, cell in _opened(work, listed, _PAPERS, lambda row: row.papers)}


def _not_erased(strategy: Strategy) -> tuple[ColumnElement[bool], ...]:
    return visible_cases(strategy=strategy), CASES.status != CaseStatus.ERASED


@cache
def _probe(*, strategy: Strategy) -> Select[*tuple[object, ...]]:
    candidates = select(IndexToken.case_id).where(
        IndexToken.kind == bindparam("kind"),
        IndexToken.version == bindparam("version"),
        IndexToken.token.in_(bindparam("tokens", expanding=True)),
    )
    return SEARCHED.where(CASES.id.in_(candidates), *_not_erased(strategy))


def _opened(
    work: Work,
    listed: Iterable[CaseRow],
    scope: Scope,
    cell_of: Callable[[CaseRow], SealedCell[T]],
) -> Iterator[tuple[CaseRow, T]]:
    """Yield those rows whose cell is there and the principal's to open, with what it holds.

    A row that does not open is left out, and is on record as shut.
    """
    listed = [row for row in listed if cell_of(row).envelope is not None]
    work.grants.load([row.id for row in listed])
    mine = [row for row in listed if work.grants.is_named(row.id, scope)]
    opened = work.vault.open_listed([cell_of(row) for row in mine])
    return ((row, value) for row, value in zip(mine, opened, strict=True) if value is not None)


def scan_names(
    work: Work, *, households: bool = False
) -> Iterator[tuple[CaseRow, Identity, Household | None]]:
    """Yield every held case whose identity the principal opens, a few hundred at a time.

    With ``households``, those that the principal opens come along.
    """
    after: UUID | None = None
    while True:
        query = SEARCHED.where(*_not_erased(Strategy.GRANTS), CASES.identity_sealed.is_not(None))
        if after is not None:
            query = query.where(CASES.id > after)
        listed = rows(work, query.order_by(CASES.id).limit(_SCANNED_AT_ONCE))
        yield from _open_names(work, listed, households=households)
        if len(listed) < _SCANNED_AT_ONCE:
            return
        after = listed[-1].id


def _open_names(
    work: Work, listed: Sequence[CaseRow], *, households: bool
) -> Iterator[tuple[CaseRow, Identity, Household | None]]:
    work.grants.load([row.id for row in listed])
    named = [row for row in listed if work.grants.is_named(row.id, _IDENTITY)]
    related = [
        row
        for row in named
        if households
        and row.household.envelope is not None
        and work.grants.is_named(row.id, _HOUSEHOLD)
    ]
    # Opened in one call, so that a chunk of the scan is one event in the trail.
    cells: list[SealedCell[Any]] = [row.identity for row in named]
    opened = work.vault.open_listed([*cells, *(row.household for row in related)])
    families = dict(zip((row.id for row in related), opened[len(named) :], strict=True))
    for row, identity in zip(named, opened, strict=False):
        if identity is not None:
            yield row, identity, families.get(row.id)


def keys_of(reader: NameReader, identity: Identity) -> frozenset[Key]:
    """Return the keys of a person's name, in every spelling that is kept."""
    return reader.keys(identity.name, identity.name_burmese, identity.name_as_written)


def index_waiting(work: Work) -> bool:
    """Index held cases that are not yet, a bounded number of them.

    Only cases whose papers and contact both open here are indexed, so that an index is whole.
    Returns whether none is left waiting. Raises ``KeyCopyMissing``.
    """
    version = work.index.version
    waiting = rows(
        work,
        _waiting(strategy=strategy_for(work)),
        version=version,
        limit=INDEXED_A_CALL + 1,
    )
    if not waiting:
        return True
    work.grants.load([row.id for row in waiting])
    mine = [
        row
        for row in waiting[:INDEXED_A_CALL]
        if all(work.grants.is_named(row.id, scope) for scope in (_PAPERS, _CONTACT))
    ]
    whole = _index(work, mine, version) if mine else 0
    if whole:
        work.trail.record(EventKind.CASES_INDEXED, None, count=whole)
    return whole == len(waiting)


@cache
def _waiting(*, strategy: Strategy) -> Select[*tuple[object, ...]]:
    # Locked until the commit: a change of the same case waits, then resets indexed_version.
    return (
        SEARCHED.where(CASES.indexed_version < bindparam("version"), *_not_erased(strategy))
        .limit(bindparam("limit", type_=Integer))
        .with_for_update(skip_locked=True, of=Case)
    )


def _index(work: Work, mine: list[CaseRow], version: int) -> int:
    """Replace the tokens of these cases, those of earlier values included.

    Returns how many opened: what is shut goes on waiting.
    """
    papers = open_papers(work, mine)
    contacts = {row.id: cell for row, cell in _opened(work, mine, _CONTACT, lambda r: r.contact)}
    ids = [
        row.id
        for row in mine
        if (row.papers.envelope is None or row.id in papers)
        and (row.contact.envelope is None or row.id in contacts)
    ]
    tokens = [
        {"id": new_id(), "kind": kind, "version": version, "token": token, "case_id": case_id}
        for case_id in ids
        for kind in NORMALISED
        for token in {
            work.index.token(kind.value, value)
            for value in values_of(kind, papers.get(case_id), contacts.get(case_id))
        }
    ]
    connection = work.session.connection()
    connection.execute(delete(IndexToken).where(IndexToken.case_id.in_(ids)))
    if tokens:
        connection.execute(insert(IndexToken), tokens)
    connection.execute(update(Case).where(CASES.id.in_(ids)).values(indexed_version=version))
    return len(ids)
