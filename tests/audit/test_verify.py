"""An insider with write access changes the log or a row: verification names what they touched."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from app.alerts.models import Alert
from app.audit.checkpoints import log_verifier
from app.audit.events import EventKind
from app.audit.models import AuditCheckpoint, AuditEvent, AuditLeaf, UnsequencedEvent
from app.audit.sequencer import LogRewritten, latest_checkpoint, sequence
from app.audit.verify import LogVerification, verify_log, verify_rows
from app.cases.models import Case
from app.cli.audit import log_keys
from app.crypto.notes import Verifier, open_note
from app.models import authenticated_models
from app.principal import NOBODY
from app.work import begin_work, unit_of_work
from app.worker import JOBS, Worker, sequence_log
from tests.support.served import serve
from tests.support.statements import recorded


def run_sequencer(world):
    with world.work_as(None) as work:
        return sequence_log(work)


def verdict_on(world, *, database: bool = False) -> LogVerification:
    deployment = world.deployment
    with deployment.open_snapshot() as session:
        verdict = verify_log(session, log_verifier(deployment.log_signing_key.public))
        if database:
            verify_rows(
                session,
                verdict,
                organisation=deployment.organisation,
                log_keys=log_keys(session, deployment, verdict),
                models=authenticated_models(),
            )
        return verdict


def kinds(verdict: LogVerification) -> set[str]:
    return {finding.kind for finding in verdict.findings}


@pytest.fixture
def tampering(world):
    """Two cases in a sequenced log, and a connection for which no trigger stands any more."""
    cases = [world.open_case(), world.open_case()]
    run_sequencer(world)
    with world.deployment.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER audit_events_no_update"))
            connection.execute(text("DROP TRIGGER audit_events_no_delete"))
        else:
            connection.execute(text("DROP TRIGGER audit_events_no_change ON audit_events"))
        yield connection, cases


@pytest.mark.parametrize("events", [1, 3, 1_000])
def test_rows_of_no_case_are_compared_part_by_part_and_each_once(world, monkeypatch, events):
    """What is held at once does not grow with the organisation's events."""
    world.open_case()
    run_sequencer(world)
    whole = verdict_on(world, database=True)
    monkeypatch.setattr("app.audit.verify._EVENTS_IN_A_PART", events)
    member = world.member("volunteer")
    verdict = verdict_on(world, database=True)
    assert (verdict.findings, verdict.rows) == (whole.findings, whole.rows)
    with world.deployment.engine.begin() as connection:
        connection.execute(
            text("UPDATE members SET roles = 'lead' WHERE id = :id"), {"id": member.id.hex}
        )
    assert kinds(verdict_on(world, database=True)) == {"row.altered"}


@pytest.mark.usefixtures("world_on_both")
def test_an_untouched_log_and_its_rows_are_sound(world):
    """On both databases: transaction."""
    world.open_case()
    count = run_sequencer(world)
    verdict = verdict_on(world, database=True)
    assert verdict.sound, verdict.findings
    assert verdict.leaves == verdict.covered == count
    assert verdict.rows > 0


def test_an_altered_event_is_named(world, tampering):
    connection, _ = tampering
    connection.execute(
        update(AuditEvent).where(AuditEvent.action == "case:opened").values(action="case:moved")
    )
    connection.commit()
    assert kinds(verdict_on(world)) == {"event.altered"}


def test_a_deleted_event_is_named(world, tampering):
    connection, _ = tampering
    connection.execute(delete(AuditEvent).where(AuditEvent.action == "case:opened"))
    connection.commit()
    assert kinds(verdict_on(world)) == {"event.missing"}


def test_a_leaf_taken_out_of_the_middle_is_seen(world, tampering):
    connection, _ = tampering
    connection.execute(delete(AuditLeaf).where(AuditLeaf.leaf_index == 1))
    connection.commit()
    assert {"leaf.missing", "log.shrunk"} <= kinds(verdict_on(world))


def test_a_log_cut_short_is_seen_and_never_signed_over(world, tampering):
    connection, _ = tampering
    late = select(AuditLeaf.event_id).where(AuditLeaf.leaf_index > 2)
    connection.execute(delete(AuditEvent).where(AuditEvent.id.in_(late)))
    connection.execute(delete(AuditLeaf).where(AuditLeaf.leaf_index > 2))
    connection.commit()
    assert kinds(verdict_on(world)) == {"log.shrunk"}
    with pytest.raises(LogRewritten):
        run_sequencer(world)


def test_a_log_with_another_history_is_seen(world, tampering):
    connection, _ = tampering
    connection.execute(
        update(AuditLeaf).where(AuditLeaf.leaf_index == 0).values(leaf_hash=bytes(32))
    )
    connection.commit()
    assert "log.rewritten" in kinds(verdict_on(world))


