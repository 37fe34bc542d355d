"""HTTP routes of cases: lists, one case, moves, notes, assignments, links, emergencies, events."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.cases import assignments as handover
from app.cases import emergency, events, moves, service, views
from app.cases.errors import (
    AssigneeNotEligible,
    AssignmentExists,
    AssignmentNotFound,
    CaseNotFound,
    EmergencyDecided,
    EmergencyNotApplicable,
    LinkExists,
    LinkRefused,
    MoveRefused,
)
from app.cases.links import link_cases, list_held_links
from app.cases.schemas import (
    AddNote,
    AssignCase,
    CasesAsked,
    ChangeCase,
    DecideEmergency,
    LinkCase,
    MoveCase,
    RegrantCase,
)
from app.casework import held
from app.casework.errors import CaseNotReady
from app.casework.readiness import Task
from app.casework.schemas import MoveRuleListRead
from app.http.needs import NotWork
from app.http.paging import Page, PageQuery, page_of, position
from app.http.routing import Router
from app.permissions import Permission
from app.vault.errors import CustodySharesMissing, ScopeOutOfReach
from app.work import Work

router = Router(tags=["cases"])


@router.get("/cases", needs=Permission.CASE_LIST)
def list_cases(work: Work, page: Annotated[CasesAsked, Query()]) -> Page[views.CaseItem]:
    """List the cases that one holds a live grant on, newest first."""
    after = position(work, page, date, UUID)
    rows = held.list_cases(work, after=after, limit=page.limit + 1, status=page.status)
    return page_of(
        work,
        page,
        rows,
        keys=lambda row: (row.opened_on, row.id),
        show=lambda shown: list(map(views.case_item, shown, held.list_summaries(work, shown))),
    )


@router.get("/cases/moves", needs=Permission.CASE_LIST)
def list_moves() -> MoveRuleListRead:
    """List every allowed move of a case, who may make it, and by which act."""
    return MoveRuleListRead.of(moves.MOVES)


@router.get("/cases/emergencies", needs=Permission.CASE_EMERGENCY)
def list_emergencies(work: Work) -> views.EmergencyAsks:
    """List the decisions that wait for the other side, with their reasons."""
    return views.EmergencyAsks(items=list(map(views.emergency_ask, emergency.list_asks(work))))


@router.get("/cases/{case_id}", needs=Permission.CASE_READ, raises=[CaseNotFound])
def read_case(case_id: UUID, work: Work) -> views.CaseShown:
    """Read a case, as far as one's keys open it."""
    return views.case_shown(service.read_case(work, case_id))


@router.patch(
    "/cases/{case_id}",
    needs=Permission.CASE_CHANGE,
    readiness=NotWork("a case may be corrected whatever its status"),
    changes=True,
    raises=[CaseNotFound],
)
def change_case(case_id: UUID, body: ChangeCase, work: Work) -> views.CaseReceipt:
    """Replace compartments or facts of a case."""
    case = service.change_case(work, case_id, body.to_change())
    work.session.flush()
    return views.case_receipt(case)


@router.post(
    "/cases/{case_id}/moves",
    needs=Permission.CASE_MOVE,
    readiness=NotWork("changes the status itself, by the table of moves"),
    changes=True,
    raises=[CaseNotFound, MoveRefused],
)
def move_case(case_id: UUID, body: MoveCase, work: Work) -> views.CaseReceipt:
    """Move a case on. Moves of triage, vetting and retention come about by those acts alone."""
    case = service.get_case(work, case_id)
    moves.move_by_hand(work, case, body.to, body.reason)
    work.session.flush()
    return views.case_receipt(case)


@router.get("/cases/{case_id}/moves", needs=Permission.CASE_READ, raises=[CaseNotFound])
def list_case_moves(case_id: UUID, work: Work) -> views.MoveList:
    """List the moves of a case, with their reasons for who holds the account."""
    case = service.get_case(work, case_id)
    return views.MoveList(items=[views.move_shown(*made) for made in moves.list_moves(work, case)])


@router.post(
    "/cases/{case_id}/notes",
    needs=Permission.CASE_CHANGE,
    readiness=NotWork("what is known may be written down whatever the status"),
    creates=True,
    status_code=201,
    raises=[CaseNotFound],
)
def add_note(case_id: UUID, body: AddNote, work: Work) -> views.NoteReceipt:
    """Add to the account. A note is never changed and never taken back."""
    note = service.add_note(work, case_id, body.text)
    return views.NoteReceipt(id=note.id, number=note.number, written_on=note.written_on)


