"""Looking for a person among the cases that one holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from burmesenlp import uni2zg
from sqlalchemy import func, select

from app.cases import service
from app.cases.models import Case, Contact, Household, Identity, Reading, Relative
from app.cases.service import CaseChange
from app.casework import index
from app.casework.index import find_cases, index_waiting, versions_in_use
from app.permissions import Compartment
from app.search import service as search
from app.search.errors import SearchBudgetSpent, SearchValueInvalid
from app.search.models import IndexedKind, IndexToken, SearchKind
from app.store.base import new_id
from app.text.names import NameReader
from app.vault.errors import KeyCopyMissing
from app.vault.models import GrantReason
from app.vault.scopes import SUMMARY, Scope
from tests.support.intake_steps import FAMILY, WALKER, WATERMELON, opened, stranger, version_of

K = SearchKind


@pytest.fixture
def coordinator(world):
    return world.member("coordinator")


def look(world, person, kind, value):
    with world.work_as(person) as work:
        return [row.id for row in search.search(work, kind, value).rows]


def tokens(world):
    with world.deployment.sessions() as session:
        return session.scalars(select(func.count()).select_from(IndexToken)).one()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (K.PHONE, "09771234567"), (K.PHONE, "+95 9 771 234 567"), (K.PHONE, "၀၉ ၇၇၁ ၂၃၄ ၅၆၇"),
        (K.NRC, "9/mahama(naing)123456"), (K.NRC, "၉/မဟမ(နိုင်)၁၂၃၄၅၆"),
        (K.SERVICE_NUMBER, "TA 345678"), (K.SERVICE_NUMBER, "တ-၃၄၅၆၇၈"),
        (K.HANDLE, "Zin_T"), (K.NAME, "Thiha Zin"), (K.NAME, "သီဟဇင်"),
        (K.NAME, uni2zg("ကိုသီဟဇင်")), (K.NAME, "Zin Thiha"),
    ],
)  # fmt: skip
def test_a_case_is_found_by_each_spelling_of_each_value(world, coordinator, kind, value):
    wanted = opened(world)
    opened(world, FAMILY)
    opened(world, WATERMELON)
    assert look(world, coordinator, kind, value) == [wanted]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (K.PHONE, "09771234568"), (K.NRC, "10/MaHaMa(N)123456"), (K.SERVICE_NUMBER, "kyi-345678"),
        (K.HANDLE, "zin_tt"), (K.NAME, "Thiha Zaw"),
    ],
)  # fmt: skip
def test_what_nobody_has_finds_nobody(world, coordinator, kind, value):
    opened(world)
    assert look(world, coordinator, kind, value) == []


def test_a_chance_match_of_tokens_is_opened_and_falls_away(world, coordinator):
    case_id = opened(world)
    with world.work_as(coordinator) as work:
        index_waiting(work)
        (version,) = versions_in_use(work)
        theirs = work.index.token("phone", "9771234567", version)
        other = next(
            number
            for number in (f"97{suffix:08}" for suffix in range(10**6))
            if work.index.token("phone", number, version) == theirs
        )
        for number, hits in ((other, []), ("9771234567", [case_id])):
            found = find_cases(work, {IndexedKind.PHONE: frozenset({number})}, NameReader())
            assert [one.row.id for one in found] == hits


def test_a_number_that_may_be_of_either_country_is_found_as_both(world, coordinator):
    intake = replace(WALKER, contact=Contact(WALKER.contact.channel, ("081 234 5678",)))
    wanted = opened(world, intake)
    assert look(world, coordinator, K.PHONE, "+66812345678") == [wanted]
    assert look(world, coordinator, K.PHONE, "+95812345678") == [wanted]


def test_a_case_is_found_by_the_name_of_a_relative(world, coordinator):
    intake = replace(WALKER, household=Household((Relative("spouse", "မနှင်းအိ"),)))
    wanted = opened(world, intake)
    assert look(world, coordinator, K.NAME, "Hnin Ei") == [wanted]


def test_a_name_of_one_syllable_finds_who_is_called_so_and_nobody_else(world, coordinator):
    called = opened(world, stranger("Aung", "09770000021"))
    opened(world, stranger("Aung Naing Soe", "09770000022"))
    assert look(world, coordinator, K.NAME, "Aung") == [called]
    assert look(world, coordinator, K.NAME, "U Aung") == [called]


def test_only_held_cases_are_found(world):
    theirs = opened(world)
    other = world.member("coordinator", team=2)
    for kind, value in ((K.PHONE, "09771234567"), (K.NAME, "Thiha Zin")):
        assert look(world, other, kind, value) == []
        assert look(world, world.member("coordinator"), kind, value) == [theirs]


def test_a_volunteer_has_no_key_to_search_with(world):
    opened(world)
    with world.work_as(world.member("volunteer")) as work, pytest.raises(KeyCopyMissing):
        search.search(work, K.PHONE, "09771234567")


def test_a_vetter_finds_nobody_by_what_they_cannot_read(world, coordinator):
    case_id = opened(world)
    vetter = world.member("vetter")
    with world.work_as(coordinator) as work:
        index_waiting(work)
        scopes = [SUMMARY, Scope(Compartment.IDENTITY), Scope(Compartment.PAPERS)]
        reason = GrantReason.VETTING
        work.grants.grant(case_id, vetter.id, scopes, reason=reason, about=case_id)
    assert look(world, vetter, K.NRC, "9/MaHaMa(N)123456") == [case_id]
    assert look(world, vetter, K.NAME, "Thiha Zin") == [case_id]
    assert look(world, vetter, K.PHONE, "09771234567") == []


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (K.PHONE, "123"),
        (K.NRC, "123456"),
        (K.SERVICE_NUMBER, "kyi"),
        (K.HANDLE, "@"),
        (K.NAME, "—"),
    ],
)
def test_a_value_of_another_kind_is_refused_and_not_counted(world, coordinator, kind, value):
    with world.work_as(coordinator) as work, pytest.raises(SearchValueInvalid) as refused:
        search.search(work, kind, value)
    assert refused.value.field == "value"
    assert refused.value.title != SearchValueInvalid.title
    assert value not in str(refused.value)


# ---------------------------------------------------------------------- the index


def test_a_case_is_indexed_by_the_first_who_may_search(world, coordinator):
    opened(world)
    assert tokens(world) == 0
    look(world, coordinator, K.PHONE, "09450112233")
    made = tokens(world)
    assert made >= len((K.PHONE, K.NRC, K.SERVICE_NUMBER, K.HANDLE, K.NAME))
    look(world, world.member("coordinator", 2), K.PHONE, "09450112233")
    assert tokens(world) == made


def test_indexing_makes_no_new_version_of_a_case(world, coordinator):
    case_id = opened(world)
    look(world, coordinator, K.PHONE, "09450112233")
    assert version_of(world, case_id) == 1
    with world.deployment.sessions() as session:
        assert session.get_one(Case, case_id).indexed_version == 108


def test_a_changed_number_is_found_and_the_old_one_no_longer(world, coordinator):
    case_id = opened(world)
    assert look(world, coordinator, K.PHONE, "09771234567") == [case_id]
    before = tokens(world)
    contact = Contact(WALKER.contact.channel, ("09 450 000 111",))
    with world.work_as(world.member("volunteer")) as work:
        service.change_case(work, case_id, CaseChange(contact=contact))
    assert look(world, coordinator, K.PHONE, "09771234567") == []
    assert look(world, coordinator, K.PHONE, "09450000111") == [case_id]
    assert look(world, coordinator, K.NRC, "9/MaHaMa(N)123456") == [case_id]
    # The handle was left out of the new contact, and so its token is gone.
    assert tokens(world) == before - 1


def test_a_change_asks_for_a_new_indexing_even_where_the_case_was_read_before_the_first(
    world, coordinator
):
    case_id = opened(world)
    contact = Contact(WALKER.contact.channel, ("09 450 000 111",))
    with world.work_as(world.member("volunteer")) as work:
        case = service.get_case(work, case_id)
        assert case.indexed_version == 0
        # As an indexing by somebody else would leave the row in between.
        work.session.connection().execute(Case.__table__.update().values(indexed_version=108))
        service.change_case(work, case_id, CaseChange(contact=contact))
    assert look(world, coordinator, K.PHONE, "09450000111") == [case_id]


def test_a_backlog_is_indexed_a_part_at_a_time_and_said_to_be_incomplete(
    world, coordinator, monkeypatch
):
    monkeypatch.setattr(index, "INDEXED_A_CALL", 2)
    for number in range(5):
        opened(world, stranger("Khin Zaw", f"0977000000{number}"))
    complete = []
    for _ in range(3):
        with world.work_as(coordinator) as work:
            complete.append(search.search(work, K.PHONE, "09770000000").complete)
    assert complete == [False, False, True]


# ---------------------------------------------------------------------- the budget and the trail


def test_searches_are_capped_per_member_and_day(world, coordinator):
    cap = world.deployment.settings.searches_per_day
    case_id = opened(world)
    with world.work_as(coordinator) as work:
        for _ in range(cap):
            search.search(work, K.PHONE, "09771234567")
    with world.work_as(coordinator) as work, pytest.raises(SearchBudgetSpent) as spent:
        search.search(work, K.PHONE, "09771234567")
    assert 0 < spent.value.retry_after <= 24 * 3600
    assert look(world, world.member("coordinator", 2), K.PHONE, "09771234567") == [case_id]
    world.clock.advance(days=1)
    assert look(world, coordinator, K.PHONE, "09771234567") == [case_id]


def test_a_search_is_in_the_trail_with_its_kind_and_hits_and_no_value(world, coordinator):
    opened(world)
    with world.work_as(coordinator) as work:
        search.search(work, K.PHONE, "09771234567")
        (event,) = [e for e in work.trail._events if e.action == "cases:searched"]
    assert event.case_id is None
    assert event.facts == {"kind": "phone", "hits": 1}


def test_a_search_by_name_leaves_one_event_for_all_that_it_opened(world, coordinator):
    for number in range(3):
        opened(world, stranger("Khin Zaw", f"0977000000{number}"))
    look(world, coordinator, K.NAME, "Thiha Zin")
    with world.work_as(coordinator) as work:
        search.search(work, K.NAME, "Khin Zaw")
        assert work.trail.actions.count("cases:listed") == 1
        assert "case:revealed" not in work.trail.actions


def count_opened(world, person, kind, value):
    """Return how many cells a search opens."""
    opened_cells = []
    with world.work_as(person) as work:
        index_waiting(work)
        whole = work.vault.open_listed
        work.vault.open_listed = lambda cells, **how: (
            opened_cells.extend(cells) or whole(cells, **how)
        )
        search.search(work, kind, value)
    return len(opened_cells)


@pytest.mark.parametrize(("kind", "value"), [(K.NAME, "Thiha Zin"), (K.PHONE, "09771234567")])
def test_a_search_opens_as_much_among_many_cases_as_among_few(world, coordinator, kind, value):
    opened(world)
    among_few = count_opened(world, coordinator, kind, value)
    for number in range(25):
        opened(
            world, stranger(f"Khin {['Zaw', 'Moe', 'Win', 'Soe'][number % 4]}", f"0945{number:06}")
        )
    chance = 2  # in tokens of eight bits
    assert count_opened(world, coordinator, kind, value) <= among_few + chance


def test_of_a_name_that_many_share_the_newest_are_opened(world, coordinator, monkeypatch):
    monkeypatch.setattr(index, "MOST_OF_A_NAME", 2)
    ids = [opened(world, stranger("Khin Zaw", f"0977000000{number}")) for number in range(4)]
    assert look(world, coordinator, K.NAME, "Khin Zaw") == ids[:1:-1]


def test_where_nobody_is_called_so_the_newest_cases_are_looked_through_for_a_part(
    world, coordinator, monkeypatch
):
    monkeypatch.setattr(index, "LOOKED_THROUGH", 2)
    opened(world, stranger("Aung Naing Soe", "09770000001"))
    newer = opened(world, stranger("Aung Naing Soe", "09770000002"))
    opened(world, stranger("Khin Zaw", "09770000003"))
    with world.work_as(coordinator) as work:
        found = search.search(work, K.NAME, "Naing Soe")
    assert [row.id for row in found.rows] == [newer]
    assert found.looked_through == 2


def test_a_name_that_a_merged_case_said_finds_the_person(world, coordinator):
    also = (Reading("name", "Nay Lin Htet", new_id(), date(2026, 1, 2)),)
    wanted = opened(world, replace(WALKER, identity=Identity("Thiha Zin", also=also)))
    assert look(world, coordinator, K.NAME, "Nay Lin Htet") == [wanted]


def test_no_token_reveals_its_value(world, coordinator):
    opened(world)
    opened(world, replace(WALKER, identity=Identity("Another Person")))
    look(world, coordinator, K.PHONE, "09771234567")
    with world.deployment.sessions() as session:
        rows = session.scalars(select(IndexToken).where(IndexToken.kind == K.PHONE)).all()
    assert len({row.token for row in rows}) == 1
    assert all(row.token < 2**8 for row in rows)
