"""A case, or a part of it, is destroyed for good; what is left is a certificate."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.audit.events import EventKind
from app.cases.models import Case, CaseNote, CaseStatus, Channel, Contact
from app.cases.moves import move_case
from app.cases.service import add_note, get_case, read_case
from app.casework.erased import raise_if_erased
from app.errors import IdTaken
from app.intake.service import open_case
from app.models import metadata
from app.permissions import Compartment
from app.retention.destruction import Order, destroy
from app.retention.models import Destruction, DestructionStep
from app.store.journal import WHOLE
from app.vault.errors import CaseErased, PartErased, Tampered
from app.vault.models import ScopeRow
from tests.retention.steps import closed_case
from tests.support.intake_steps import WALKER


def test_of_a_destroyed_case_no_row_names_it_but_its_tombstone(world):
    case_id, other = closed_case(world), world.open_case()
    assert destroy(world.deployment, [Order(case_id, "case")]) == 1
    with world.deployment.sessions() as session:
        for table in metadata.sorted_tables:
            if "case_id" in table.c:
                named = session.execute(select(table).where(table.c.case_id == case_id)).all()
                assert len(named) == (table.name == "destructions"), table.name
        assert session.get(Case, other) is not None
        one = session.scalars(select(Destruction)).one()
    assert (one.step, one.what, one.rule) == (DestructionStep.CERTIFIED, WHOLE, "case")
    assert one.cells >= 7
    assert one.rows > 10
    assert world.deployment.keystore.find([one.share_id]) == {}


def test_who_could_see_a_case_hears_that_it_was_erased_and_nobody_else(world):
    case_id = closed_case(world)
    destroy(world.deployment, [Order(case_id, "case")])
    with world.work_as(world.member("coordinator")) as work:
        with pytest.raises(CaseErased) as told:
            get_case(work, case_id)
        number = work.session.scalars(select(Destruction.id)).one()
    assert told.value.certificate == number
    for stranger in (world.member("vetter"), world.member("coordinator", team=2)):
        with world.work_as(stranger) as work:
            raise_if_erased(work, case_id)


def test_an_intake_that_comes_again_does_not_open_a_destroyed_case(world):
    """A phone that was offline for long sends it under the id that it proposed."""
    case_id = closed_case(world)
    destroy(world.deployment, [Order(case_id, "case")])
    with world.work_as(world.member("volunteer")) as work, pytest.raises(IdTaken):
        open_case(work, replace(WALKER, id=case_id))


def test_a_destroyed_part_stays_shut_and_the_rest_of_the_case_opens(world):
    case_id = closed_case(world)
    destroy(world.deployment, [Order(case_id, "contact", "contact")])
    with world.work_as(world.member("coordinator")) as work:
        read = read_case(work, case_id)
        assert read.contact is None
        assert read.identity.name == "Ko Thiha Zin"
        case = get_case(work, case_id)
        assert case.contact.envelope is None
        one = work.session.scalars(select(Destruction)).one()
        assert (one.cells, one.rows, one.what) == (1, 1, "contact")


def test_a_part_that_is_written_again_opens_and_what_was_before_does_not(world):
    case_id = closed_case(world)
    with world.deployment.sessions() as session:
        before = session.get_one(Case, case_id).contact.envelope
    destroy(world.deployment, [Order(case_id, "contact", "contact")])
    with world.work_as(world.member("coordinator")) as work:
        case = get_case(work, case_id)
        move_case(work, case, CaseStatus.ACTIVE)
        work.vault.seal(case.contact, Contact(Channel.PHONE, ("+95911",)))
        work.trail.record(EventKind.CASE_CHANGED, case.id)
    with world.work_as(world.member("coordinator")) as work:
        case = get_case(work, case_id)
        assert work.vault.open(case.contact).phones == ("+95911",)
        case.contact.envelope = before
        with pytest.raises(Tampered):
            work.vault.open(case.contact)
        work.session.rollback()


def test_what_another_process_destroyed_is_not_sealed_with_a_cached_share(world):
    """The cache of a process lives for a minute; what it sealed would be lost."""
    case_id = world.open_case()
    with world.work_as(world.member("coordinator")) as work:
        share_id = get_case(work, case_id).share_id
    cached = dict(world.deployment.keystore._cache)
    world.deployment.keystore.destroy([share_id], [Compartment.ACCOUNT])
    world.deployment.keystore._cache = cached
    with world.work_as(world.member("coordinator")) as work:
        note = add_note(work, case_id, "called again")
    world.deployment.keystore._cache.clear()
    with world.work_as(world.member("coordinator")) as work:
        assert work.vault.open(work.session.get_one(CaseNote, note.id).text).text == "called again"


def test_an_active_case_is_not_destroyed(world):
    case_id = world.open_case()
    with world.work_as(world.member("coordinator")) as work:
        case = get_case(work, case_id)
        move_case(work, case, CaseStatus.VETTING)
        work.session.flush()
        move_case(work, case, CaseStatus.ACTIVE)
    assert destroy(world.deployment, [Order(case_id, "case")]) == 0
    with world.work_as(world.member("coordinator")) as work:
        assert read_case(work, case_id).identity is not None


def test_parts_are_cut_from_their_case_when_it_goes(world):
    case_id = closed_case(world)
    destroy(world.deployment, [Order(case_id, "contact", "contact")])
    destroy(world.deployment, [Order(case_id, "account", "account"), Order(case_id, "case")])
    with world.deployment.sessions() as session:
        found = {one.what: one for one in session.scalars(select(Destruction))}
    assert {what: one.case_id for what, one in found.items()} == {
        "contact": None,
        "account": None,
        WHOLE: case_id,
    }
    assert all(one.certificate for one in found.values())


def test_each_destruction_has_one_entry_in_the_journal(world):
    first, second = closed_case(world), closed_case(world)
    destroy(world.deployment, [Order(first, "contact", "contact")])
    destroy(world.deployment, [Order(first, "case"), Order(second, "case")])
    journal = world.deployment.keystore.journal
    entries = journal.entries()
    kinds = [entry.kind for entry in entries if entry.part is not None]
    assert kinds == ["share:contact", "share:all", "share:all"]
    journal.verify(entries)


def test_a_share_that_is_gone_raises_part_erased_until_it_is_sealed_again(world):
    case_id = world.open_case()
    with world.work_as(world.member("coordinator")) as work:
        share_id = get_case(work, case_id).share_id
    world.deployment.keystore.destroy([share_id], [Compartment.IDENTITY])
    with world.work_as(world.member("coordinator")) as work:
        with pytest.raises(PartErased):
            work.vault.open(get_case(work, case_id).identity)
        scopes = work.session.scalars(select(ScopeRow).where(ScopeRow.case_id == case_id)).all()
        assert scopes
