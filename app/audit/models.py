"""Tables of the log. The database refuses every change of an event."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import DDL, Index, event
from sqlalchemy.orm import Mapped

from app.store.base import Base, Housekeeping, Record, index_column, key_column, plain
from app.store.owners import no_change


class AuditEvent(Record):
    """One act. Who, on what and how are sealed in ``detail``; the tags are keyed hashes."""

    __tablename__ = "audit_events"
    __proved_by__ = "its leaf in the log, and the commitment to its detail"
    __table_args__ = (
        Index("ix_audit_events_subject", "subject_tag"),
        Index("ix_audit_events_day", "happened_on", "id"),
    )

    action: Mapped[str] = plain("the kind of act; a leaf of the log names it")
    happened_on: Mapped[date] = plain("the day; the minute is sealed")
    actor_tag: Mapped[bytes] = index_column("HMAC of the member under the case's log key")
    subject_tag: Mapped[bytes] = index_column("HMAC of the case under the case's log key")
    commitment: Mapped[bytes] = key_column("HMAC of the sealed detail under a one-use opener")
    detail_sealed: Mapped[bytes] = key_column("actor, minute, facts and row digests, sealed")


_SQLITE_REFUSAL = """
    CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END
"""
_SQLITE_REPLACE_REFUSAL = """
    CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
    WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END
"""
"""INSERT OR REPLACE deletes without a trigger of deletion."""

_POSTGRES_FUNCTION = """
    CREATE FUNCTION {table}_refuse() RETURNS trigger AS $$
    BEGIN RAISE EXCEPTION '{table} is insert-only'; END $$ LANGUAGE plpgsql
"""
_POSTGRES_TRIGGER = """
    CREATE TRIGGER {trigger} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()
"""


INSERT_ONLY: list[str] = []
"""Tables that refuse every later change, by trigger."""


def insert_only(table: str) -> dict[str, tuple[str, ...]]:
    """Return, by dialect, the statements that make a table refuse every later change."""
    return {
        "sqlite": (
            *(_SQLITE_REFUSAL.format(table=table, verb=verb) for verb in ("update", "delete")),
            _SQLITE_REPLACE_REFUSAL.format(table=table),
        ),
        "postgresql": (
            _POSTGRES_FUNCTION.format(table=table),
            _POSTGRES_TRIGGER.format(table=table, trigger=no_change(table)),
        ),
    }


def refuse_changes(model: type[Base]) -> None:
    """Make a model's table refuse every later change, wherever it is created from the models."""
    INSERT_ONLY.append(model.__tablename__)
    for dialect, statements in insert_only(model.__tablename__).items():
        for statement in statements:
            event.listen(
                model.__table__,
                "after_create",
                DDL(statement.replace("%", "%%")).execute_if(dialect=dialect),  # type: ignore[no-untyped-call]
            )


refuse_changes(AuditEvent)


class AuditLeaf(Base):
    """The place of an event in the log, and the hash that the tree is made of."""

    __tablename__ = "audit_leaves"
    __housekeeping__ = Housekeeping(
        because="derived from events that were recorded",
        written="UPDATE or DELETE: the log no longer gives the root that was signed",
        bounded="verification and the daily check name it; a checkpoint kept elsewhere, too",
    )

    leaf_index: Mapped[int] = plain("the place in the log", primary_key=True, autoincrement=False)
    event_id: Mapped[UUID] = plain("random; the event", unique=True)
    leaf_hash: Mapped[bytes] = key_column("SHA-256 over tags and a commitment")


class UnsequencedEvent(Base):
    """An event that waits for its place in the log; written with the event, gone with its leaf."""

    __tablename__ = "audit_unsequenced"
    __housekeeping__ = Housekeeping(
        because="names events that were recorded",
        written="DELETE: an event waits for its place in the log",
        bounded="the daily check lets it wait again; verification counts what is not sequenced",
    )

    event_id: Mapped[UUID] = plain("random; the event", primary_key=True)


class AuditCheckpoint(Record):
    """A signed statement of the log's size and root."""

    __tablename__ = "audit_checkpoints"
    __housekeeping__ = Housekeeping(
        because="derived from events that were recorded",
        written=(
            "DELETE: what was signed last is forgotten, and the next note is over what is there"
        ),
        bounded="device permits and a checkpoint kept elsewhere know the larger log",
    )
    __table_args__ = (Index("ix_audit_checkpoints_size", "size"),)

    size: Mapped[int] = plain("how many leaves the statement covers")
    made_at: Mapped[datetime] = plain("to the minute")
    note: Mapped[str] = plain("the signed note, as it may be published")
    edge: Mapped[bytes] = key_column("hashes of the tree's right edge; they give the signed root")
