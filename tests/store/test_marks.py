"""Marks are promised before a commit, count once confirmed, and are settled after a death."""

from __future__ import annotations

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError

from app.audit.events import EventKind
from app.audit.trail import has_event
from app.deployment import Deployment
from app.errors import IntegrityFault, OutcomeUnknown
from app.permissions import Role
from app.store import mark_reader
from app.store import marks as module
from app.store.base import new_id
from app.store.mark_reader import Promised
from app.store.marks import KeystoreReplaced
from app.store.models import KeystoreIdentity, RowMark
from app.vault.models import Grant
from app.worker import settle_marks

PLACE = ("grants", "0" * 32)


@pytest.fixture
def marks(world):
    return world.deployment.marks


@pytest.fixture
def main(world):
    with world.deployment.engine.begin() as connection:
        yield connection


@pytest.fixture
def other(world):
    """The marks as another process reads them."""
    deployment = Deployment.build(
        world.deployment.settings, world.founded.root, boot_key=bytes(32), clock=world.clock
    )
    yield deployment.marks
    deployment.close()


def promise(marks, main, least, *, unit=None, for_good=False, committed=False):
    unit = unit or new_id()
    marks.promise(main, unit, {PLACE: Promised(least, for_good)}, lambda *_: committed)
    return unit


def least_of(marks):
    marks.refresh()
    return marks.least(*PLACE)


def logged_event(world):
    """The first event of a unit that was committed."""
    with world.work_as(None) as work:
        return work.trail.record(EventKind.CLOCK_TRUSTED)


def test_what_is_promised_counts_only_once_it_is_confirmed(marks, main):
    unit = promise(marks, main, 4)
    assert least_of(marks) == 0
    marks.confirm(unit)
    assert least_of(marks) == 4


def test_what_is_withdrawn_never_counts(marks, main):
    marks.withdraw(promise(marks, main, 4))
    assert least_of(marks) == 0
    marks.confirm(promise(marks, main, 5))
    marks.withdraw(promise(marks, main, 6))
    assert least_of(marks) == 5


def test_another_process_sees_it_from_its_next_transaction_on(marks, main, other):
    assert least_of(other) == 0
    marks.confirm(promise(marks, main, 4))
    assert least_of(other) == 4


def test_a_version_that_was_there_before_is_not_promised_again(marks, main):
    """Its row was put back, and is about to be changed a second time."""
    marks.confirm(promise(marks, main, 4))
    with pytest.raises(IntegrityFault):
        promise(marks, main, 4)


def test_of_two_units_that_commit_one_row_the_second_is_run_again(world, monkeypatch):
    """The first of the two is still at it."""
    marks = world.deployment.marks
    monkeypatch.setattr(module, "_status_of", lambda *_: "in progress")
    with world.deployment.engine.begin() as main:
        promise(marks, main, 4)
        with pytest.raises(StaleDataError):
            promise(marks, main, 4)


def test_a_unit_that_died_after_its_commit_is_confirmed(world, marks):
    unit = logged_event(world)
    with world.deployment.engine.begin() as main:
        marks.promise(main, unit, {PLACE: Promised(4, for_good=False)}, has_event)
    with world.work_as(None) as work:
        assert settle_marks(work) == 1
        assert settle_marks(work) == 0
    assert least_of(marks) == 4


def test_a_unit_that_died_before_its_commit_is_withdrawn(world, marks):
    with world.deployment.engine.begin() as main:
        promise(marks, main, 4)
    with world.work_as(None) as work:
        assert settle_marks(work) == 1
    assert least_of(marks) == 0


def test_the_next_unit_that_needs_the_row_settles_the_one_that_died(world, marks):
    with world.deployment.engine.begin() as main:
        promise(marks, main, 4, committed=True)
        marks.confirm(promise(marks, main, 5, committed=True))
    assert least_of(marks) == 5


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_transaction_that_runs_is_left_alone_and_one_that_was_rolled_back_is_not(world):
    """On PostgreSQL: transaction. SQLite has one writer at a time."""
    marks, engine = world.deployment.marks, world.deployment.engine
    with engine.connect() as main, main.begin() as running:
        marks.promise(main, new_id(), {PLACE: Promised(4, for_good=False)}, has_event)
        with engine.begin() as another:
            assert marks.settle(another, has_event) == 0
        running.rollback()
    with engine.begin() as another:
        assert marks.settle(another, has_event) == 1
    assert least_of(marks) == 0


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_number_of_another_server_is_not_believed(world):
    """On PostgreSQL: transaction. After a move to another server its numbers say nothing."""
    marks, unit = world.deployment.marks, logged_event(world)
    with world.deployment.engine.begin() as main:
        marks.promise(main, unit, {PLACE: Promised(4, for_good=False)}, has_event)
    with world.deployment.keystore.engine.begin() as connection:
        connection.execute(update(RowMark).values(transaction=2**40))
    with world.deployment.engine.begin() as main:
        assert marks.settle(main, has_event) == 1
    assert least_of(marks) == 4


