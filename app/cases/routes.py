"""HTTP routes of cases: lists, one case, moves, notes, assignments, events."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.cases import assignments, events, moves, service
from app.cases.errors import (
    AssigneeNotEligible,
    AssignmentExists,
    AssignmentNotFound,
    CaseHasOpenWork,
    CaseMoveRefused,
    CaseNotFound,
)
from app.cases.schemas import (
    AssignmentCreate,
    AssignmentListRead,
    AssignmentRead,
    CaseEventRead,
    CaseMoveCreate,
    CaseMoveListRead,
    CaseMoveRead,
    CaseNoteCreate,
    CaseNoteRead,
    CaseNoteStateRead,
    CasePageQuery,
    CaseRead,
    CaseStateRead,
    CaseSummary,
    RegrantCreate,
    RegrantRead,
)
from app.cases.updates import CaseUpdate, ReplacedCellRead
from app.casework import held, history, open_work
from app.casework.errors import CaseNotReady, VetsCase
from app.casework.readiness import Task
from app.casework.schemas import MoveRuleListRead, OpenWorkRead
from app.http.needs import NotWork
from app.http.paging import Page, PageQuery, page_of, position
from app.http.routing import Router
from app.permissions import Permission
from app.vault.errors import CustodySharesMissing, ScopeOutOfReach
from app.work import Work

router = Router(tags=["cases"])


@router.get("/cases", needs=Permission.CASE_LIST)
def list_cases(work: Work, page: Annotated[CasePageQuery, Query()]) -> Page[CaseSummary]:
    """List the cases that one holds a live grant on, newest first."""
    after = position(work, page, date, UUID)
    rows = held.list_cases(work, after=after, limit=page.limit + 1, status=page.status)
    return page_of(
        work,
        page,
        rows,
        keys=lambda row: (row.opened_on, row.id),
        show=lambda shown: list(map(CaseSummary.of, shown, held.list_summaries(work, shown))),
    )


@router.get("/cases/moves", needs=Permission.CASE_LIST)
def list_moves() -> MoveRuleListRead:
    """List every allowed move of a case, who may make it, and by which act."""
    return MoveRuleListRead.of(moves.MOVES)


@router.get("/cases/{case_id}", needs=Permission.CASE_READ, raises=[CaseNotFound])
def read_case(case_id: UUID, work: Work) -> CaseRead:
    """Read a case, as far as one's keys open it."""
    return CaseRead.of(service.read_case(work, case_id))


@router.patch(
    "/cases/{case_id}",
    needs=Permission.CASE_CHANGE,
    readiness=NotWork("a case may be corrected whatever its status"),
    changes=True,
    raises=[CaseNotFound],
)
def change_case(case_id: UUID, body: CaseUpdate, work: Work) -> CaseStateRead:
    """Change fields or facts of a case: what is not sent stays, null clears."""
    case = service.change_case(work, case_id, body.to_change())
    work.session.flush()
    return CaseStateRead.of(case)


@router.get("/cases/{case_id}/history", needs=Permission.CASE_READ, raises=[CaseNotFound])
def list_history(case_id: UUID, work: Work, page: PageQuery) -> Page[ReplacedCellRead]:
    """List what edits replaced, newest first, as far as one's keys open it."""
    case = service.get_case(work, case_id)
    after = position(work, page, date, UUID)
    rows = history.list_replaced(work, case, after=after, limit=page.limit + 1)
    return page_of(
        work,
        page,
        rows,
        keys=lambda row: (row.replaced_on, row.id),
        show=lambda shown: list(
            map(ReplacedCellRead.of, shown, history.open_replaced(work, shown))
        ),
    )


@router.post(
    "/cases/{case_id}/moves",
    needs=Permission.CASE_MOVE,
    readiness=NotWork("changes the status itself, by the table of moves"),
    changes=True,
    raises=[CaseNotFound, CaseMoveRefused, CaseHasOpenWork],
)
def move_case(case_id: UUID, body: CaseMoveCreate, work: Work) -> CaseStateRead:
    """Move a case on. Moves of triage, vetting and retention happen by those acts alone."""
    case = service.get_case(work, case_id)
    left_open = {one.id: one.reason for one in body.left_open}
    moves.move_manually(work, case, body.to, body.reason, left_open=left_open)
    work.session.flush()
    return CaseStateRead.of(case)


