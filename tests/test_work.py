"""One unit of work, one commit: everything or nothing, and never without a trace.

On both databases: transaction.
"""

from __future__ import annotations

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.audit.models import AuditEvent
from app.audit.trail import Trail, read_detail
from app.cases.models import Case, CaseStatus
from app.errors import PreconditionMissing, Stale
from app.work import UnauditedWrite

pytestmark = pytest.mark.usefixtures("world_on_both")


def events(world):
    with world.deployment.sessions() as session:
        return session.scalars(select(AuditEvent)).all()


def test_a_write_without_a_trail_rolls_back(world, monkeypatch):
    monkeypatch.setattr(Trail, "record", lambda *_, **__: None)
    before = len(events(world))
    with pytest.raises(UnauditedWrite):
        world.open_case()
    with world.deployment.sessions() as session:
        assert session.scalars(select(Case)).all() == []
    assert len(events(world)) == before


def test_a_bulk_write_without_a_trail_rolls_back(world):
    case_id = world.open_case()
    with pytest.raises(UnauditedWrite), world.work_as(world.member("coordinator")) as work:
        work.session.execute(update(Case).values(status=CaseStatus.CLOSED))
    with world.deployment.sessions() as session:
        assert session.get_one(Case, case_id).status is CaseStatus.SUBMITTED


def test_an_event_on_one_case_does_not_explain_a_write_on_another(world):
    mine, other = world.open_case(), world.open_case()
    with pytest.raises(UnauditedWrite), world.work_as(world.member("coordinator")) as work:
        work.session.get_one(Case, other).status = CaseStatus.DECLINED
        work.trail.record("case:moved", mine)


def test_what_raises_leaves_nothing_behind(world):
    case_id = world.open_case()
    before = len(events(world))

    class Interrupted(Exception): ...

    with pytest.raises(Interrupted), world.work_as(world.member("coordinator")) as work:
        case = work.session.get_one(Case, case_id)
        work.vault.open(case.identity)
        case.status = CaseStatus.DECLINED
        work.trail.record("case:moved", case_id)
        raise Interrupted
    assert len(events(world)) == before
    with world.deployment.sessions() as session:
        assert session.get_one(Case, case_id).status is CaseStatus.SUBMITTED


def test_a_commit_that_fails_is_never_a_success(world, monkeypatch):
    def refuse(_: Session) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(Session, "commit", refuse)
        with pytest.raises(OSError, match="disk full"):
            world.open_case()
    with world.deployment.sessions() as session:
        assert session.scalars(select(Case)).all() == []


def test_a_change_based_on_an_old_version_is_refused(world):
    case_id = world.open_case()
    coordinator = world.member("coordinator")
    with world.work_as(coordinator, based_on=1) as work:
        case = work.session.get_one(Case, case_id)
        work.claim(case)
        case.status = CaseStatus.DECLINED
        work.trail.record("case:moved", case_id)
    with pytest.raises(Stale) as stale, world.work_as(coordinator, based_on=1) as work:
        work.claim(work.session.get_one(Case, case_id))
    assert stale.value.current == 2
    assert stale.value.changed == ("case:moved",)


def test_a_change_that_does_not_say_what_it_is_based_on_is_refused(world):
    case_id = world.open_case()
    with (
        pytest.raises(PreconditionMissing),
        world.work_as(world.member("coordinator"), based_on=None) as work,
    ):
        work.claim(work.session.get_one(Case, case_id))


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_of_two_changes_at_once_the_slower_is_refused(world):
    """SQLite has one writer: there the two follow one another, and ``claim`` decides."""
    case_id = world.open_case()
    coordinator = world.member("coordinator")
    with pytest.raises(StaleDataError), world.work_as(coordinator) as slow:
        case = slow.session.get_one(Case, case_id)
        with world.work_as(coordinator) as fast:
            fast.session.get_one(Case, case_id).status = CaseStatus.DECLINED
            fast.trail.record("case:moved", case_id)
        case.status = CaseStatus.CLOSED
        slow.trail.record("case:moved", case_id)


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_events SET action = 'x'", "DELETE FROM audit_events"]
)
def test_the_database_itself_refuses_to_change_an_event(world, statement):
    world.open_case()
    with (
        pytest.raises(DBAPIError, match="insert-only"),
        world.deployment.engine.begin() as connection,
    ):
        connection.execute(text(statement))


def test_an_event_says_who_and_when_only_to_the_case_s_log_key(world):
    case_id = world.open_case()
    volunteer = world.member("volunteer")
    with world.work_as(world.member("coordinator")) as work:
        key = work.keyring.log_key(case_id)
        opened = [
            event
            for event in work.session.scalars(select(AuditEvent))
            if event.action == "case:opened"
        ]
        detail = read_detail(opened[0], key, world.deployment.organisation)
    assert (detail.actor, detail.case, detail.at) == (volunteer.id, case_id, world.clock())
    stored = b"".join(
        bytes(value) if isinstance(value, bytes) else str(value).encode()
        for event in events(world)
        for value in vars(event).values()
    )
    assert volunteer.id.bytes not in stored
    assert str(volunteer.id).encode() not in stored
    assert case_id.bytes not in stored


def test_every_write_leaves_the_digest_of_the_rows_that_were_written(world):
    case_id = world.open_case()
    with world.work_as(world.member("coordinator")) as work:
        key = work.keyring.log_key(case_id)
        details = [
            read_detail(event, key, world.deployment.organisation)
            for event in work.session.scalars(select(AuditEvent))
            if event.action in {"case:opened", "grant:given"}
        ]
    (written,) = [set(detail.rows) for detail in details if detail.rows]
    assert f"cases/{case_id}" in written
    assert {place.partition("/")[0] for place in written} == {
        "cases", "scopes", "bundles", "grants",
    }  # fmt: skip