@pytest.mark.usefixtures("world_on_both")
def test_a_row_put_back_to_an_older_value_is_named(world, tampering):
    """On both databases: transaction."""
    connection, (case_id, _) = tampering
    older = connection.execute(select(Case.__table__.c.account_sealed)).scalars().first()
    connection.commit()
    coordinator = world.member("coordinator")
    with world.work_as(coordinator) as work:
        case = work.session.get_one(Case, case_id)
        before = case.account.envelope
        work.vault.seal(case.account, work.vault.open(case.account))
        work.trail.record("case:changed", case_id)
    run_sequencer(world)
    assert older is not None
    assert verdict_on(world, database=True).sound
    with world.deployment.engine.begin() as again:
        again.execute(
            update(Case.__table__).where(Case.id == case_id).values(account_sealed=before)
        )
    verdict = verdict_on(world, database=True)
    assert [(f.kind, f.where) for f in verdict.findings] == [("row.altered", f"cases/{case_id}")]


def test_two_rows_that_were_swapped_are_both_named(world, tampering):
    connection, cases = tampering
    table = Case.__table__
    cells = dict(connection.execute(select(table.c.id, table.c.identity_sealed)).all())
    for mine, other in (cases, cases[::-1]):
        connection.execute(
            update(table).where(table.c.id == mine).values(identity_sealed=cells[other])
        )
    connection.commit()
    verdict = verdict_on(world, database=True)
    assert {f.where for f in verdict.findings} == {f"cases/{case}" for case in cases}


def test_a_deleted_row_is_named(world, tampering):
    connection, (case_id, _) = tampering
    connection.execute(delete(Case.__table__).where(Case.id == case_id))
    connection.commit()
    verdict = verdict_on(world, database=True)
    assert ("row.missing", f"cases/{case_id}") in {(f.kind, f.where) for f in verdict.findings}


def test_the_checkpoint_is_a_note_that_its_verifier_opens(world):
    world.open_case()
    run_sequencer(world)
    with world.deployment.sessions() as session:
        checkpoint = latest_checkpoint(session)
        verifier = log_verifier(world.deployment.log_signing_key.public)
        assert open_note(checkpoint.note, verifier).startswith("padauk.invalid/log\n")


@pytest.mark.usefixtures("world_on_both")
def test_events_that_come_late_get_later_places(world):
    """On both databases: lock."""
    world.open_case()
    first = run_sequencer(world)
    world.open_case()
    second = run_sequencer(world)
    with world.deployment.sessions() as session:
        places = session.scalars(select(AuditLeaf.leaf_index).order_by(AuditLeaf.leaf_index)).all()
    assert list(places) == list(range(first + second))
    assert second > 0


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_two_sequencers_at_once_never_give_a_place_twice(world):
    """On PostgreSQL: race; SQLite has one writer at a time."""
    """The lease keeps them apart; should it ever fail, the primary key does."""
    world.open_case()
    deployment = world.deployment
    with deployment.sessions() as one, deployment.sessions() as two:
        sequence(one)
        one.flush()
        works = [begin_work(session, deployment, NOBODY) for session in (two,)]
        one.commit()
        with unit_of_work(works[0]) as work:
            assert sequence(work.session) == 0


@pytest.mark.usefixtures("world_on_both")
def test_a_job_runs_in_one_process_at_a_time_and_not_before_it_is_due(world):
    """On both databases: lock."""
    world.open_case()
    one, two = Worker(world.deployment), Worker(world.deployment)
    assert one.run_due()["log check"] == 0
    assert "sequencer" not in two.run_due()
    world.clock.advance(minutes=2)
    assert "sequencer" in two.run_due()


@pytest.mark.usefixtures("world_on_both")
def test_rows_that_are_forgotten_on_a_schedule_are_not_missed(world):
    """Every sign-in leaves an alert, almost always an empty one; the worker forgets them.

    On both databases: transaction.
    """
    with serve(world) as served:
        served.sign_in(world.member("volunteer"))
    run_sequencer(world)
    with world.deployment.sessions() as session:
        assert session.scalars(select(Alert)).all() != []
    assert verdict_on(world, database=True).sound
    for _ in range(2):
        world.clock.advance(days=60)
        Worker(world.deployment).run_due()
    with world.deployment.sessions() as session:
        assert session.scalars(select(Alert)).all() == []
    assert verdict_on(world, database=True).sound


