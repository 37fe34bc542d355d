"""What verification sees when the log was signed again, or its triggers are gone."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert, select, text
from sqlalchemy.exc import IntegrityError

from app.audit.checkpoints import log_verifier
from app.audit.models import AuditCheckpoint, AuditEvent, AuditLeaf, UnsequencedEvent
from app.audit.sequencer import latest_checkpoint
from app.audit.verify import LogVerification, verify_log, verify_triggers
from app.crypto.notes import Checkpoint, open_note
from app.worker import sequence_log


def run_sequencer(world):
    with world.work_as(None) as work:
        sequence_log(work)


def kept_checkpoint(world) -> Checkpoint:
    with world.deployment.sessions() as session:
        note = latest_checkpoint(session).note
    return Checkpoint.parse(open_note(note, log_verifier(world.deployment.log_signing_key.public)))


def found_since(world, kept: Checkpoint | None) -> set[str]:
    verifier = log_verifier(world.deployment.log_signing_key.public)
    with world.deployment.sessions() as session:
        verdict = verify_log(session, verifier, kept=kept)
    return {finding.kind for finding in verdict.findings}


def strike_out_the_last(world) -> None:
    """Delete the last event, number the rest again, and leave it to the program to sign that."""
    with world.deployment.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_events_no_delete"))
        leaves = select(AuditLeaf.event_id).order_by(AuditLeaf.leaf_index)
        *others, last = connection.execute(leaves).scalars().all()
        connection.execute(delete(AuditCheckpoint))
        connection.execute(delete(AuditLeaf))
        connection.execute(delete(AuditEvent).where(AuditEvent.id == last))
        connection.execute(insert(UnsequencedEvent), [{"event_id": one} for one in others])


@pytest.mark.parametrize(("more", "found"), [(0, "log.shrunk"), (3, "log.forked")])
def test_a_log_that_was_signed_again_is_seen_by_a_checkpoint_kept_elsewhere(world, more, found):
    world.open_case()
    run_sequencer(world)
    kept = kept_checkpoint(world)
    assert found_since(world, kept) == set()
    strike_out_the_last(world)
    for _ in range(more):
        world.open_case()
    run_sequencer(world)
    assert found_since(world, None) == set()
    assert found_since(world, kept) == {found}


def test_a_log_without_a_checkpoint_is_not_sound(world):
    world.open_case()
    assert found_since(world, None) == {"checkpoint.missing"}


@pytest.mark.usefixtures("world_on_both")
def test_a_trigger_that_is_gone_is_named(world):
    """On both databases: migration."""

    def named() -> set[str]:
        verdict = LogVerification()
        with world.deployment.sessions() as session:
            verify_triggers(session, verdict)
        return {finding.where for finding in verdict.findings}

    assert named() == set()
    with world.deployment.engine.begin() as connection:
        sqlite = connection.dialect.name == "sqlite"
        name = "postings_no_delete" if sqlite else "postings_no_change"
        connection.execute(text(f"DROP TRIGGER {name}" + ("" if sqlite else " ON postings")))
    assert named() == {name}


def test_an_event_is_not_put_in_the_place_of_another(world):
    world.open_case()
    columns = ", ".join(AuditEvent.__table__.c.keys())
    row = f"SELECT {columns} FROM audit_events LIMIT 1"  # noqa: S608 - names of columns
    statement = text(f"INSERT OR REPLACE INTO audit_events ({columns}) {row}")
    with world.deployment.engine.connect() as connection:
        with pytest.raises(IntegrityError, match="insert-only"):
            connection.execute(statement)
        connection.rollback()
