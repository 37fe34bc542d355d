"""Merging a case into another: shown before it happens, and nothing is lost by it.

- From triage, from vetting and while the case is active or settled, by who holds both.
- Refused where open work would be left behind: that is settled first, or the other case merged.
- A survivor that is closed or declined is reopened by an explicit choice, or the merger refused:
  nobody who needs help disappears in a closed case.
- Notes, links, dismissals and assignments come along; journeys, aid and codes are read along,
  because the survivor's coordinators hold the merged case from then on.
- Who logged the intake sees for two weeks that it was merged and goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select

from app.accounts.service import list_members
from app.audit.events import EventKind
from app.cases.models import OPEN_STATUSES, Assignment, Case, CaseNote, CaseStatus, FreeText
from app.cases.moves import move_case
from app.cases.service import (
    CASEWORK_SCOPES,
    COORDINATION_SCOPES,
    get_case,
    request_indexing,
)
from app.casework.clearance import withdraw_rounds
from app.casework.history import replace_cell
from app.casework.involvement import active_members
from app.casework.journeys import grant_hearing_of_case
from app.casework.merging import Cells, merge_cells
from app.casework.open_work import list_open_work
from app.consents.service import join_consents
from app.intake.errors import MergeLeavesWork, MergeRefused, SurvivorShut
from app.intake.models import DuplicateDismissal
from app.links.models import CaseLink
from app.permissions import Role
from app.vault.models import GrantReason
from app.vault.scopes import SUMMARY
from app.work import Work

TOLD_FOR: Final = timedelta(days=14)
_SHUT: Final = frozenset({CaseStatus.DECLINED, CaseStatus.CLOSED})
_GONE: Final = frozenset({CaseStatus.MERGED, CaseStatus.ERASED})
_REOPENED: Final = {
    CaseStatus.DECLINED: CaseStatus.SUBMITTED,
    CaseStatus.CLOSED: CaseStatus.ACTIVE,
}
_CELLS: Final = ("summary", "reporting", "identity", "papers", "household", "contact", "account")


@dataclass(frozen=True, slots=True)
class Merger:
    """What a merger makes of the survivor: its cells, and how many rows come along."""

    case: Case
    into: Case
    cells: Cells
    notes: int
    links: int


def plan_merger(work: Work, case_id: UUID, into_id: UUID, *, reopen: bool = False) -> Merger:
    """Return what a merger would make of the survivor, and change nothing.

    Raises ``CaseNotFound`` for either, ``MergeRefused``, ``SurvivorShut``, ``MergeLeavesWork``,
    ``NoGrant`` where either does not open whole.
    """
    case, into = get_case(work, case_id), get_case(work, into_id)
    if into.id == case.id or into.status in _GONE or case.status not in OPEN_STATUSES:
        raise MergeRefused("into")
    if into.status in _SHUT and not reopen:
        raise SurvivorShut
    left = list_open_work(work, case)
    if left:
        raise MergeLeavesWork([one.kind.value for one in left])
    cells = merge_cells(_open(work, into), _open(work, case), case.id, work.today())
    return Merger(case, into, cells, len(_notes(work, case)), len(_links(work, case)))


def merge(
    work: Work, case_id: UUID, into_id: UUID, reason: str | None, *, reopen: bool = False
) -> Merger:
    """End a case in favour of another that holds everything of both from then on.

    The caller has claimed the version of the case. Raises as ``plan_merger`` does.
    """
    merger = plan_merger(work, case_id, into_id, reopen=reopen)
    case, into = merger.case, merger.into
    if into.status in _SHUT:
        move_case(work, into, _REOPENED[into.status], reason)
    for name in _CELLS:
        value = getattr(merger.cells, name)
        if value is not None:
            replace_cell(work, into, getattr(into, name), value)
    request_indexing(into)
    join_consents(work, case, into)
    _copy_rows(work, case, into)
    if case.emergency_until and into.emergency_until:
        into.emergency_until = max(case.emergency_until, into.emergency_until)
    else:
        into.emergency_until = into.emergency_until or case.emergency_until
    withdraw_rounds(work, case.id)
    assigned = _assigned(work, case)
    case.merged_into = into.id
    move_case(work, case, CaseStatus.MERGED, reason)
    _hand_on(work, case, into, assigned)
    work.trail.record(EventKind.CASE_MERGED, case.id, into=str(into.id))
    work.trail.record(EventKind.CASE_JOINED, into.id, merged=str(case.id))
    return merger


def _open(work: Work, case: Case) -> Cells:
    """Open every cell that a case has; raises ``NoGrant`` rather than merge half of it."""
    values: dict[str, Any] = {}
    for name in _CELLS:
        cell = getattr(case, name)
        values[name] = None if cell.envelope is None else work.vault.open(cell)
    return Cells(**values)


def _notes(work: Work, case: Case) -> list[CaseNote]:
    return list(
        work.session.scalars(
            select(CaseNote).where(CaseNote.case_id == case.id).order_by(CaseNote.number)
        )
    )


def _links(work: Work, case: Case) -> list[CaseLink]:
    of_case = or_(CaseLink.case_id == case.id, CaseLink.other_id == case.id)
    live = select(CaseLink).where(of_case, CaseLink.ended_on.is_(None))
    return list(work.session.scalars(live))


def _copy_rows(work: Work, case: Case, into: Case) -> None:
    """Write the account, the notes, the links and the dismissals again under the survivor."""
    number = max((note.number for note in _notes(work, into)), default=0)
    account = work.vault.find(case.account)
    texts: list[tuple[FreeText, dict[str, object]]] = []
    if account is not None and account.says:
        said = dict.fromkeys(("written_on", "happened_on"), case.opened_on)
        texts.append((FreeText(account.says), {**said, "written_by": case.opened_by}))
    for note in _notes(work, case):
        kept = {name: getattr(note, name) for name in ("written_on", "happened_on", "written_by")}
        texts.append((work.vault.open(note.text), kept))
    for offset, (text, columns) in enumerate(texts, start=1):
        copy = CaseNote(case_id=into.id, number=number + offset, **columns)
        work.vault.seal(copy.text, text)
        work.session.add(copy)
    known = {_other(link, into.id) for link in _links(work, into)} | {into.id}
    for link in _links(work, case):
        other_id = _other(link, case.id)
        if other_id not in known:
            work.session.add(
                CaseLink(
                    case_id=into.id, other_id=other_id, kind=link.kind,
                    linked_by=link.linked_by, linked_on=link.linked_on,
                    ended_by=link.ended_by, ended_on=link.ended_on,
                )
            )  # fmt: skip
    _copy_dismissals(work, case, into)


def _copy_dismissals(work: Work, case: Case, into: Case) -> None:
    def of(one: Case) -> list[DuplicateDismissal]:
        either = or_(DuplicateDismissal.case_id == one.id, DuplicateDismissal.other_id == one.id)
        return list(work.session.scalars(select(DuplicateDismissal).where(either)))

    known = {_other(row, into.id) for row in of(into)} | {into.id}
    for row in of(case):
        other_id = _other(row, case.id)
        words = work.vault.find(row.reason)
        if other_id in known or words is None:
            continue
        copy = DuplicateDismissal(
            case_id=into.id, other_id=other_id, dismissed_by=row.dismissed_by,
            dismissed_on=row.dismissed_on,
        )  # fmt: skip
        work.vault.seal(copy.reason, words)
        work.session.add(copy)


def _other(row: CaseLink | DuplicateDismissal, case_id: UUID) -> UUID:
    return row.other_id if row.case_id == case_id else row.case_id


def _assigned(work: Work, case: Case) -> list[UUID]:
    live = select(Assignment.member_id).where(
        Assignment.case_id == case.id, Assignment.ended_on.is_(None)
    )
    return list(work.session.scalars(live))


def _hand_on(work: Work, case: Case, into: Case, assigned: list[UUID]) -> None:
    """Let who followed the merged case follow the survivor, its coordinators read the merged one,
    and its author see for a while that it was merged.
    """
    there = set(_assigned(work, into))
    for member_id in sorted(active_members(work, assigned) - there):
        assignment = Assignment(
            case_id=into.id, member_id=member_id, assigned_by=work.principal.id,
            assigned_on=work.today(), ended_on=None,
        )  # fmt: skip
        work.session.add(assignment)
        work.session.flush()
        work.grants.grant_all(
            into.id, [member_id], CASEWORK_SCOPES,
            reason=GrantReason.ASSIGNMENT, about=assignment.id,
        )  # fmt: skip
        grant_hearing_of_case(work, into.id, member_id, about=assignment.id)
    reporting = COORDINATION_SCOPES[-1]
    coordinators = {one.id for one in list_members(work, into.team_id, Role.COORDINATOR)}
    coordinators &= set(work.grants.holders(into.id, reporting))
    missing = coordinators - set(work.grants.holders(case.id, reporting))
    work.grants.grant_all(
        case.id, sorted(missing), COORDINATION_SCOPES, reason=GrantReason.TRIAGE, about=into.id
    )
    if case.opened_by not in work.grants.holders(case.id):
        work.grants.grant_all(
            case.id, sorted(active_members(work, [case.opened_by])), [SUMMARY],
            reason=GrantReason.INTAKE, about=case.id, until=work.today() + TOLD_FOR,
        )  # fmt: skip
