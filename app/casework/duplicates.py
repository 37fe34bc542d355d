"""Cases that may be the same person, proposed to those who may search and to nobody else.

- What makes a duplicate likely is in ``likeness``; a shared whole name alone proposes one that is
  not.
- At most ``MOST_PROPOSALS``, the likely ones first to stay: a common name is shared by hundreds.

That likely ones are settled before a case leaves triage is checked in ``readiness``. Knows cells
of held cases; keeps no score.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select

from app.cases.models import Case, CaseStatus
from app.casework.held import CaseRow
from app.casework.index import FoundCase, find_cases, index_waiting
from app.casework.likeness import NORMALISED, ComparedCells, contradicts, values_of
from app.intake.models import DuplicateDismissal
from app.search.models import IndexedKind, SearchKind
from app.text.names import NameReader
from app.work import Work

MOST_PROPOSALS: Final = 50

_NOT_AGAIN: Final = frozenset({CaseStatus.MERGED, CaseStatus.ERASED})
_LOOKED_FOR: Final = (*NORMALISED, IndexedKind.NAME, IndexedKind.PERSON)


@dataclass(slots=True)
class Proposal:
    """Another case that may be the same person, why, and whether that was dismissed."""

    row: CaseRow
    why: list[SearchKind] = field(default_factory=list)
    likely: bool = False
    dismissed: bool = False
    dismissal: str | None = None

    @property
    def open(self) -> bool:
        """Whether somebody still has to look at it."""
        return self.likely and not self.dismissed


@dataclass(frozen=True, slots=True)
class FoundDuplicates:
    """What a case was compared by, and with what result.

    ``complete``: no held case still waits to be indexed.
    """

    cells: ComparedCells
    proposals: list[Proposal]
    complete: bool


def list_duplicates(work: Work, case: Case) -> list[Proposal]:
    """Propose held cases that may be the same person, newest first.

    Raises ``KeyCopyMissing`` for who holds no search key.
    """
    return find_duplicates(work, case).proposals


def find_duplicates(work: Work, case: Case, *, known: Collection[UUID] = ()) -> FoundDuplicates:
    """Compare a case with those that the principal holds, and with ``known`` ones among them.

    Raises ``KeyCopyMissing`` for who holds no search key.
    """
    find, reader = work.vault.find, NameReader()
    cells = ComparedCells(
        find(case.identity), find(case.papers), find(case.household), find(case.contact)
    )
    waiting = index_waiting(work)
    wanted = {kind: values for kind in _LOOKED_FOR if (values := values_of(kind, cells, reader))}
    found = [
        _proposal(cells, one)
        for one in find_cases(work, wanted, reader, known=known)
        if one.row.id != case.id and one.row.status not in _NOT_AGAIN
    ]
    possible = [one for one in found if not one.likely]
    left_out = {
        one.row.id for one in possible[max(MOST_PROPOSALS - len(found) + len(possible), 0) :]
    }
    proposals = [one for one in found if one.row.id not in left_out]
    _add_dismissals(work, case.id, proposals)
    return FoundDuplicates(cells, proposals, not waiting.more)


def _proposal(cells: ComparedCells, found: FoundCase) -> Proposal:
    why = [SearchKind(kind.value) for kind in NORMALISED if kind in found.kinds]
    likely = bool(why)
    if found.kinds & {IndexedKind.NAME, IndexedKind.PERSON}:
        why.append(SearchKind.NAME)
        by_name = IndexedKind.PERSON in found.kinds
        likely |= by_name and not contradicts(cells.papers, found.cells.papers)
    return Proposal(found.row, why, likely)


def _add_dismissals(work: Work, case_id: UUID, proposals: list[Proposal]) -> None:
    dismissals = _dismissals(work, case_id)
    for proposal in proposals:
        dismissal = dismissals.get(proposal.row.id)
        if dismissal is not None:
            (words,) = work.vault.open_listed([dismissal.reason])
            proposal.dismissed = True
            proposal.dismissal = words.text if words else None


def _dismissals(work: Work, case_id: UUID) -> dict[UUID, DuplicateDismissal]:
    """Return the dismissals of a case in both directions, by the id of the other case."""
    found = work.session.scalars(
        select(DuplicateDismissal).where(
            or_(DuplicateDismissal.case_id == case_id, DuplicateDismissal.other_id == case_id)
        )
    ).all()
    return {d.other_id if d.case_id == case_id else d.case_id: d for d in found}
