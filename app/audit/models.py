"""Rows of the log. An event, once written, is never changed: the database refuses it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import DDL, Index, event
from sqlalchemy.orm import Mapped

from app.store.base import Record, index_column, key_column, plain


class AuditEvent(Record):
    """One act. Who, on what and how stand sealed in ``detail``; the tags are keyed hashes."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_subject", "subject_tag"),)

    action: Mapped[str] = plain("the kind of act; a leaf of the log names it")
    happened_on: Mapped[date] = plain("the day; the minute is sealed")
    actor_tag: Mapped[bytes] = index_column("HMAC of the member under the case's log key")
    subject_tag: Mapped[bytes] = index_column("HMAC of the case under the case's log key")
    commitment: Mapped[bytes] = key_column("HMAC of the sealed detail under a one-use opener")
    detail_sealed: Mapped[bytes] = key_column("actor, minute, facts and row digests, sealed")


INSERT_ONLY = {
    "sqlite": (
        "CREATE TRIGGER audit_events_no_update BEFORE UPDATE ON audit_events "
        "BEGIN SELECT RAISE(ABORT, 'audit events are insert-only'); END",
        "CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events "
        "BEGIN SELECT RAISE(ABORT, 'audit events are insert-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION audit_events_refuse() RETURNS trigger AS $$ "
        "BEGIN RAISE EXCEPTION 'audit events are insert-only'; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER audit_events_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON "
        "audit_events FOR EACH STATEMENT EXECUTE FUNCTION audit_events_refuse()",
    ),
}

for _dialect, _statements in INSERT_ONLY.items():
    for _statement in _statements:
        event.listen(
            AuditEvent.__table__,
            "after_create",
            DDL(_statement).execute_if(dialect=_dialect),
        )
