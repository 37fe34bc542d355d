"""Links are seen from both of their cases, by who holds both."""

from __future__ import annotations

import pytest

from app.cases import service
from app.cases.errors import CaseNotFound
from app.links.errors import LinkExists, LinkRefused
from app.links.models import LinkKind
from app.links.service import link_cases, list_held_links
from tests.support.intake_steps import FAMILY, opened, stranger


@pytest.fixture
def coordinator(world):
    return world.member("coordinator")


def test_a_link_is_seen_from_both_cases(world, coordinator):
    one, two = opened(world), opened(world, FAMILY)
    with world.work_as(coordinator) as work:
        link_cases(work, one, two, LinkKind.FAMILY)
    with world.work_as(coordinator) as work:
        for case_id in (one, two):
            (link,) = list_held_links(work, service.get_case(work, case_id))
            assert {link.case_id, link.other_id} == {one, two}
            assert link.kind is LinkKind.FAMILY


def test_two_cases_are_linked_once_whichever_way_round(world, coordinator):
    one, two = opened(world), opened(world, FAMILY)
    with world.work_as(coordinator) as work:
        link_cases(work, one, two, LinkKind.FAMILY)
    for pair in ((one, two), (two, one)):
        with world.work_as(coordinator) as work, pytest.raises(LinkExists):
            link_cases(work, *pair, LinkKind.SAME_EVENT)


def test_a_case_is_not_linked_to_itself_nor_to_one_that_is_not_held(world, coordinator):
    one = opened(world)
    other = opened(world, stranger("Khin Zaw", "09770000001"), by=world.member("volunteer", team=2))
    with world.work_as(coordinator) as work, pytest.raises(LinkRefused):
        link_cases(work, one, one, LinkKind.FAMILY)
    with world.work_as(coordinator) as work, pytest.raises(CaseNotFound):
        link_cases(work, one, other, LinkKind.FAMILY)


def test_a_volunteer_is_shown_no_link_to_a_case_that_is_not_theirs(world, coordinator):
    one = opened(world)
    two = opened(world, FAMILY, by=world.member("volunteer", 2))
    with world.work_as(coordinator) as work:
        link_cases(work, one, two, LinkKind.FAMILY)
    with world.work_as(world.member("volunteer")) as work:
        assert list_held_links(work, service.get_case(work, one)) == []
