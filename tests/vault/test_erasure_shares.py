"""A part of a case is erased by its share alone: what shares its row goes on opening."""

from __future__ import annotations

import pytest
from sqlalchemy import event, select

from app.audit.models import AuditEvent
from app.audit.trail import read_detail, subject_tag
from app.cases.models import Case
from app.cases.service import read_case
from app.permissions import Compartment
from app.store.keystore import SHARE_BYTES
from app.store.models import SHARED_COMPARTMENTS, ErasedPart, ErasureShare, KeystoreBase
from app.vault.errors import CaseErased, PartErased
from app.vault.scopes import Scope

CELLS = {Compartment(name): name for name in ("identity", "contact", "account", "reporting")}


def share_id_of(world, case_id):
    with world.deployment.sessions() as session:
        return session.get_one(Case, case_id).share_id


def erase(world, case_id, *compartments):
    keystore = world.deployment.keystore
    return keystore.destroy([share_id_of(world, case_id)], compartments)


def test_every_compartment_of_a_case_and_its_log_have_a_share_of_their_own(world):
    world.open_case()
    assert set(SHARED_COMPARTMENTS) == set(Compartment) - {Compartment.DIRECTORY}
    with world.deployment.keystore.engine.connect() as connection:
        row = connection.execute(select(ErasureShare.__table__)).mappings().first()
    assert set(SHARED_COMPARTMENTS) < set(ErasedPart)
    shares = [row["log"], *(row[part.value] for part in ErasedPart)]
    assert len(set(shares)) == len(ErasedPart) + 1
    assert {len(share) for share in shares} == {SHARE_BYTES}


@pytest.mark.parametrize("gone", CELLS)
def test_an_erased_part_stays_shut_and_the_others_open(world, gone):
    case_id = world.open_case()
    assert erase(world, case_id, gone) == 1
    with world.work_as(world.member("coordinator")) as work:
        case = work.session.get_one(Case, case_id)
        with pytest.raises(PartErased) as refusal:
            work.vault.open(getattr(case, CELLS[gone]))
        assert refusal.value.field == gone.value
        for compartment in CELLS.keys() - {gone}:
            assert work.vault.open(getattr(case, CELLS[compartment]))
        assert not work.grants.holds(case_id, Scope(gone))


def test_custody_opens_no_erased_part(world):
    case_id = world.open_case()
    erase(world, case_id, Compartment.CONTACT)
    with world.work_as(world.member("lead")) as work:
        work.custody.open_cases([case_id])
        case = work.session.get_one(Case, case_id)
        with pytest.raises(PartErased):
            work.vault.open(case.contact)
        assert work.vault.open(case.identity).name == "Ko Thiha Zin"


def test_a_case_with_an_erased_part_is_read_and_listed_without_it(world):
    case_id, other = world.open_case(), world.open_case()
    erase(world, case_id, Compartment.CONTACT)
    with world.work_as(world.member("coordinator")) as work:
        cases = [work.session.get_one(Case, key) for key in (case_id, other)]
        assert len(work.vault.open_listed([case.summary for case in cases])) == len(cases)
        read = read_case(work, case_id)
        assert read.contact is None
        assert read.identity.name == "Ko Thiha Zin"
        assert read.sealed == (Compartment.CONTACT,)


def test_the_log_of_a_case_outlives_its_parts_and_ends_with_its_row(world):
    case_id = world.open_case()
    share_ids = {case_id: share_id_of(world, case_id)}
    deployment = world.deployment
    erase(world, case_id, *SHARED_COMPARTMENTS)
    key = deployment.case_log_keys(share_ids)[case_id]
    with deployment.sessions() as session:
        tag = subject_tag(key, case_id)
        events = session.scalars(select(AuditEvent).where(AuditEvent.subject_tag == tag)).all()
        assert events
        assert all(read_detail(row, key, deployment.organisation).case == case_id for row in events)
    deployment.keystore.destroy(share_ids.values())
    assert deployment.case_log_keys(share_ids) == {}


def test_an_erased_case_is_erased_in_every_part(world):
    case_id = world.open_case()
    world.deployment.keystore.destroy([share_id_of(world, case_id)])
    with world.work_as(world.member("lead")) as work:
        work.custody.open_cases([case_id])
        case = work.session.get_one(Case, case_id)
        for name in CELLS.values():
            with pytest.raises(CaseErased):
                work.vault.open(getattr(case, name))


def test_a_destroyed_share_is_in_no_column_any_more(world):
    case_id = world.open_case()
    share_id = share_id_of(world, case_id)
    find = select(ErasureShare.__table__).where(ErasureShare.id == share_id)
    engine = world.deployment.keystore.engine
    with engine.connect() as connection:
        before = connection.execute(find).mappings().one()
    erase(world, case_id, Compartment.ROUTE)
    with engine.connect() as connection:
        after = connection.execute(find).mappings().one()
    assert dict(after) == {**before, "route": None}


def test_a_page_reads_all_shares_of_its_cases_in_one_query(world):
    ids = [world.open_case() for _ in range(3)]
    deployment = world.deployment
    deployment.keystore._cache.clear()
    asked = []
    event.listen(
        deployment.keystore.engine, "before_cursor_execute", lambda *seen: asked.append(seen[2])
    )
    with world.work_as(world.member("coordinator")) as work:
        work.keyring.load(ids)
        for case_id in ids:
            case = work.session.get_one(Case, case_id)
            assert all(work.vault.open(getattr(case, name)) for name in CELLS.values())
    assert sum("FROM erasure_shares" in statement for statement in asked) == 1


def test_printing_shares_shows_none_of_them(world):
    _, shares = world.deployment.keystore.take(world.clock().date())
    shown = f"{shares!r} {shares}"
    secret = shares.part(Compartment.ROUTE)
    assert repr(secret) not in shown
    assert secret.hex() not in shown


def test_the_keystore_has_a_column_for_nothing_else():
    names = set(KeystoreBase.metadata.tables["erasure_shares"].columns.keys())
    assert names == {"id", "made_on", "log", *ErasedPart}
