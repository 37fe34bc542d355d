"""A merger loses no fact of either case, is shown before it happens, and hides nobody."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cases import service
from app.cases.assignments import assign_case
from app.cases.models import (
    Account,
    Assignment,
    Case,
    CaseStatus,
    Channel,
    Contact,
    Household,
    Identity,
    Papers,
    RankBand,
    RegionGroup,
    Relative,
    Reporting,
    Standing,
    Summary,
)
from app.cases.moves import move_case
from app.casework.merging import FIELD_RULES, TABLE_RULES, Cells, merge_cells
from app.intake import merging
from app.intake.errors import MergeLeavesWork, MergeRefused, SurvivorShut
from app.links.models import LinkKind
from app.links.service import link_cases, list_links
from app.models import Base
from app.store.base import new_id
from app.text.folding import fold
from app.vault.errors import CaseErased
from app.vetting.models import VettingOutcome, VettingRound
from tests.support.intake_steps import found, opened, stranger
from tests.support.registration_steps import request
from tests.support.vetting_steps import ask, clear, status_of

FIRST = stranger("Khin Zaw", "09 770 000 001")
URGENT = replace(
    FIRST,
    urgent=True,
    identity=Identity("Khin Zaw Oo", "ခင်ဇော်ဦး"),
    papers=Papers(
        service="army", service_number="ta-345678", unit="stores", born_on="1996-05-04"
    ),
    household=Household((Relative("spouse", "Ma Ei"), Relative("child", age_months=5))),
    contact=Contact(
        Channel.PHONE, ("09 450 000 111",), ("@khin.z",), safe_times="only before six",
        contacted_by="his wife",
    ),
    account=Account(
        "Left in the night.", needs=("milk",), risks=("a cousin in the unit",), health="fever",
    ),
    rank_band=RankBand.NCO,
)  # fmt: skip


def merged(world, case_id, into, by="coordinator", **how):
    with world.work_as(world.member(by)) as work:
        merging.merge(work, case_id, into, "the same phone", **how)


def read(world, case_id, by="coordinator"):
    with world.work_as(world.member(by)) as work:
        return service.read_case(work, case_id)


def notes_of(world, case_id):
    with world.work_as(world.member("coordinator")) as work:
        return [
            (work.vault.open(note.text).text, note.written_by)
            for note in service.list_notes(work, case_id, limit=50)
        ]


def set_status(world, case_id, status):
    with world.work_as(None) as work:
        work.session.get_one(Case, case_id).status = status
        work.trail.record("case:moved", case_id)


def test_everything_that_the_urgent_second_intake_knew_is_in_the_first_case(world):
    first, second, cousin = opened(world, FIRST), opened(world, URGENT), opened(world)
    coordinator, volunteer = world.member("coordinator"), world.member("volunteer")
    with world.work_as(volunteer) as work:
        service.add_note(work, second, "His brother called.")
    with world.work_as(coordinator) as work:
        link_cases(work, second, cousin, LinkKind.FAMILY)
    merged(world, second, first)
    case = read(world, first)
    assert (case.summary.urgent, case.summary.people, case.summary.infants) == (True, 3, 1)
    assert (case.identity.name, case.identity.name_burmese) == ("Khin Zaw", "ခင်ဇော်ဦး")
    assert [(one.field, one.value) for one in case.identity.also] == [("name", "Khin Zaw Oo")]
    assert case.papers == URGENT.papers
    assert case.contact.phones == ("09 770 000 001", "09 450 000 111")
    assert case.contact.handles == ("@khin.z",)
    assert (case.contact.safe_times, case.contact.contacted_by) == ("only before six", "his wife")
    account = case.account
    assert (account.needs, account.risks, account.health) == (
        ("milk",), ("a cousin in the unit",), "fever",
    )  # fmt: skip
    assert (case.reporting.people, case.reporting.rank_band) == (3, RankBand.NCO)
    assert notes_of(world, first) == [
        ("Left in the night.", volunteer.id), ("His brother called.", volunteer.id),
    ]  # fmt: skip
    with world.work_as(coordinator) as work:
        (link,) = list_links(work, service.get_case(work, first))
    assert {link.case_id, link.other_id} == {first, cousin}


def test_two_readings_of_one_fact_are_both_there_and_outlive_an_edit(world):
    one = replace(FIRST, papers=Papers(nrc="9/MaHaMa(N)123456", born_on="1996-05-04"))
    other = replace(URGENT, papers=Papers(nrc="9/MaHaMa(N)999999", born_on="1996-04-05"))
    first, second = opened(world, one), opened(world, other)
    merged(world, second, first)
    with world.work_as(world.member("coordinator")) as work:
        change = service.CaseChange(papers=Papers(nrc="9/MaHaMa(N)123456", unit="stores"))
        service.change_case(work, first, change)
    papers = read(world, first).papers
    assert (papers.nrc, papers.unit) == ("9/MaHaMa(N)123456", "stores")
    assert {(one.field, one.value, one.case_id) for one in papers.also} == {
        ("nrc", "9/MaHaMa(N)999999", second), ("born_on", "1996-04-05", second),
    }  # fmt: skip


def test_the_same_number_in_another_spelling_is_no_second_reading(world):
    first = opened(world, replace(FIRST, papers=Papers(nrc="9/MaHaMa(N)123456")))
    second = opened(world, replace(URGENT, papers=Papers(nrc="၉/မဟမ(နိုင်)၁၂၃၄၅၆")))
    merged(world, second, first)
    assert read(world, first).papers.also == ()


@pytest.mark.parametrize(
    ("mine", "theirs", "both"),
    [
        (None, "only before six", "only before six"),
        ("only before six", None, "only before six"),
        ("after dark", "only before six", "after dark; only before six"),
    ],
)
def test_the_stricter_safe_times_stand(world, mine, theirs, both):
    contact = Contact(Channel.PHONE, ("09 770 000 001",))
    first = opened(world, replace(FIRST, contact=replace(contact, safe_times=mine)))
    second = opened(world, replace(FIRST, contact=replace(contact, safe_times=theirs)))
    merged(world, second, first)
    assert read(world, first).contact.safe_times == both


def test_a_merger_is_shown_before_it_happens_and_changes_nothing(world):
    first, second = opened(world, FIRST), opened(world, URGENT)
    before = read(world, first)
    with world.work_as(world.member("coordinator")) as work:
        shown = merging.plan_merger(work, second, first)
    assert shown.cells.summary.urgent
    assert status_of(world, second) is CaseStatus.SUBMITTED
    assert read(world, first).papers == before.papers
    merged(world, second, first)
    after = read(world, first)
    for name in ("summary", "identity", "papers", "household", "contact", "account", "reporting"):
        assert getattr(after, name) == getattr(shown.cells, name)


@pytest.mark.parametrize("status", [CaseStatus.DECLINED, CaseStatus.CLOSED])
def test_a_shut_survivor_is_refused_or_reopened_by_choice(world, status):
    first, second = opened(world, FIRST), opened(world, URGENT)
    set_status(world, first, status)
    with pytest.raises(SurvivorShut):
        merged(world, second, first)
    assert status_of(world, second) is CaseStatus.SUBMITTED
    merged(world, second, first, reopen=True)
    assert status_of(world, first) in {CaseStatus.SUBMITTED, CaseStatus.ACTIVE}
    assert status_of(world, second) is CaseStatus.MERGED


@pytest.mark.parametrize("status", [CaseStatus.MERGED, CaseStatus.ERASED])
@pytest.mark.parametrize("reopen", [False, True])
def test_a_survivor_that_is_gone_is_refused(world, status, reopen):
    first, second = opened(world, FIRST), opened(world, URGENT)
    set_status(world, first, status)
    with pytest.raises((MergeRefused, CaseErased)):
        merged(world, second, first, reopen=reopen)
    assert status_of(world, second) is CaseStatus.SUBMITTED


def test_a_case_is_merged_from_vetting_and_its_round_ends(world):
    first, second = opened(world, FIRST), opened(world, URGENT)
    round_id = ask(world, second)
    merged(world, second, first)
    assert status_of(world, second) is CaseStatus.MERGED
    with world.work_as(world.member("vetter")) as work:
        assert not work.grants.is_named(second)
    with world.deployment.sessions() as session:
        assert session.get_one(VettingRound, round_id).outcome is VettingOutcome.WITHDRAWN


def test_an_active_case_is_merged_unless_work_would_be_left_on_it(world):
    first, second = opened(world, FIRST), opened(world, URGENT)
    for case_id in (first, second):
        clear(world, case_id)
    request(world, second)
    with pytest.raises(MergeLeavesWork) as refusal:
        merged(world, second, first)
    assert "code" in refusal.value.title
    merged(world, first, second)
    assert status_of(world, first) is CaseStatus.MERGED
    assert status_of(world, second) is CaseStatus.ACTIVE


def test_who_logged_the_merged_intake_sees_that_it_was_merged_and_nothing_else(world):
    first, second = opened(world, FIRST), opened(world, URGENT)
    merged(world, second, first)
    author = world.member("volunteer")
    case = read(world, second, by="volunteer")
    assert (case.case.status, case.case.merged_into) == (CaseStatus.MERGED, first)
    assert case.identity is case.account is None
    world.clock.advance(days=15)
    assert not found(world, author, second)


def test_who_followed_the_merged_case_follows_the_one_that_goes_on(world):
    first, second = opened(world, FIRST), opened(world, URGENT)
    follower = world.member("volunteer", 2)
    with world.work_as(world.member("coordinator")) as work:
        assign_case(work, second, follower.id)
    merged(world, second, first)
    assert read(world, first, by="coordinator").account
    with world.work_as(follower) as work:
        assert service.read_case(work, first).identity.name == "Khin Zaw"
    with world.deployment.sessions() as session:
        rows = session.query(Assignment).filter_by(case_id=first, ended_on=None).all()
    assert [row.member_id for row in rows] == [follower.id]


def test_the_cases_of_a_merger_are_no_likely_duplicates_of_each_other_any_more(world):
    first, second = opened(world, FIRST), opened(world, FIRST)
    merged(world, second, first)
    ask(world, first)
    assert status_of(world, first) is CaseStatus.VETTING


def test_a_case_moves_to_merged_by_a_merger_alone(world):
    case_id = opened(world, FIRST)
    with world.work_as(world.member("coordinator")) as work:
        with pytest.raises(service.CaseNotFound):
            merging.merge(work, case_id, new_id(), None)
        move_case(work, service.get_case(work, case_id), CaseStatus.DECLINED)
    with pytest.raises(MergeRefused):
        merged(world, case_id, opened(world, URGENT))


# ------------------------------------------------------------------------------- walls and laws


def test_every_field_of_every_cell_has_a_rule():
    cells = {Summary, Identity, Papers, Relative, Household, Contact, Account, Reporting}
    assert set(FIELD_RULES) == cells
    for cell, rules in FIELD_RULES.items():
        assert set(rules) == {field.name for field in fields(cell)}, cell.__name__


def test_every_table_under_a_case_has_a_rule():
    under_a_case = {t.name for t in Base.metadata.tables.values() if "case_id" in t.c}
    of_the_organisation = {"funds", "alerts", "teams", "members", "credentials", "sessions"}
    missing = under_a_case - set(TABLE_RULES) - of_the_organisation
    assert not missing, f"say in app/casework/merging.py what a merger does with {sorted(missing)}"
    assert not set(TABLE_RULES) - under_a_case - {"cases"}


WORDS = st.text(alphabet="abc ခင်9", min_size=1, max_size=6).filter(fold)
TEXTS = st.none() | WORDS
MANY = st.lists(WORDS, max_size=3).map(tuple)
PEOPLE = st.builds(
    Relative, st.sampled_from(["spouse", "child", "parent"]), TEXTS,
    st.none() | st.integers(0, 400), st.booleans(), st.booleans(),
)  # fmt: skip
CELLS = st.builds(
    Cells,
    summary=st.builds(
        Summary, WORDS, st.sampled_from(Standing), st.booleans(), st.just(1), st.just(0),
        st.sampled_from(["my", "en"]),
    ),
    reporting=st.builds(
        Reporting, st.sampled_from(["2026H1", "2026H2"]), st.sampled_from(Standing),
        st.sampled_from(RankBand), st.sampled_from(RegionGroup), st.just(1),
    ),
    identity=st.builds(Identity, WORDS, TEXTS, TEXTS),
    papers=st.builds(Papers, TEXTS, TEXTS, TEXTS, TEXTS, st.none() | st.dates().map(str)),
    household=st.builds(Household, st.lists(PEOPLE, max_size=3).map(tuple)),
    contact=st.builds(Contact, st.sampled_from(Channel), MANY, MANY, TEXTS, TEXTS),
    account=st.builds(Account, WORDS, TEXTS, MANY, MANY, TEXTS),
)  # fmt: skip


def facts_of(cells):
    """Every fact that somebody said, folded, but for a call sign and what is counted."""
    own = {"call_sign", "people", "infants", "urgent", "half_year", "says", "also"}
    for name in ("summary", "reporting", "identity", "papers", "contact", "account"):
        cell = getattr(cells, name)
        for field in fields(cell):
            value = getattr(cell, field.name)
            if field.name in own or (name, field.name) == ("reporting", "standing"):
                continue
            entries = value if isinstance(value, tuple) else (value,)
            yield from (fold(str(entry)) for entry in entries if entry not in (None, "unknown"))


def said_in(cells):
    text = list(facts_of(cells))
    for name in ("identity", "papers", "household", "contact", "account"):
        text += [fold(reading.value) for reading in getattr(cells, name).also]
    return " | ".join(text)


@given(ours=CELLS, theirs=CELLS)
def test_a_merger_loses_no_fact_of_either(ours, theirs):
    after = merge_cells(ours, theirs, new_id(), date(2026, 3, 2))
    said = said_in(after).replace(" ", "")
    for fact in (*facts_of(ours), *facts_of(theirs)):
        assert fact.replace(" ", "") in said
    assert after.summary.urgent is (ours.summary.urgent or theirs.summary.urgent)
    for household in (ours.household, theirs.household):
        for relative in household.relatives:
            assert any(
                fold(one.relation) == fold(relative.relation)
                and (relative.name is None or one.name is not None)
                and (relative.age_months is None or one.age_months == relative.age_months)
                and one.in_compound >= relative.in_compound
                and one.with_person >= relative.with_person
                for one in after.household.relatives
            )


@given(cells=CELLS)
def test_merging_the_same_facts_again_changes_nothing(cells):
    once = merge_cells(cells, cells, new_id(), date(2026, 3, 2))
    assert merge_cells(once, cells, new_id(), date(2026, 3, 3)) == once
