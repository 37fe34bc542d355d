"""Likely duplicates that are kept until they are settled, within a team and across teams.

- A case is compared when its name or numbers have changed, by the first member who can: who may
  search and opens its identity, papers, household and contact. What is found is kept as a match of
  two cases, so that readiness sees it without any key.
- Cases that the member holds are compared by ``duplicates``. Cases of other teams are compared by
  numbers and handles alone (``tags``), and nothing of the other case is opened.
- A match is settled by a merger or a dismissal, and falls away when neither case gives cause for
  it any more.

Knows cells of one case, and rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm.attributes import set_committed_value

from app.audit.events import EventKind
from app.cases.models import Case, CaseStatus
from app.casework.duplicates import find_duplicates
from app.casework.index import versions_in_use
from app.casework.tags import find_by_tags, keep_tags
from app.intake.models import DuplicateDismissal, DuplicateMatch
from app.permissions import SEARCHING_ROLES, Compartment, names_of
from app.vault.scopes import Scope
from app.work import Work

_COMPARED: Final = (
    Compartment.IDENTITY,
    Compartment.PAPERS,
    Compartment.HOUSEHOLD,
    Compartment.CONTACT,
)
_OVER: Final = (CaseStatus.MERGED, CaseStatus.ERASED)


def can_compare(work: Work, case: Case) -> bool:
    """Return whether the principal may search and holds what a case is compared by."""
    return bool(names_of(work.principal.roles) & SEARCHING_ROLES) and all(
        work.grants.is_named(case.id, Scope(part)) for part in _COMPARED
    )


def compare_case(work: Work, case: Case) -> None:
    """Look for likely duplicates of a case and keep them; forget matches without a cause.

    Where many cases still wait to be indexed, it is not compared yet and this is called again.
    Raises ``KeyCopyMissing`` for who holds no search key.
    """
    known = {_other_of(match, case.id): match for match in _matches(work, case.id)}
    found = find_duplicates(work, case, known=known)
    held = {proposal.row.id: proposal.likely for proposal in found.proposals}
    likely = {other_id for other_id, is_likely in held.items() if is_likely}
    versions = versions_in_use(work)
    elsewhere = {
        other_id
        for other_id in find_by_tags(work, case.id, found.cells, versions)
        if other_id not in held and not work.grants.is_named(other_id)
    }
    keep_tags(work, {case.id: found.cells}, versions[-1])
    for other_id in sorted((likely | elsewhere) - set(known)):
        match = DuplicateMatch(case_id=case.id, other_id=other_id, found_on=work.today())
        work.session.add(match)
        for one, two in ((case.id, other_id), (other_id, case.id)):
            work.trail.record(EventKind.CASE_DUPLICATE_FOUND, one, other=str(two))
    for other_id, match in known.items():
        if other_id not in likely | elsewhere and work.grants.is_named(other_id):
            work.session.delete(match)
            work.trail.record(EventKind.CASE_DUPLICATE_DISMISSED, match.case_id, cause="gone")
    if found.complete:
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


def _set_compared(work: Work, case: Case) -> None:
    """Note that a case was compared, without making it newer for those who read it before."""
    work.session.flush()
    statement = update(Case.__table__).where(Case.__table__.c.id == case.id)  # type: ignore[arg-type]
    work.session.connection().execute(statement.values(compared=True))
    set_committed_value(case, "compared", True)
