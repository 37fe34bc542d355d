"""Verification knows an erased case by its certificate, and names what is gone without one."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update

from app.audit.models import AuditEvent
from app.models import metadata
from app.retention.destruction import Order, destroy
from app.retention.models import Destruction
from app.store.models import DestroyedShare, ErasureShare
from tests.retention.steps import closed_case, verify_all


def kinds(world):
    return {finding.kind for finding in verify_all(world).findings}


@pytest.fixture
def erased(world):
    case_id = closed_case(world)
    world.open_case()
    destroy(world.deployment, [Order(case_id, "case")])
    return case_id


def test_destroyed_parts_and_cases_verify(world, erased):
    other = closed_case(world)
    destroy(world.deployment, [Order(other, "contact", "contact"), Order(other, "route", "route")])
    verdict = verify_all(world)
    assert verdict.findings == []
    assert verdict.erased_cases == 1


def test_a_case_that_somebody_deleted_with_every_row_is_a_finding(world):
    case_id = world.open_case()
    world.open_case()
    assert kinds(world) == set()
    with world.deployment.engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            if "case_id" in table.c:
                connection.execute(delete(table).where(table.c.case_id == case_id))
    assert kinds(world) == {"case.missing"}


def test_a_tombstone_that_is_deleted_leaves_events_of_nobody(world, erased):
    with world.deployment.engine.begin() as connection:
        connection.execute(delete(Destruction.__table__))
    assert kinds(world) == {"case.missing"}


def test_a_certificate_that_was_altered_or_planted_is_a_finding(world, erased):
    with world.deployment.engine.begin() as connection:
        note = connection.scalar(select(Destruction.certificate))
        forged = note.replace("\nrule case\n", "\nrule mine\n")
        connection.execute(update(Destruction).values(certificate=forged))
    assert kinds(world) == {"certificate.invalid"}


def test_a_journal_that_lost_an_entry_is_a_finding(world, erased):
    with world.deployment.keystore.engine.begin() as connection:
        connection.execute(delete(DestroyedShare))
    assert kinds(world) == {"journal.missing"}


def test_a_part_whose_share_is_gone_without_an_entry_is_a_finding(world):
    world.open_case()
    with world.deployment.keystore.engine.begin() as connection:
        connection.execute(update(ErasureShare).values(contact=None))
    world.deployment.keystore._cache.clear()
    assert kinds(world) == {"share.missing"}


def test_a_share_that_came_back_is_a_finding(world):
    case_id = closed_case(world)
    with world.deployment.keystore.engine.connect() as connection:
        before = [
            dict(row) for row in connection.execute(select(ErasureShare.__table__)).mappings()
        ]
    destroy(world.deployment, [Order(case_id, "case")])
    with world.deployment.keystore.engine.begin() as connection:
        connection.execute(delete(ErasureShare))
        connection.execute(ErasureShare.__table__.insert(), before)
    assert kinds(world) == {"share.returned"}


def test_what_was_done_about_a_case_after_its_end_is_no_finding(world, erased):
    with world.work_as(world.member("coordinator")) as work:
        work.trail.record("request:denied", erased)
    assert kinds(world) == set()


def test_events_of_an_erased_case_stay_and_say_nothing(world, erased):
    with world.deployment.sessions() as session:
        tag = session.scalars(select(Destruction.subject_tag)).one()
        events = session.scalars(select(AuditEvent).where(AuditEvent.subject_tag == tag)).all()
    assert len(events) >= 4