@router.get("/cases/{case_id}/open-work", needs=Permission.CASE_MOVE, raises=[CaseNotFound])
def list_open_work(case_id: UUID, work: Work) -> OpenWorkRead:
    """List what is open on a case: settle it, or give a reason for each, before it is closed."""
    return OpenWorkRead.of(open_work.list_open_work(work, service.get_case(work, case_id)))


@router.get("/cases/{case_id}/moves", needs=Permission.CASE_READ, raises=[CaseNotFound])
def list_case_moves(case_id: UUID, work: Work) -> CaseMoveListRead:
    """List the moves of a case, with their reasons for who holds the account."""
    case = service.get_case(work, case_id)
    made = moves.list_moves(work, case)
    return CaseMoveListRead(
        items=[CaseMoveRead.of(move, reason, shut=shut) for move, reason, shut in made]
    )


@router.post(
    "/cases/{case_id}/notes",
    needs=Permission.CASE_CHANGE,
    readiness=NotWork("what is known may be written down whatever the status"),
    creates=True,
    status_code=201,
    raises=[CaseNotFound],
)
def add_note(case_id: UUID, body: CaseNoteCreate, work: Work) -> CaseNoteStateRead:
    """Add to the account. A note is never changed and never removed."""
    note = service.add_note(work, case_id, body.text, body.on, proposed=body.id)
    return CaseNoteStateRead.of(note)


@router.get("/cases/{case_id}/notes", needs=Permission.CASE_READ, raises=[CaseNotFound])
def list_notes(case_id: UUID, work: Work, page: PageQuery) -> Page[CaseNoteRead]:
    """List the notes of a case, oldest first by the day that they are about."""
    after = position(work, page, date, UUID)
    notes = service.list_notes(work, case_id, after=after, limit=page.limit + 1)
    return page_of(
        work,
        page,
        notes,
        keys=lambda note: (note.happened_on, note.id),
        show=lambda shown: list(map(CaseNoteRead.of, shown, service.open_notes(work, shown))),
    )


@router.post(
    "/cases/{case_id}/assignments",
    needs=Permission.CASE_ASSIGN,
    readiness=Task.ASSIGN,
    creates=True,
    status_code=201,
    raises=[CaseNotFound, CaseNotReady, AssigneeNotEligible, AssignmentExists, VetsCase],
)
def assign_case(case_id: UUID, body: AssignmentCreate, work: Work) -> AssignmentRead:
    """Assign a case to a volunteer: from now on they can read it and work on it."""
    made = assignments.assign_case(work, case_id, body.member_id, proposed=body.id)
    return AssignmentRead.of(made)


@router.get("/cases/{case_id}/assignments", needs=Permission.CASE_ASSIGN, raises=[CaseNotFound])
def list_assignments(case_id: UUID, work: Work) -> AssignmentListRead:
    """List who works on a case now."""
    found = assignments.list_assignments(work, service.get_case(work, case_id))
    return AssignmentListRead(items=list(map(AssignmentRead.of, found)))


@router.delete(
    "/cases/{case_id}/assignments/{assignment_id}",
    needs=Permission.CASE_ASSIGN,
    readiness=NotWork("takes access away"),
    raises=[CaseNotFound, AssignmentNotFound],
)
def unassign_case(case_id: UUID, assignment_id: UUID, work: Work) -> None:
    """End an assignment: nothing of the case opens to its volunteer any more."""
    assignments.unassign_case(work, case_id, assignment_id)


@router.get("/cases/{case_id}/events", needs=Permission.CASE_EVENTS, raises=[CaseNotFound])
def list_events(case_id: UUID, work: Work, page: PageQuery) -> Page[CaseEventRead]:
    """List what was done with a case, newest first, also who has read it."""
    after = position(work, page, datetime, UUID)
    found = events.list_events(work, case_id, after=after, limit=page.limit + 1)
    return page_of(
        work,
        page,
        found,
        keys=lambda event: (event.at, event.id),
        show=lambda shown: list(map(CaseEventRead.of, shown)),
    )


@router.post(
    "/cases/{case_id}/regrants",
    needs=Permission.CASE_REGRANT,
    readiness=NotWork("gives access to a case that no member can open any more"),
    creates=True,
    status_code=201,
    raises=[CaseNotFound, ScopeOutOfReach, CustodySharesMissing],
)
def regrant_case(case_id: UUID, body: RegrantCreate, work: Work) -> RegrantRead:
    """Grant a case by the custody key, where nobody who held it is left."""
    regrant = assignments.regrant_case(
        work, case_id, body.member_id, body.compartments, body.until, proposed=body.id
    )
    return RegrantRead.of(regrant)
