"""What an edit replaced is destroyed by the worker's pass, 30 days after the edit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.audit.events import EventKind
from app.audit.models import AuditEvent
from app.cases.models import Contact, ReplacedCell
from app.cases.service import CaseChange, change_case, read_case
from app.retention import passes
from app.retention.due import read_facts
from app.retention.schedule import REPLACED_DAYS
from app.store.models import ErasedPart
from app.work import ANY_VERSION
from tests.retention.steps import verify_all
from tests.retention.test_holds import agree, ask
from tests.retention.test_nothing_left import files_of

PHONE = "09 771 111 222"


@pytest.fixture
def case_id(world):
    made = world.open_case()
    with world.work_as(world.member("coordinator"), based_on=ANY_VERSION) as work:
        contact = read_case(work, made).contact
        change_case(work, made, CaseChange(contact=Contact(contact.channel, phones=(PHONE,))))
    return made


def run_after(world, days):
    world.clock.advance(days=days)
    passes.run_pass(world.deployment)


def fields_left(world):
    with world.deployment.sessions() as session:
        return list(session.scalars(select(ReplacedCell.field)))


def test_what_an_edit_replaced_stays_for_thirty_days_and_then_goes(world, case_id):
    run_after(world, REPLACED_DAYS - 1)
    assert fields_left(world) == ["contact"]
    run_after(world, 1)
    assert fields_left(world) == []
    with world.work_as(world.member("coordinator")) as work:
        assert PHONE.replace(" ", "") in read_case(work, case_id).contact.phones[0].replace(" ", "")


def test_its_end_is_on_record_and_the_log_verifies(world, case_id):
    run_after(world, REPLACED_DAYS)
    with world.deployment.sessions() as session:
        kinds = list(session.scalars(select(AuditEvent.action)))
    assert kinds.count(EventKind.CASE_REPLACED_ERASED) == 1
    assert verify_all(world).findings == []


def test_its_end_is_no_word_of_the_person(world, case_id):
    edited_on = world.clock().date()
    run_after(world, REPLACED_DAYS)
    with world.work_as(None) as work:
        case = work.session.get_one(passes.Case, case_id)
        assert read_facts(work, [case])[case_id].last_word_on == edited_on


@pytest.mark.parametrize("what", [None, ErasedPart.CONTACT])
def test_a_hold_on_its_case_or_its_part_keeps_it(world, case_id, what):
    agree(world, ask(world, case_id, what, days=60))
    run_after(world, REPLACED_DAYS)
    assert fields_left(world) == ["contact"]
    run_after(world, 31)
    assert fields_left(world) == []


def test_a_hold_on_another_part_keeps_nothing_of_it(world, case_id):
    agree(world, ask(world, case_id, ErasedPart.ACCOUNT))
    run_after(world, REPLACED_DAYS)
    assert fields_left(world) == []


def test_another_day_in_the_row_shortens_no_time(world, case_id):
    with world.deployment.engine.begin() as connection:
        earlier = world.clock().date() - timedelta(days=400)
        connection.execute(update(ReplacedCell).values(replaced_on=earlier))
    run_after(world, 1)
    assert fields_left(world) == ["contact"]


def test_no_file_of_sqlite_holds_it_after_the_workers_turn(world, case_id):
    with world.deployment.sessions() as session:
        sealed = session.scalars(select(ReplacedCell)).one().contact.envelope[-24:]
    world.clock.advance(days=REPLACED_DAYS)
    assert sealed in files_of(world), "the search finds what is there"
    with world.work_as(None) as work:
        passes.take_turn(work)
    assert fields_left(world) == []
    assert sealed not in files_of(world)
