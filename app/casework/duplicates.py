"""Cases that may be the same person, proposed to those who may search and to nobody else.

An identifier that two cases share makes a duplicate likely; so does a name of three syllables or
more, unless numbers or birthdays say otherwise. That likely ones are settled before a case leaves
triage is checked in ``readiness``. Knows cells of held cases; keeps no score.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select

from app.cases.models import Case, CaseStatus, Identity, Papers
from app.casework.held import CaseRow, newest_first
from app.casework.index import (
    NORMALISED,
    find_by_identifier,
    index_waiting,
    keys_of,
    open_papers,
    scan_names,
    values_of,
)
from app.intake.models import DuplicateDismissal
from app.search.models import SearchKind
from app.text.births import Span, contradict, span_of, span_of_age
from app.text.names import NameReader, is_distinctive, resembles, same_name
from app.work import Work

_NOT_AGAIN: Final = frozenset({CaseStatus.MERGED, CaseStatus.ERASED})


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


def list_duplicates(work: Work, case: Case) -> list[Proposal]:
    """Propose held cases that may be the same person, newest first.

    Raises ``KeyCopyMissing`` for who holds no search key.
    """
    identity = work.vault.find(case.identity)
    papers = work.vault.find(case.papers)
    contact = work.vault.find(case.contact)
    index_waiting(work)
    proposals: dict[UUID, Proposal] = {}
    for kind in NORMALISED:
        wanted = values_of(kind, papers, contact)
        for row in find_by_identifier(work, kind, wanted) if wanted else ():
            proposal = proposals.setdefault(row.id, Proposal(row))
            proposal.why.append(kind)
            proposal.likely = True
    if identity is not None:
        _propose_names(work, identity, papers, proposals)
    proposals.pop(case.id, None)
    found = [p for p in proposals.values() if p.row.status not in _NOT_AGAIN]
    dismissals = _dismissals(work, case.id)
    for proposal in found:
        dismissal = dismissals.get(proposal.row.id)
        if dismissal is not None:
            (words,) = work.vault.open_listed([dismissal.reason])
            proposal.dismissed = True
            proposal.dismissal = words.text if words else None
    order = [row.id for row in newest_first(p.row for p in found)]
    return sorted(found, key=lambda proposal: order.index(proposal.row.id))


def _propose_names(
    work: Work, identity: Identity, papers: Papers | None, proposals: dict[UUID, Proposal]
) -> None:
    reader = NameReader()
    mine = keys_of(reader, identity)
    if not mine:
        return
    same_names: list[CaseRow] = []
    for row, other, _ in scan_names(work):
        theirs = keys_of(reader, other)
        same = same_name(mine, theirs)
        if not same and not resembles(mine, theirs):
            continue
        proposal = proposals.setdefault(row.id, Proposal(row))
        proposal.why.append(SearchKind.NAME)
        if same and is_distinctive(mine):
            same_names.append(row)
    others = open_papers(work, same_names)
    for row in same_names:
        if not _contradict(papers, others.get(row.id)):
            proposals[row.id].likely = True


def _contradict(one: Papers | None, other: Papers | None) -> bool:
    """Return whether both give a number of the same kind or a birthday, and they differ."""
    if one is None or other is None:
        return False
    for kind in (SearchKind.NRC, SearchKind.SERVICE_NUMBER):
        mine, theirs = values_of(kind, one, None), values_of(kind, other, None)
        if mine and theirs and not mine & theirs:
            return True
    mine_born, theirs_born = _born(one), _born(other)
    return mine_born is not None and theirs_born is not None and contradict(mine_born, theirs_born)


def _born(papers: Papers) -> Span | None:
    """Return when a person may have been born; None where nothing is said of it."""
    if papers.born_on is not None:
        return span_of(papers.born_on)
    if papers.age is not None and papers.age_stated_on is not None:
        return span_of_age(papers.age, papers.age_stated_on)
    return None


def _dismissals(work: Work, case_id: UUID) -> dict[UUID, DuplicateDismissal]:
    """Return the dismissals of a case in both directions, by the id of the other case."""
    found = work.session.scalars(
        select(DuplicateDismissal).where(
            or_(DuplicateDismissal.case_id == case_id, DuplicateDismissal.other_id == case_id)
        )
    ).all()
    return {d.other_id if d.case_id == case_id else d.case_id: d for d in found}
