"""The blind index over held cases: looking up identifiers, and indexing what is not indexed yet.

A look-up gives candidates; they are opened and compared, so that chance matches fall away. Only
cases that the principal holds are found. Knows cells of held cases; keeps no value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, bindparam, delete, insert, select, update

from app.audit.events import EventKind
from app.cases.models import Case, CaseStatus, Contact, Identity
from app.casework.held import CASES, SEARCHED, CaseRow, held, rows, walks
from app.permissions import Compartment
from app.search.models import IndexToken, SearchKind
from app.store.base import new_id
from app.store.sealed import SealedCell
from app.text import identifiers
from app.text.names import Key, NameReader
from app.vault.scopes import Scope
from app.work import Work

INDEXED_A_CALL: Final = 200

_SCANNED_AT_ONCE: Final = 500

_IDENTITY: Final = Scope(Compartment.IDENTITY)

_CONTACT: Final = Scope(Compartment.CONTACT)

NORMALISED: Final[Mapping[SearchKind, Callable[[str], frozenset[str]]]] = {
    SearchKind.PHONE: identifiers.phones,
    SearchKind.NRC: identifiers.nrc,
    SearchKind.SERVICE_NUMBER: identifiers.service_number,
    SearchKind.HANDLE: identifiers.handle,
}
"""How what was written becomes what is compared; a name has its own way."""


def values_of(
    kind: SearchKind, identity: Identity | None, contact: Contact | None
) -> frozenset[str]:
    """Return the normalised values of a kind that stand in a case's cells."""
    written: tuple[str | None, ...]
    if kind is SearchKind.PHONE:
        written = contact.phones if contact else ()
    elif kind is SearchKind.HANDLE:
        written = contact.handles if contact else ()
    elif kind is SearchKind.NRC:
        written = (identity.nrc,) if identity else ()
    else:
        written = (identity.service_number,) if identity else ()
    return frozenset().union(*(NORMALISED[kind](text) for text in written if text))


def find_by_identifier(work: Work, kind: SearchKind, wanted: frozenset[str]) -> list[CaseRow]:
    """Return the held cases in which one of these normalised values stands."""
    tokens = sorted({work.index.token(kind.value, value) for value in wanted})
    query = _probe(walk=walks(work))
    listed = rows(work, query, kind=kind, version=work.index.version, tokens=tokens)
    if kind in {SearchKind.PHONE, SearchKind.HANDLE}:
        contacts = _opened(work, listed, _CONTACT, lambda row: row.contact)
        return [row for row, cell in contacts if wanted & values_of(kind, None, cell)]
    identities = _opened(work, listed, _IDENTITY, lambda row: row.identity)
    return [row for row, cell in identities if wanted & values_of(kind, cell, None)]


def _living(*, walk: bool) -> tuple[ColumnElement[bool], ...]:
    return held(walk=walk), CASES.status != CaseStatus.ERASED


@cache
def _probe(*, walk: bool) -> Select[*tuple[object, ...]]:
    candidates = select(IndexToken.case_id).where(
        IndexToken.kind == bindparam("kind"),
        IndexToken.version == bindparam("version"),
        IndexToken.token.in_(bindparam("tokens", expanding=True)),
    )
    return SEARCHED.where(CASES.id.in_(candidates), *_living(walk=walk))


def _opened(
    work: Work,
    listed: Iterable[CaseRow],
    scope: Scope,
    cell_of: Callable[[CaseRow], SealedCell[Any]],
) -> Iterator[tuple[CaseRow, Any]]:
    """Yield those rows whose cell is there and the principal's to open, with what it holds."""
    listed = [row for row in listed if cell_of(row).envelope is not None]
    work.grants.load([row.id for row in listed])
    mine = [row for row in listed if work.grants.holds(row.id, scope)]
    return zip(mine, work.vault.open_listed([cell_of(row) for row in mine]), strict=True)


def scan_identities(work: Work) -> Iterator[tuple[CaseRow, Identity]]:
    """Yield every held case whose identity the principal opens, a few hundred at a time."""
    after: UUID | None = None
    while True:
        query = SEARCHED.where(*_living(walk=False), CASES.identity_sealed.is_not(None))
        if after is not None:
            query = query.where(CASES.id > after)
        listed = rows(work, query.order_by(CASES.id).limit(_SCANNED_AT_ONCE))
        yield from _opened(work, listed, _IDENTITY, lambda row: row.identity)
        if len(listed) < _SCANNED_AT_ONCE:
            return
        after = listed[-1].id


def keys_of(reader: NameReader, identity: Identity) -> frozenset[Key]:
    """Return the keys of a person's name, in every spelling that is kept."""
    return reader.keys(identity.name, identity.name_burmese, identity.name_as_written)


def index_waiting(work: Work) -> bool:
    """Index held cases that are not yet, a bounded number of them.

    Only cases whose identity and contact both open here are indexed, so that an index is whole.
    Returns whether none is left waiting. Raises ``KeyCopyMissing``.
    """
    version = work.index.version
    waiting = rows(work, _waiting(walk=walks(work)), version=version, limit=INDEXED_A_CALL + 1)
    if not waiting:
        return True
    work.grants.load([row.id for row in waiting])
    mine = [
        row
        for row in waiting[:INDEXED_A_CALL]
        if all(work.grants.holds(row.id, scope) for scope in (_IDENTITY, _CONTACT))
    ]
    if mine:
        _index(work, mine, version)
        work.trail.record(EventKind.CASES_INDEXED, None, count=len(mine))
    return len(mine) == len(waiting)


@cache
def _waiting(*, walk: bool) -> Select[*tuple[object, ...]]:
    # Locked until the commit: a change of the same case waits, then resets indexed_version.
    return (
        SEARCHED.where(CASES.indexed_version < bindparam("version"), *_living(walk=walk))
        .limit(bindparam("limit", type_=Integer))
        .with_for_update(skip_locked=True, of=Case)
    )


def _index(work: Work, mine: list[CaseRow], version: int) -> None:
    """Replace the tokens of these cases, those of earlier values included."""
    identities = {
        row.id: cell for row, cell in _opened(work, mine, _IDENTITY, lambda r: r.identity)
    }
    contacts = {row.id: cell for row, cell in _opened(work, mine, _CONTACT, lambda r: r.contact)}
    ids = [row.id for row in mine]
    tokens = [
        {"id": new_id(), "kind": kind, "version": version, "token": token, "case_id": case_id}
        for case_id in ids
        for kind in NORMALISED
        for token in {
            work.index.token(kind.value, value)
            for value in values_of(kind, identities.get(case_id), contacts.get(case_id))
        }
    ]
    connection = work.session.connection()
    connection.execute(delete(IndexToken).where(IndexToken.case_id.in_(ids)))
    if tokens:
        connection.execute(insert(IndexToken), tokens)
    connection.execute(update(Case).where(CASES.id.in_(ids)).values(indexed_version=version))