@router.get("/cases/{case_id}/notes", needs=Permission.CASE_READ, raises=[CaseNotFound])
def list_notes(case_id: UUID, work: Work, page: PageQuery) -> Page[views.NoteShown]:
    """List the notes of a case, oldest first."""
    after = position(work, page, int)
    notes = service.list_notes(work, case_id, after=after, limit=page.limit + 1)
    return page_of(
        work,
        page,
        notes,
        keys=lambda note: (note.number,),
        show=lambda shown: [views.note_shown(note, work.vault.open(note.words)) for note in shown],
    )


@router.post(
    "/cases/{case_id}/assignments",
    needs=Permission.CASE_ASSIGN,
    readiness=Task.ASSIGN,
    creates=True,
    status_code=201,
    raises=[CaseNotFound, CaseNotReady, AssigneeNotEligible, AssignmentExists],
)
def assign_case(case_id: UUID, body: AssignCase, work: Work) -> views.AssignmentShown:
    """Hand a case to a volunteer: from now on they can read it and work on it."""
    return views.assignment_shown(handover.assign_case(work, case_id, body.member_id))


@router.get("/cases/{case_id}/assignments", needs=Permission.CASE_ASSIGN, raises=[CaseNotFound])
def list_assignments(case_id: UUID, work: Work) -> views.AssignmentList:
    """List who has a case in hand now."""
    found = handover.list_assignments(work, service.get_case(work, case_id))
    return views.AssignmentList(items=list(map(views.assignment_shown, found)))


@router.delete(
    "/cases/{case_id}/assignments/{assignment_id}",
    needs=Permission.CASE_ASSIGN,
    readiness=NotWork("takes access away"),
    raises=[CaseNotFound, AssignmentNotFound],
)
def unassign_case(case_id: UUID, assignment_id: UUID, work: Work) -> None:
    """Take a case back from a volunteer: nothing of it opens to them any more."""
    handover.unassign_case(work, case_id, assignment_id)


@router.post(
    "/cases/{case_id}/links",
    needs=Permission.CASE_TRIAGE,
    readiness=NotWork("says that two cases belong together"),
    creates=True,
    status_code=201,
    raises=[CaseNotFound, LinkRefused, LinkExists],
)
def link_case(case_id: UUID, body: LinkCase, work: Work) -> views.LinkShown:
    """Note that two cases belong together; one must hold both."""
    return views.link_shown(link_cases(work, case_id, body.other_id, body.kind), case_id)


@router.get("/cases/{case_id}/links", needs=Permission.CASE_READ, raises=[CaseNotFound])
def list_links(case_id: UUID, work: Work) -> views.LinkList:
    """List the cases that belong to this one, as far as one holds them."""
    links = list_held_links(work, service.get_case(work, case_id))
    return views.LinkList(items=[views.link_shown(link, case_id) for link in links])


@router.post(
    "/cases/{case_id}/emergency",
    needs=Permission.CASE_EMERGENCY,
    readiness=NotWork("decides whether work may begin before vetting ends"),
    changes=True,
    raises=[CaseNotFound, EmergencyNotApplicable, EmergencyDecided],
)
def decide_emergency(case_id: UUID, body: DecideEmergency, work: Work) -> views.CaseReceipt:
    """Decide that work must not wait for vetting: it takes a coordinator and a lead."""
    case = emergency.decide_emergency(work, case_id, body.reason, body.hours)
    work.session.flush()
    return views.case_receipt(case)


@router.get("/cases/{case_id}/events", needs=Permission.CASE_EVENTS, raises=[CaseNotFound])
def list_events(case_id: UUID, work: Work, page: PageQuery) -> Page[views.EventShown]:
    """List what was done with a case, newest first, also who has read it."""
    after = position(work, page, datetime, UUID)
    found = events.list_events(work, case_id, after=after, limit=page.limit + 1)
    return page_of(
        work,
        page,
        found,
        keys=lambda event: (event.at, event.id),
        show=lambda shown: list(map(views.event_shown, shown)),
    )


@router.post(
    "/cases/{case_id}/regrants",
    needs=Permission.CASE_REGRANT,
    readiness=NotWork("gives access to a case that no member can open any more"),
    creates=True,
    status_code=201,
    raises=[CaseNotFound, ScopeOutOfReach, CustodySharesMissing],
)
def regrant_case(case_id: UUID, body: RegrantCase, work: Work) -> views.RegrantReceipt:
    """Hand a case over by the custody key, where nobody who held it is left."""
    regrant = handover.regrant_case(work, case_id, body.member_id, body.compartments, body.until)
    return views.regrant_receipt(regrant)
