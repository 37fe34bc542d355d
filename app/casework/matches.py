"""Likely duplicates that are kept until they are settled, within a team and across teams.

- A case is compared when its name or numbers have changed, by the first member who can: who may
  search and opens its identity, papers and contact. What is found is kept as a match of two cases,
  so that readiness sees it without any key.
- Cases that the member holds are compared by ``duplicates``. Cases of other teams are compared by
  identifiers alone: a truncated token finds candidates, a tag bound to its row proves them, and
  nothing of the other case is opened.
- A match is settled by a merger or a dismissal, and falls away when neither case gives cause for
  it any more.

Knows cells of one case, and rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm.attributes import set_committed_value

from app.audit.events import EventKind
from app.cases.models import Case, CaseStatus
from app.casework.duplicates import list_duplicates
from app.casework.index import NORMALISED, values_of
from app.crypto.derive import equal
from app.intake.models import DuplicateDismissal, DuplicateMatch, MatchToken
from app.permissions import SEARCHING_ROLES, Compartment
from app.store.base import new_id
from app.vault.scopes import Scope
from app.work import Work

_FIELD: Final = "match"
_COMPARED: Final = (Compartment.IDENTITY, Compartment.PAPERS, Compartment.CONTACT)
_OVER: Final = (CaseStatus.MERGED, CaseStatus.ERASED)


def can_compare(work: Work, case: Case) -> bool:
    """Return whether the principal may search and holds what a case is compared by."""
    return work.principal.role in SEARCHING_ROLES and all(
        work.grants.is_named(case.id, Scope(part)) for part in _COMPARED
    )


def compare_case(work: Work, case: Case) -> None:
    """Look for likely duplicates of a case and keep them; forget matches without a cause.

    Raises ``KeyCopyMissing`` for who holds no search key.
    """
    held = {proposal.row.id: proposal.likely for proposal in list_duplicates(work, case)}
    likely = {other_id for other_id, is_likely in held.items() if is_likely}
    keys = _identifiers(work, case)
    elsewhere = {
        other_id
        for other_id in _find_by_tags(work, case, keys)
        if other_id not in held and not work.grants.is_named(other_id)
    }
    _keep_tags(work, case, keys)
    known = {_other_of(match, case.id): match for match in _matches(work, case.id)}
    for other_id in sorted((likely | elsewhere) - set(known)):
        match = DuplicateMatch(case_id=case.id, other_id=other_id, found_on=work.today())
        work.session.add(match)
        for one, two in ((case.id, other_id), (other_id, case.id)):
            work.trail.record(EventKind.CASE_DUPLICATE_FOUND, one, other=str(two))
    for other_id, match in known.items():
        if other_id not in likely | elsewhere and work.grants.is_named(other_id):
            work.session.delete(match)
            work.trail.record(EventKind.CASE_DUPLICATE_DISMISSED, match.case_id, cause="gone")
    _set_compared(work, case)


def compare_if_due(work: Work, case: Case) -> None:
    """Compare a case whose name or numbers changed, where the principal can."""
    if not case.compared and can_compare(work, case):
        compare_case(work, case)


def list_open_matches(
    work: Work, case: Case, *, held_only: bool = False
) -> Sequence[DuplicateMatch]:
    """Return the matches of a case that are neither merged nor dismissed."""
    dismissed = {
        _other_of(row, case.id)
        for row in work.session.scalars(
            select(DuplicateDismissal).where(
                or_(DuplicateDismissal.case_id == case.id, DuplicateDismissal.other_id == case.id)
            )
        )
    }
    found = {_other_of(match, case.id): match for match in _matches(work, case.id)}
    alive = set(
        work.session.scalars(select(Case.id).where(Case.id.in_(found), Case.status.not_in(_OVER)))
    )
    return [
        match
        for other_id, match in found.items()
        if other_id in alive - dismissed and not (held_only and not work.grants.is_named(other_id))
    ]


def other_case_of(match: DuplicateMatch, case_id: UUID) -> UUID:
    """Return the other case of a match."""
    return _other_of(match, case_id)


def _matches(work: Work, case_id: UUID) -> Sequence[DuplicateMatch]:
    work.session.flush()
    return work.session.scalars(
        select(DuplicateMatch).where(
            or_(DuplicateMatch.case_id == case_id, DuplicateMatch.other_id == case_id)
        )
    ).all()


def _other_of(row: DuplicateMatch | DuplicateDismissal, case_id: UUID) -> UUID:
    return row.other_id if row.case_id == case_id else row.case_id


def _identifiers(work: Work, case: Case) -> list[str]:
    papers, contact = work.vault.find(case.papers), work.vault.find(case.contact)
    return sorted(
        f"{kind.value}:{value}" for kind in NORMALISED for value in values_of(kind, papers, contact)
    )


def _find_by_tags(work: Work, case: Case, keys: Sequence[str]) -> set[UUID]:
    by_token: dict[int, list[str]] = {}
    for key in keys:
        by_token.setdefault(work.index.token(_FIELD, key), []).append(key)
    rows = work.session.execute(
        select(MatchToken.id, MatchToken.case_id, MatchToken.token, MatchToken.proof)
        .join(Case, Case.id == MatchToken.case_id)
        .where(
            MatchToken.version == work.index.version,
            MatchToken.token.in_(sorted(by_token)),
            MatchToken.case_id != case.id,
            Case.status.not_in(_OVER),
        )
    ).all()
    return {
        row.case_id
        for row in rows
        if any(
            equal(row.proof, work.index.proof(_FIELD, row.id, key)) for key in by_token[row.token]
        )
    }


def _keep_tags(work: Work, case: Case, keys: Sequence[str]) -> None:
    connection = work.session.connection()
    connection.execute(delete(MatchToken).where(MatchToken.case_id == case.id))
    rows = [
        {
            "id": row_id,
            "case_id": case.id,
            "version": work.index.version,
            "token": work.index.token(_FIELD, key),
            "proof": work.index.proof(_FIELD, row_id, key),
        }
        for key in keys
        for row_id in (new_id(),)
    ]
    if rows:
        connection.execute(insert(MatchToken), rows)


def _set_compared(work: Work, case: Case) -> None:
    """Note that a case was compared, without making it newer for those who read it before."""
    work.session.flush()
    statement = update(Case.__table__).where(Case.__table__.c.id == case.id)  # type: ignore[arg-type]
    work.session.connection().execute(statement.values(compared=True))
    set_committed_value(case, "compared", True)
