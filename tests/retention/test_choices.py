"""Leads choose other days for a rule: one asks, another agrees, and both are on record."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select

from app.retention import passes
from app.retention.choices import agree_to_days, choose_days, list_choices, rules_now
from app.retention.errors import AskedByYou, ChoiceNotFound, ChoiceOver, DaysTooMany, RuleUnknown
from app.retention.models import ChosenDays, Destruction
from app.retention.schedule import BY_NAME, LONGEST_DAYS
from app.retention.service import read_schedule
from app.store.base import new_id
from tests.retention.steps import closed_case
from tests.retention.test_due import dues_of, read_by_a_coordinator
from tests.support.leads import add_lead


@pytest.fixture
def other_lead(world):
    return add_lead(world)


def ask(world, rule="contact", days=14, **more):
    with world.work_as(world.member("lead")) as work:
        return choose_days(work, rule, days, **more).id


def agree(world, choice, by):
    with world.work_as(by) as work:
        return agree_to_days(work, choice)


def days_now(world, rule="contact"):
    with world.work_as(None) as work:
        return {one.name: one.days for one in rules_now(work)}[rule]


def test_days_count_once_another_lead_has_agreed(world, other_lead):
    case_id = closed_case(world)
    read_by_a_coordinator(world, case_id)
    before = dues_of(world, case_id)["contact"].on
    choice = ask(world)
    assert days_now(world) == BY_NAME["contact"].days
    agree(world, choice, other_lead)
    assert days_now(world) == 14
    assert (before - dues_of(world, case_id)["contact"].on).days == 16
    world.clock.advance(days=18)
    passes.run_pass(world.deployment)
    with world.deployment.sessions() as session:
        assert set(session.scalars(select(Destruction.rule))) == {"contact"}


def test_who_asked_does_not_agree_while_there_is_another_lead(world, other_lead):
    choice = ask(world)
    with pytest.raises(AskedByYou):
        agree(world, choice, world.member("lead"))
    agree(world, choice, other_lead)
    with pytest.raises(ChoiceOver):
        agree(world, choice, other_lead)


def test_the_only_lead_chooses_alone_within_the_most_and_it_shows(world):
    ask(world)
    assert days_now(world) == 14
    with world.work_as(world.member("lead")) as work:
        (choice,) = read_schedule(work).counting
    assert choice.agreed_by == choice.asked_by
    with pytest.raises(DaysTooMany):
        ask(world, days=BY_NAME["contact"].most + 1)


def test_two_leads_go_beyond_the_most_but_not_beyond_five_years(world, other_lead):
    agree(world, ask(world, days=400), other_lead)
    assert days_now(world) == 400
    with pytest.raises(DaysTooMany):
        ask(world, days=LONGEST_DAYS + 1)


def test_the_newest_agreement_counts_and_every_choice_is_kept(world, other_lead):
    first, second = ask(world, days=10), ask(world, days=20)
    agree(world, second, other_lead)
    world.clock.advance(days=1)
    agree(world, first, other_lead)
    assert days_now(world) == 10
    with world.work_as(None) as work:
        assert [one.days for one in list_choices(work)] == [10, 20]


def test_what_nobody_agreed_to_in_14_days_was_never_asked(world, other_lead):
    choice = ask(world)
    world.clock.advance(days=15)
    with pytest.raises(ChoiceOver):
        agree(world, choice, other_lead)
    with world.work_as(world.member("lead")) as work:
        assert read_schedule(work).waiting == []


def test_an_unknown_rule_and_an_unknown_choice_are_refused(world, other_lead):
    with pytest.raises(RuleUnknown):
        ask(world, "phones")
    with pytest.raises(ChoiceNotFound):
        agree(world, new_id(), other_lead)


def test_a_row_that_somebody_made_counts_for_nothing(world, other_lead):
    """Who can write to the database shortens no time."""
    agree(world, ask(world, days=20), other_lead)
    with world.deployment.engine.begin() as connection:
        connection.execute(ChosenDays.__table__.update().values(days=0))
    assert days_now(world) == BY_NAME["contact"].days
    with world.deployment.engine.begin() as connection:
        connection.execute(delete(ChosenDays.__table__))
    assert days_now(world) == BY_NAME["contact"].days
