"""Laws of a sealed cell: it opens where and for whom it was sealed, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from fastapi.encoders import jsonable_encoder
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.cases.models import Account, Case, Identity, Summary
from app.permissions import Compartment
from app.store.base import new_id
from app.store.sealed import Address
from app.vault.errors import NoGrant, NothingSealed, Tampered

ADDRESSES = st.builds(
    Address,
    organisation=st.uuids(),
    table=st.text(max_size=8),
    column=st.text(max_size=8),
    case_id=st.uuids(),
    row_id=st.uuids(),
    compartment=st.text(max_size=8),
    part=st.uuids(),
    epoch=st.integers(0, 2**32 - 1),
)
PARTS = ["organisation", "table", "column", "case_id", "row_id", "compartment", "part", "epoch"]
CELLS = ["summary", "identity", "papers", "household", "contact", "account", "reporting"]


@given(a=ADDRESSES, b=ADDRESSES, part=st.sampled_from(PARTS))
def test_addresses_that_differ_in_one_part_never_spell_alike(a, b, part):
    other = replace(a, **{part: getattr(b, part)})
    assert (bytes(a) == bytes(other)) is (a == other)


@given(organisation=st.uuids(), epoch=st.integers(0, 2**32 - 1), name=st.sampled_from(CELLS))
def test_a_cell_spells_its_address_as_the_address_does(organisation, epoch, name):
    cell = getattr(a_bare_case(), name)
    assert cell.address_bytes(organisation, epoch) == bytes(cell.address(organisation, epoch))


def a_bare_case() -> Case:
    case_id = new_id()
    return Case(id=case_id, case_id=case_id)


def test_a_sealed_field_refuses_a_plain_value():
    with pytest.raises(TypeError, match="sealed"):
        a_bare_case().identity = Identity("Ko Thiha Zin")
    with pytest.raises(TypeError, match="sealed"):
        Case(identity=Identity("Ko Thiha Zin"))


def test_a_sealed_field_cannot_be_compared_in_a_query():
    with pytest.raises(TypeError, match="blind index"):
        select(Case).where(Case.identity == "Ko Thiha Zin")


def test_a_cell_takes_only_its_own_kind_of_value(world):
    with world.work_as(world.member("volunteer")) as work:
        case = a_bare_case()
        work.grants.begin_case(case.id, [Compartment.SUMMARY, Compartment.IDENTITY])
        with pytest.raises(TypeError, match="Identity"):
            work.vault.seal(case.identity, Account("not an identity"))
        work.session.expunge_all()
        work.grants._new_secrets.clear()


def test_printing_a_cell_shows_its_place_and_no_value():
    assert f"{a_bare_case().identity}" == "<sealed cases.identity>"


def test_a_cell_cannot_slip_into_an_answer():
    with pytest.raises((TypeError, ValueError)):
        jsonable_encoder({"identity": a_bare_case().identity})


def test_opening_an_empty_cell_says_that_nothing_is_there(world):
    with world.work_as(world.member("volunteer")) as work, pytest.raises(NothingSealed):
        work.vault.open(a_bare_case().identity)


def test_a_case_opens_for_those_it_was_granted_to(world):
    case_id = world.open_case()
    for role in ("volunteer", "coordinator"):
        with world.work_as(world.member(role)) as work:
            case = work.session.get_one(Case, case_id)
            assert work.vault.open(case.identity).name == "Ko Thiha Zin"
            assert work.trail.actions.count("case:revealed") == 1


@pytest.mark.parametrize(
    "role", ["vetter", "registrar", "treasurer", "auditor", "administrator", "lead"]
)
def test_a_case_stays_shut_for_everyone_else(world, role):
    case_id = world.open_case()
    with world.work_as(world.member(role)) as work:
        case = work.session.get_one(Case, case_id)
        for name in CELLS:
            with pytest.raises(NoGrant):
                work.vault.open(getattr(case, name))


@pytest.mark.parametrize("name", CELLS)
def test_a_value_moved_to_another_row_does_not_open(world, name):
    mine, theirs = world.open_case(), world.open_case()
    with world.work_as(world.member("coordinator")) as work:
        source, target = (work.session.get_one(Case, key) for key in (mine, theirs))
        getattr(target, name).envelope = getattr(source, name).envelope
        with pytest.raises(Tampered):
            work.vault.open(getattr(target, name))
        work.session.expire_all()


@pytest.mark.parametrize("name", CELLS)
def test_a_value_moved_to_another_column_does_not_open(world, name):
    case_id = world.open_case()
    with world.work_as(world.member("coordinator")) as work:
        case = work.session.get_one(Case, case_id)
        for other in set(CELLS) - {name}:
            before = getattr(case, other).envelope
            getattr(case, other).envelope = getattr(case, name).envelope
            with pytest.raises(Tampered):
                work.vault.open(getattr(case, other))
            getattr(case, other).envelope = before
        work.session.expire_all()


def test_any_change_of_any_cell_is_seen(world):
    """Bit flips, cuts, another suite, another version, another epoch: the envelope never opens."""
    case_id = world.open_case()
    with world.work_as(world.member("coordinator")) as work:
        case = work.session.get_one(Case, case_id)
        whole = {name: getattr(case, name).envelope for name in CELLS}

        @given(
            name=st.sampled_from(CELLS),
            where=st.integers(0, 10_000),
            bit=st.integers(0, 7),
            cut=st.booleans(),
        )
        def changed(name: str, where: int, bit: int, cut: bool) -> None:
            cell, sealed = getattr(case, name), bytearray(whole[name])
            at = where % len(sealed)
            if cut:
                del sealed[at:]
            else:
                sealed[at] ^= 1 << bit
            cell.envelope = bytes(sealed)
            with pytest.raises((Tampered, NoGrant, NothingSealed)):
                work.vault.open(cell)
            cell.envelope = whole[name]

        changed()
        assert isinstance(work.vault.open(case.summary), Summary)
        work.session.expire_all()


def test_a_page_of_summaries_leaves_one_event(world):
    ids = [world.open_case() for _ in range(3)]
    with world.work_as(world.member("coordinator")) as work:
        cases = work.session.scalars(select(Case).where(Case.id.in_(ids))).all()
        assert len(work.vault.open_listed([case.summary for case in cases])) == len(ids)
        assert work.trail.actions == ["cases:listed"]


def test_ids_use_all_their_bits():
    ids = [new_id() for _ in range(256)]
    assert len({key.version for key in ids}) > 1
    assert len(set(ids)) == len(ids)
    assert all(isinstance(key, UUID) for key in ids)
