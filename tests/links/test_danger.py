"""Danger to one of a family is shown on the cases of the others, without why, while linked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.cases.service import read_case
from app.links.errors import LinkExists, LinkNotFound
from app.links.models import LinkKind
from app.links.service import end_link, link_cases
from app.watch import escalation
from app.watch.errors import NothingToAcknowledge
from tests.support.intake_steps import FAMILY, opened
from tests.support.relocation_steps import Journey


@pytest.fixture
def sister(world):
    """A case on its way."""
    journey = Journey(world, opened(world))
    journey.declare_emergency()
    return journey


@pytest.fixture
def brother(world):
    journey = Journey(world, opened(world, FAMILY))
    journey.declare_emergency()
    return journey


def link(one, other, kind=LinkKind.FAMILY):
    with one.world.work_as(one.coordinator) as work:
        return link_cases(work, one.case_id, other.case_id, kind).id


def shown(journey):
    """Whether danger to others is shown on a case, to a coordinator."""
    with journey.world.work_as(journey.coordinator) as work:
        return read_case(work, journey.case_id).others_in_danger


def set_out(journey):
    (leg,) = journey.open_plan(journey.leg("bus", 6, 1))
    journey.move(leg, "ready", "departed")
    return leg


@pytest.mark.parametrize("kind", [LinkKind.FAMILY, LinkKind.FELLOW_TRAVELLERS])
def test_a_duress_word_of_one_is_shown_on_the_case_and_the_leg_of_the_other(sister, brother, kind):
    link(sister, brother, kind)
    hers, his = set_out(sister), set_out(brother)
    sister.check_in(hers, "tamarind")
    assert not shown(brother)
    sister.check_in(hers, "monsoon")
    sister.check_in(hers, "tamarind")
    assert shown(brother)
    assert brother.read(his).others_in_danger
    assert not shown(sister)


def test_somebody_missing_is_shown_on_the_case_of_the_other(sister, brother):
    link(brother, sister)
    set_out(sister)
    sister.at(9.5)
    sister.escalate()
    assert shown(brother)


def test_danger_is_shown_until_a_planner_says_that_it_is_over(sister, brother):
    link(sister, brother)
    leg = set_out(sister)
    sister.check_in(leg, "monsoon")
    for what in (escalation.DURESS, escalation.DANGER_OVER):
        assert shown(brother)
        with sister.world.work_as(sister.coordinator) as work:
            escalation.acknowledge(work, leg, what)
    assert not shown(brother)
    with (
        pytest.raises(NothingToAcknowledge),
        sister.world.work_as(sister.coordinator) as work,
    ):
        escalation.acknowledge(work, leg, escalation.DANGER_OVER)


def test_a_link_that_ended_shows_nothing_more_until_it_is_made_again(sister, brother):
    link_id = link(sister, brother)
    sister.check_in(set_out(sister), "monsoon")
    with pytest.raises(LinkExists):
        link(brother, sister)
    with sister.world.work_as(sister.coordinator) as work:
        end_link(work, brother.case_id, link_id, "Written by mistake.")
    assert not shown(brother)
    with pytest.raises(LinkNotFound), sister.world.work_as(sister.coordinator) as work:
        end_link(work, brother.case_id, link_id, "Written by mistake.")
    link(brother, sister)
    assert shown(brother)


def test_people_of_the_same_event_are_shown_no_danger(sister, brother):
    link(sister, brother, LinkKind.SAME_EVENT)
    sister.check_in(set_out(sister), "monsoon")
    assert not shown(brother)


def test_danger_is_forgotten_with_the_words_of_the_journey(sister, brother):
    link(sister, brother)
    leg = set_out(sister)
    sister.check_in(leg, "monsoon")
    sister.move(leg, "arrived")
    assert shown(brother)
    sister.world.clock.at += timedelta(days=33)
    assert not shown(brother)