def test_an_older_keystore_in_the_place_of_a_newer_one_stops_everything(world, marks):
    marks.refresh()
    with world.deployment.keystore.engine.begin() as connection:
        connection.execute(update(KeystoreIdentity).values(number=0))
    with pytest.raises(KeystoreReplaced):
        marks.refresh()


def test_a_unit_whose_commit_fails_leaves_no_promise(world, marks):
    case_id = world.open_case()

    def refuse(_):
        raise OperationalError("COMMIT", None, Exception("disk full"))

    event.listen(world.deployment.engine, "commit", refuse)
    with (
        pytest.raises((OperationalError, OutcomeUnknown)),
        world.work_as(world.member(Role.COORDINATOR)) as work,
    ):
        work.grants.end(case_id)
    event.remove(world.deployment.engine, "commit", refuse)
    with world.work_as(None) as work:
        settle_marks(work)
    assert not count_of(world, RowMark.pending.is_not(None))
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        assert work.grants.end(case_id)


def test_a_keystore_that_fails_after_the_commit_leaves_the_outcome_unknown(
    world, marks, monkeypatch
):
    """The worker confirms it within the minute, and a request that is sent again finds it done."""
    case_id = world.open_case()

    def fail(_):
        raise OperationalError("UPDATE", None, Exception("gone"))

    with monkeypatch.context() as patched:
        patched.setattr(type(marks), "confirm", lambda _, unit: fail(unit))
        with (
            pytest.raises(OutcomeUnknown),
            world.work_as(world.member(Role.COORDINATOR)) as work,
        ):
            work.grants.end(case_id)
    with world.work_as(None) as work:
        assert settle_marks(work) == 1
    with world.deployment.sessions() as session:
        ended = session.scalars(select(Grant).where(Grant.case_id == case_id)).all()
        assert all(marks.least("grants", grant.id.hex) == grant.version for grant in ended)


def count_of(world, *where):
    with world.deployment.keystore.engine.connect() as connection:
        query = select(func.count()).select_from(RowMark.__table__).where(*where)
        return connection.execute(query).scalar_one()


def test_marks_that_are_for_good_stay_when_others_are_taken_back(world, marks):
    later = ("funds", "1" * 32)
    with world.deployment.engine.begin() as main:
        marks.confirm(promise(marks, main, 4, for_good=True))
        unit = new_id()
        marks.promise(main, unit, {later: Promised(7, for_good=False)}, has_event)
        marks.confirm(unit)
        promise(marks, main, 9)
        assert marks.take_back(main, has_event) >= 1
    marks.refresh()
    assert (marks.least(*PLACE), marks.least(*later)) == (4, 0)


def test_the_journal_carries_the_marks_that_are_for_good(world, marks, new_world):
    older = new_world()
    journal = older.deployment.keystore.journal
    with older.deployment.engine.begin() as main:
        older.deployment.marks.confirm(promise(older.deployment.marks, main, 4, for_good=True))
        older.deployment.marks.confirm(promise(older.deployment.marks, main, 6, for_good=True))
    assert least_of(marks) == 0
    world.deployment.keystore.journal.apply(journal.entries())
    assert least_of(marks) == 6
    assert marks.count_lost(journal.entries()) == 0
    assert marks.count_altered() == 0


def test_an_entry_of_the_journal_lowers_no_mark(world, marks, new_world):
    older = new_world()
    with older.deployment.engine.begin() as main:
        older.deployment.marks.confirm(promise(older.deployment.marks, main, 4, for_good=True))
    with world.deployment.engine.begin() as main:
        marks.confirm(promise(marks, main, 9))
    world.deployment.keystore.journal.apply(older.deployment.keystore.journal.entries())
    assert least_of(marks) == 9


def test_what_is_known_is_bounded(marks, monkeypatch):
    monkeypatch.setattr(mark_reader, "_MOST_KNOWN", 10)
    for number in range(40):
        marks.read_ahead("grants", [f"{number:032x}"])
        assert len(marks._least) <= 10


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_connection_that_the_server_closed_is_opened_again(world):
    """On PostgreSQL: lock. Only a server ends connections that lie still."""
    marks = world.deployment.marks
    marks.refresh()
    with world.deployment.keystore.engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert least_of(marks) == 0


def test_a_page_of_rows_reads_their_marks_in_one_query(world, marks):
    ids = [f"{number:032x}" for number in range(50)]
    assert least_of(marks) == 0
    asked = []
    event.listen(
        world.deployment.keystore.engine, "before_cursor_execute", lambda *seen: asked.append(seen)
    )
    marks.read_ahead("cases", ids)
    assert len(asked) == 1
    assert [marks.least("cases", row_id) for row_id in ids] == [0] * 50
    assert len(asked) == 1
