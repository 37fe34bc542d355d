"""What was done with a case, and by whom: its audit events, read back under its log key.

Knows tags and details; opens no cell. Reading the events is itself an event.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select

from app.audit.events import EventKind
from app.audit.models import AuditEvent
from app.audit.trail import DetailUnreadable, Fact, read_detail, subject_tag
from app.cases.service import get_case
from app.text.dates import start_of_day
from app.work import Work


class CaseEvent(msgspec.Struct, frozen=True):
    """One act on a case, and in which role it was done. Facts are ids, states and amounts.

    Without an actor: an event that does not verify, of which only kind and day are shown.
    """

    id: UUID
    action: str
    actor_id: UUID | None
    role: str | None
    at: datetime
    facts: dict[str, Fact]


def list_events(
    work: Work, case_id: UUID, *, after: tuple[datetime, UUID] | None = None, limit: int
) -> Sequence[CaseEvent]:
    """Return up to ``limit`` events of a case, newest first, after a position.

    The position is (at, id) of the last event seen.
    Raises ``CaseNotFound``.
    """
    case = get_case(work, case_id)
    key = work.keyring.log_key(case.id)
    rows = work.session.scalars(
        select(AuditEvent).where(AuditEvent.subject_tag == subject_tag(key, case.id))
    ).all()
    organisation = work.deployment.organisation
    events = []
    for row in rows:
        try:
            detail = read_detail(row, key, organisation)
        except DetailUnreadable:
            work.trail.shut(f"{row.__tablename__}/{row.id}")
            day = start_of_day(row.happened_on, work.deployment.organisation_settings.zone)
            events.append((day, 0, CaseEvent(row.id, row.action, None, None, day, {})))
        else:
            event = CaseEvent(
                row.id, detail.action, detail.actor, detail.role, detail.at, detail.facts
            )
            events.append((detail.at, detail.number, event))
    # The time is sealed, so the events are sorted here.
    events.sort(key=lambda found: (found[0], found[1], found[2].id), reverse=True)
    newest_first = [event for _, _, event in events]
    work.trail.record(EventKind.CASE_EVENTS_LISTED, case.id)
    seen = next((n for n, event in enumerate(newest_first, 1) if after and event.id == after[1]), 0)
    return newest_first[seen : seen + limit]