def test_acts_that_overlap_in_time_are_not_taken_for_tampering(world):
    """The unit that began first commits last: its version, not its time, says that it is newer."""
    case_id = world.open_case()
    coordinator = world.member("coordinator")
    with world.deployment.sessions() as session:
        early = begin_work(session, world.deployment, coordinator.principal, coordinator.secrets)
        world.clock.advance(minutes=5)
        with world.work_as(coordinator) as late:
            seal_again(late, case_id)
        with unit_of_work(early):
            seal_again(early, case_id)
    run_sequencer(world)
    verdict = verdict_on(world, database=True)
    assert verdict.sound, verdict.findings


def seal_again(work, case_id):
    case = work.session.get_one(Case, case_id)
    work.vault.seal(case.account, work.vault.open(case.account))
    work.trail.record(EventKind.CASE_CHANGED, case_id)


def test_a_log_that_was_never_signed_is_not_sound(world):
    world.open_case()
    verdict = verdict_on(world)
    assert kinds(verdict) == {"checkpoint.missing"}
    assert verdict.unsequenced > 0
    assert verdict.unsequenced_since == world.clock.at.date()


def test_what_waits_for_the_sequencer_is_counted(world):
    world.open_case()
    run_sequencer(world)
    assert verdict_on(world).unsequenced == 0
    world.open_case()
    verdict = verdict_on(world)
    assert verdict.sound
    assert verdict.unsequenced > 0


def test_a_case_whose_share_is_gone_though_nobody_erased_it_is_named(world):
    case_id = world.open_case()
    run_sequencer(world)
    with world.deployment.sessions() as session:
        share_id = session.get_one(Case, case_id).share_id
    world.deployment.keystore.destroy([share_id])
    verdict = verdict_on(world, database=True)
    assert [(finding.kind, finding.where) for finding in verdict.findings] == [
        ("share.missing", str(case_id))
    ]


@pytest.mark.parametrize("column", ["note", "edge"])
def test_the_sequencer_signs_nothing_after_a_checkpoint_that_was_altered(world, column):
    world.open_case()
    run_sequencer(world)
    with world.deployment.sessions() as session, session.begin():
        newest = latest_checkpoint(session)
        forged = (
            newest.note.replace("\n\u2014 ", "\n\u2014 x", 1) if column == "note" else bytes(32)
        )
        if column == "edge":
            forged = bytes(len(newest.edge))
        session.execute(
            update(AuditCheckpoint).where(AuditCheckpoint.id == newest.id).values({column: forged}),
            execution_options={"housekeeping": "an insider"},
        )
    world.open_case()
    with pytest.raises(LogRewritten):
        run_sequencer(world)


def test_a_turn_of_the_sequencer_reads_only_what_was_added(world):
    """Its statements look at no leaf under the signed size but the last one."""
    for _ in range(3):
        world.open_case()
        run_sequencer(world)
    with world.deployment.sessions() as session:
        signed = latest_checkpoint(session).size
    world.open_case()
    before = verdict_on(world).unsequenced
    with recorded(world.deployment.engine) as statements:
        assert run_sequencer(world) == before
    read = [s for s in statements if "FROM audit_leaves" in s and "leaf_hash" in s.split("FROM")[0]]
    assert len(read) == 1
    assert "leaf_index >= " in read[0]
    assert signed > before
    of_events = [s for s in statements if "FROM audit_events" in s]
    assert of_events
    assert all("JOIN audit_unsequenced" in s and "OUTER" not in s for s in of_events)


def test_an_event_whose_waiting_row_was_deleted_gets_its_place_after_the_daily_check(world):
    world.open_case()
    run_sequencer(world)
    world.open_case()
    with world.deployment.sessions() as session, session.begin():
        session.execute(delete(UnsequencedEvent), execution_options={"housekeeping": "an insider"})
    assert run_sequencer(world) == 0
    assert verdict_on(world).unsequenced > 0
    Worker(world.deployment).run_due()
    run_sequencer(world)
    verdict = verdict_on(world)
    assert (verdict.sound, verdict.unsequenced) == (True, 0)


def test_the_daily_check_of_the_log_holds_up_no_writer(world, monkeypatch):
    world.open_case()
    run_sequencer(world)

    def write_meanwhile(session: Session, verifier: Verifier) -> LogVerification:
        found = verify_log(session, verifier)
        world.open_case()
        return found

    monkeypatch.setattr("app.worker.verify_log", write_meanwhile)
    job = next(job for job in JOBS if job.name == "log check")
    assert Worker(world.deployment, [job]).run_due()["log check"] > 0


def test_a_verification_holds_up_no_writer(world):
    world.open_case()
    run_sequencer(world)
    with world.deployment.open_snapshot() as session:
        session.scalar(select(AuditEvent.id).limit(1))
        world.open_case()
        verdict = verify_log(session, log_verifier(world.deployment.log_signing_key.public))
    assert verdict.sound
    assert verdict.unsequenced == 0, "the snapshot is older than the second case"
