"""Verification knows an erased case by its certificate, and names what is gone without one."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import delete, insert, select, update

from app.audit.models import AuditEvent
from app.cases.models import Case
from app.cases.service import get_case
from app.models import metadata
from app.retention.destruction import AT_ONCE, Order, destroy
from app.retention.models import RESTORED, Destruction, DestructionStep
from app.retention.orders import order_mac
from app.retention.passes import run_pass
from app.store.base import new_id
from app.store.journal import WHOLE
from app.store.models import DestroyedShare, ErasedPart, ErasureShare
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


def plant(world, case_id, /, **changed):
    """Write a destruction of a case, as somebody who writes to the database."""
    with world.deployment.sessions() as session:
        share_id = session.scalars(select(Case.share_id).where(Case.id == case_id)).one()
        values = {
            "id": new_id(), "what": WHOLE, "case_id": case_id, "share_id": share_id,
            "rule": "case", "step": DestructionStep.BEGUN, "made_on": world.clock().date(),
            "codes_die": False, "half_year": "2026-1", "cells": 0, "rows": 0,
            "digest_before": bytes(32), "order_mac": bytes(32),
        } | changed  # fmt: skip
        session.execute(insert(Destruction).values(**values))
        session.commit()


def opens(world, case_id):
    with world.work_as(world.member("volunteer")) as work:
        return bool(work.vault.open(get_case(work, case_id).identity).name)


@pytest.mark.parametrize("step", [DestructionStep.BEGUN, DestructionStep.CLEARED])
@pytest.mark.parametrize("rule", ["case", RESTORED])
def test_a_destruction_that_somebody_wrote_destroys_nothing_and_is_named(world, step, rule):
    case_id = world.open_case()
    plant(world, case_id, step=step, rule=rule)
    run_pass(world.deployment)
    assert opens(world, case_id)
    assert kinds(world) == {"destruction.planted"}


@pytest.mark.parametrize("column", ["share_id", "case_id", "what", "rule", "codes_die"])
def test_a_destruction_led_to_something_else_destroys_nothing(world, column):
    """What was ordered for one case is not carried out on another, nor on more of it."""
    case_id, other = closed_case(world), world.open_case()
    with world.deployment.sessions() as session:
        shares = {row.id: row.share_id for row in session.scalars(select(Case))}
    order = Destruction(
        what="contact", case_id=case_id, share_id=shares[case_id], rule="contact",
        step=DestructionStep.BEGUN, made_on=world.clock().date(), codes_die=False,
        half_year="2026-1", cells=0, rows=0, digest_before=bytes(32),
    )  # fmt: skip
    led = {
        "share_id": shares[other], "case_id": other, "what": WHOLE, "rule": RESTORED,
        "codes_die": True,
    }  # fmt: skip
    mac = order_mac(world.deployment, order)
    kept = {c.key: getattr(order, c.key) for c in Destruction.__table__.columns}
    plant(world, case_id, **kept | {"order_mac": mac, column: led[column]})
    run_pass(world.deployment)
    found = world.deployment.keystore.find(set(shares.values()))
    assert set(found) == set(shares.values())
    assert all(row.part(part) is not None for row in found.values() for part in ErasedPart)


def test_a_crowd_of_planted_destructions_holds_up_no_other(world):
    living, ended = world.open_case(), closed_case(world)
    for number in range(AT_ONCE + 1):
        plant(world, living, id=UUID(int=number))
    destroy(world.deployment, [Order(ended, "case")])
    with world.deployment.sessions() as session:
        done = session.scalars(select(Destruction).where(Destruction.case_id == ended)).one()
    assert done.step is DestructionStep.CERTIFIED
