"""What intake gives over HTTP. Knows no keys: values arrive already opened."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.cases.assignments import Regrant
from app.cases.emergency import Ask
from app.cases.events import CaseEvent
from app.cases.models import (
    Account,
    Assignment,
    Case,
    CaseLink,
    CaseMove,
    CaseNote,
    CaseStatus,
    Contact,
    Identity,
    LinkKind,
    Reporting,
    Summary,
    Words,
)
from app.cases.service import CaseFile
from app.casework.held import CaseRow
from app.http.schema import Schema, Version
from app.permissions import Compartment


class CaseReceipt(Schema):
    """Where a case stands after what was done."""

    id: UUID
    version: Version
    status: CaseStatus
    opened_on: date
    moved_on: date
    triaged_on: date | None
    emergency_until: datetime | None
    merged_into: UUID | None


class CaseItem(Schema):
    """A case in a list: nothing in it says who the person is."""

    id: UUID
    version: Version
    status: CaseStatus
    opened_on: date
    moved_on: date
    triaged_on: date | None
    emergency_until: datetime | None
    summary: Summary


class CaseShown(CaseReceipt):
    """A case as far as the reader's keys open it; ``sealed`` names what stays shut."""

    team_id: UUID
    opened_by: UUID
    summary: Summary | None
    identity: Identity | None
    contact: Contact | None
    account: Account | None
    reporting: Reporting | None
    sealed: list[Compartment]


class MoveShown(Schema):
    """A move that was made; the reason only for who holds the account."""

    id: UUID
    was: CaseStatus
    to: CaseStatus
    moved_on: date
    moved_by: UUID
    reason: str | None


class MoveList(Schema):
    """The moves of a case, oldest first."""

    items: list[MoveShown]


class NoteReceipt(Schema):
    """A note was added."""

    id: UUID
    number: int
    written_on: date


class NoteShown(NoteReceipt):
    """A note, opened."""

    written_by: UUID
    text: str


class AssignmentShown(Schema):
    """Who has a case in hand."""

    id: UUID
    member_id: UUID
    assigned_by: UUID
    assigned_on: date
    ended_on: date | None


class AssignmentList(Schema):
    """Who has a case in hand now."""

    items: list[AssignmentShown]


class EmergencyAsk(Schema):
    """A first decision that waits for the other side."""

    case_id: UUID
    version: Version
    ask_id: UUID
    decided_by: UUID
    decided_on: date
    hours: int
    reason: str
    summary: Summary


class EmergencyAsks(Schema):
    """What waits for a decision."""

    items: list[EmergencyAsk]


class EventShown(Schema):
    """One act on a case, to the minute."""

    id: UUID
    action: str
    actor_id: UUID
    at: datetime
    facts: dict[str, Any]


class LinkShown(Schema):
    """A case that belongs to this one."""

    id: UUID
    other_id: UUID
    kind: LinkKind
    linked_on: date


class LinkList(Schema):
    """The cases that belong to this one, as far as the reader holds them."""

    items: list[LinkShown]


class RegrantReceipt(Schema):
    """A grant was made, of those compartments that the case has; ``about`` is what ends it."""

    id: UUID
    about: UUID
    member_id: UUID
    compartments: list[Compartment]
    until: date | None


def case_receipt(case: Case) -> CaseReceipt:
    """Return where a case stands."""
    return CaseReceipt(**_plain_of(case), merged_into=case.merged_into)


def case_shown(file: CaseFile) -> CaseShown:
    """Return a case as far as it was opened."""
    case = file.case
    return CaseShown(
        **_plain_of(case),
        merged_into=case.merged_into,
        team_id=case.team_id,
        opened_by=case.opened_by,
        summary=file.summary,
        identity=file.identity,
        contact=file.contact,
        account=file.account,
        reporting=file.reporting,
        sealed=list(file.sealed),
    )


def case_item(row: CaseRow, summary: Summary) -> CaseItem:
    """Return a case as a list shows it."""
    return CaseItem(**_plain_of(row), summary=summary)


def _plain_of(row: CaseRow | Case) -> dict[str, Any]:
    return {
        "id": row.id,
        "version": row.version,
        "status": row.status,
        "opened_on": row.opened_on,
        "moved_on": row.moved_on,
        "triaged_on": row.triaged_on,
        "emergency_until": row.emergency_until,
    }


def move_shown(move: CaseMove, reason: str | None) -> MoveShown:
    """Return a move that was made, with its reason where that opened."""
    return MoveShown(
        id=move.id,
        was=move.was,
        to=move.became,
        moved_on=move.moved_on,
        moved_by=move.moved_by,
        reason=reason,
    )


def note_shown(note: CaseNote, words: Words) -> NoteShown:
    """Return a note, opened."""
    return NoteShown(
        id=note.id,
        number=note.number,
        written_on=note.written_on,
        written_by=note.written_by,
        text=words.text,
    )


def assignment_shown(assignment: Assignment) -> AssignmentShown:
    """Return who has a case in hand."""
    return AssignmentShown(
        id=assignment.id,
        member_id=assignment.member_id,
        assigned_by=assignment.assigned_by,
        assigned_on=assignment.assigned_on,
        ended_on=assignment.ended_on,
    )


def emergency_ask(ask: Ask) -> EmergencyAsk:
    """Return a decision that waits, opened."""
    return EmergencyAsk(
        case_id=ask.case.id,
        version=ask.case.version,
        ask_id=ask.decision.ask_id,
        decided_by=ask.decision.decided_by,
        decided_on=ask.decision.decided_on,
        hours=ask.decision.hours,
        reason=ask.reason,
        summary=ask.summary,
    )


def regrant_receipt(regrant: Regrant) -> RegrantReceipt:
    """Return what a lead handed over."""
    grant = regrant.grant
    return RegrantReceipt(
        id=grant.id,
        about=grant.about,
        member_id=grant.holder_id,
        compartments=regrant.compartments,
        until=grant.until,
    )


def event_shown(event: CaseEvent) -> EventShown:
    """Return an event, its time cut to the minute."""
    return EventShown(
        id=event.id,
        action=event.action,
        actor_id=event.actor_id,
        at=event.at.replace(second=0, microsecond=0),
        facts=event.facts,
    )


def link_shown(link: CaseLink, case_id: UUID) -> LinkShown:
    """Return a link as it looks from one of its two cases."""
    other = link.other_id if link.case_id == case_id else link.case_id
    return LinkShown(id=link.id, other_id=other, kind=link.kind, linked_on=link.linked_on)
