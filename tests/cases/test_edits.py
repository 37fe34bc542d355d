"""Edits by field, what they replaced, and ages that grow."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.cases import service
from app.cases.editing import edited_household, months_on
from app.cases.models import Household, Papers, Relative, Standing
from app.cases.service import CaseChange
from app.cases.updates import CaseUpdate, ReplacedCellRead
from app.casework import held, history
from app.permissions import Compartment, Role
from app.text.births import BirthNotPossible
from app.text.dates import months_after, months_between
from app.vault.models import GrantReason
from app.vault.scopes import SUMMARY, Scope
from tests.support.intake_steps import FAMILY, WALKER, opened
from tests.support.world import Person, World


def edit(world: World, case_id, body: dict, by: Person | None = None) -> None:
    with world.work_as(by or world.member("volunteer")) as work:
        service.change_case(
            work, case_id, CaseUpdate.model_validate_json(json.dumps(body)).to_change()
        )


def read(world: World, case_id, by: Person | None = None) -> service.CaseDetails:
    with world.work_as(by or world.member("coordinator")) as work:
        return service.read_case(work, case_id)


def replaced(world: World, case_id, by: Person | None = None) -> list[ReplacedCellRead]:
    with world.work_as(by or world.member("coordinator")) as work:
        rows = history.list_replaced(work, service.get_case(work, case_id), limit=99)
        return list(map(ReplacedCellRead.of, rows, history.open_replaced(work, rows)))


@pytest.mark.parametrize(
    ("body", "cell", "changed"),
    [
        ({"identity": {"name": "Ko Thiha Zaw"}}, "identity", {"name": "Ko Thiha Zaw"}),
        ({"identity": {"name_burmese": None}}, "identity", {"name_burmese": None}),
        ({"papers": {"unit": "a depot"}}, "papers", {"unit": "a depot"}),
        ({"papers": {"nrc": None}}, "papers", {"nrc": None}),
        ({"contact": {"safe_times": "before six"}}, "contact", {"safe_times": "before six"}),
        ({"contact": {"phones": []}}, "contact", {"phones": ()}),
        ({"account": {"health": "a cough"}}, "account", {"health": "a cough"}),
        ({"account": {}}, "account", {}),
        ({"papers": {}}, "papers", {}),
    ],
)
def test_what_is_not_sent_stays_and_null_clears(world, body, cell, changed):
    case_id = opened(world)
    before = getattr(read(world, case_id), cell)
    edit(world, case_id, body)
    assert getattr(read(world, case_id), cell) == replace(before, **changed)


@pytest.mark.parametrize(
    "body",
    [{"identity": {"name": None}}, {"account": {"says": None}}, {"contact": {"channel": None}}],
)
def test_what_a_case_cannot_be_without_is_not_cleared(body):
    with pytest.raises(ValidationError):
        CaseUpdate.model_validate_json(json.dumps(body))


def test_a_client_that_knows_fewer_fields_of_a_relative_erases_none(world):
    case_id = opened(world, FAMILY)
    edit(world, case_id, {"household": {"relatives": [
        {"relation": "spouse", "name": "မနှင်းအိ"}, {"relation": "child"}, {"relation": "parent"},
    ]}})  # fmt: skip
    child, parent = read(world, case_id).household.relatives[1:]
    assert child.age_months == 7
    assert (parent.with_person, parent.in_compound) == (False, True)


def test_what_an_edit_replaced_is_read_by_who_reads_the_case(world):
    case_id = opened(world)
    edit(world, case_id, {"contact": {"phones": ["09 771 000 111"]}})
    edit(world, case_id, {"contact": {"phones": []}, "standing": "in_service"})
    shown = replaced(world, case_id)
    phones = [one.value["phones"] for one in shown if one.field == "contact"]
    assert phones == [["09 771 000 111"], ["09 771 234 567"]]
    assert [one.value["standing"] for one in shown if one.field == "reporting"] == ["left"]
    assert {one.replaced_by for one in shown} == {world.member("volunteer").id}


def test_an_edit_that_says_the_same_replaces_nothing(world):
    case_id = opened(world)
    for _ in range(3):
        edit(world, case_id, {"identity": {"name": "Ko Thiha Zin"}, "standing": "left"})
    assert replaced(world, case_id) == []


def test_what_was_replaced_is_kept_from_who_does_not_hold_the_part(world):
    case_id = opened(world)
    edit(world, case_id, {"contact": {"phones": []}, "papers": {"unit": "a depot"}})
    vetter = world.member(Role.VETTER)
    with world.work_as(world.member("coordinator")) as work:
        parts = [SUMMARY, Scope(Compartment.PAPERS)]
        work.grants.grant(case_id, vetter.id, parts, reason=GrantReason.VETTING, about=case_id)
    assert [one.field for one in replaced(world, case_id, vetter)] == ["papers"]


def test_the_reporting_facts_follow_the_case_whoever_edits_it(world):
    case_id = opened(world)
    edit(world, case_id, {
        "standing": "family_member",
        "household": {"relatives": [{"relation": "spouse"}, {"relation": "child"}]},
    })  # fmt: skip
    file = read(world, case_id)
    assert (file.reporting.standing, file.reporting.people) == (Standing.FAMILY_MEMBER, 3)
    assert (file.summary.standing, file.summary.people) == (Standing.FAMILY_MEMBER, 3)


# ---------------------------------------------------------------------- ages


def test_a_child_of_five_months_is_twenty_eight_months_old_two_years_later(world):
    world.clock.at = datetime(2026, 11, 25, 5, tzinfo=UTC)
    child = Household((Relative("child", age_months=5),))
    case_id = opened(world, replace(WALKER, household=child))
    assert (read(world, case_id).summary.infants, ages(world, case_id)) == (1, [5])
    world.clock.at = datetime(2028, 10, 25, 5, tzinfo=UTC)
    assert (read(world, case_id).summary.infants, ages(world, case_id)) == (0, [28])
    with world.work_as(world.member("coordinator")) as work:
        (row,) = held.list_cases(work, limit=9)
        assert held.list_summaries(work, [row])[0].infants == 0


def ages(world: World, case_id) -> list[int | None]:
    return [relative.age_months for relative in read(world, case_id).household.relatives]


def test_an_age_sent_back_as_it_was_shown_states_nothing_new(world):
    case_id = opened(world, FAMILY)
    world.clock.advance(days=70)
    shown = [asdict(one) for one in read(world, case_id).household.relatives]
    for one in shown:
        del one["age_stated_on"]
    edit(world, case_id, {"household": {"relatives": shown}})
    world.clock.advance(days=40)
    assert ages(world, case_id)[1] == 7 + 3
    edit(world, case_id, {"household": {"relatives": [{"relation": "child", "age_months": 12}]}})
    world.clock.advance(days=31)
    assert ages(world, case_id) == [13]


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(0, 400), st.integers(0, 300))
def test_months_that_are_added_are_months_between(day, months, more):
    later = months_after(day, months)
    assert months_between(day, later) == months
    assert months_between(day, later - timedelta(days=1)) == months - 1
    assert months_between(day, later + timedelta(days=more)) >= months


@given(st.integers(0, 300), st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 2000))
def test_an_edit_that_leaves_an_age_alone_never_changes_what_it_grows_to(age, day, days):
    before = Household((Relative("child", age_months=age, age_stated_on=day),))
    today = day + timedelta(days=days)
    sent = Household((Relative("child", with_person=False),))
    after = edited_household(before, sent, [frozenset({"relation", "with_person"})], today)
    for later in (0, 40, 4000):
        grown = today + timedelta(days=later)
        assert months_on(after.relatives[0], grown) == months_on(before.relatives[0], grown)


def test_an_age_is_stated_on_its_day_and_grows_and_a_birth_of_another_era_is_asked_back(world):
    case_id = opened(world, replace(WALKER, papers=Papers(age=29)))
    coordinator = world.member("coordinator")

    def change(**papers):
        sent = {"papers": frozenset(papers)}
        with world.work_as(coordinator) as work:
            service.change_case(work, case_id, CaseChange(papers=Papers(**papers), sent=sent))

    def papers():
        with world.work_as(coordinator) as work:
            return service.read_case(work, case_id).papers

    stated = papers().age_stated_on
    assert (papers().age, stated) == (29, world.clock().date())
    world.clock.advance(days=400)
    assert (papers().age, papers().age_stated_on) == (30, stated)
    change(age=30)
    assert (papers().age, papers().age_stated_on) == (30, stated), "it was sent back as shown"
    change(age=33)
    assert (papers().age, papers().age_stated_on) == (33, world.clock().date())
    with pytest.raises(BirthNotPossible):
        change(born_on="2539-05-04")
    change(born_on="1996")
    assert (papers().born_on, papers().age) == ("1996", 33)
