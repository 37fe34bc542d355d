"""Ends sessions. Knows the table of sessions and nothing else, so that every domain may use it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete

from app.sessions.models import MemberSession
from app.work import Work


def end_sessions(work: Work, member_id: UUID, *, but: UUID | None = None) -> None:
    """End every session of a member at once, ``but`` one. The caller's event says why."""
    ended = delete(MemberSession).where(MemberSession.member_id == member_id)
    if but is not None:
        ended = ended.where(MemberSession.id != but)
    work.session.execute(ended, execution_options={"housekeeping": "the caller's event says so"})


def end_every_session(work: Work) -> None:
    """End everybody's sessions: a copy takes none that the original gave out."""
    everybodys = {"housekeeping": "the caller's event says so"}
    work.session.execute(delete(MemberSession), execution_options=everybodys)
