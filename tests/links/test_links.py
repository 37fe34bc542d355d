"""Links are seen from both of their cases, by who holds both."""

from __future__ import annotations

import pytest

from app.cases import service
from app.cases.errors import CaseNotFound
from app.cases.models import FreeText
from app.links.errors import LinkExists, LinkNotFound, LinkRefused
from app.links.models import LinkKind
from app.links.service import end_link, link_cases, list_held_links, open_reasons
from tests.support.intake_steps import FAMILY, opened, stranger
from tests.support.served import serve


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


def test_a_link_ends_with_its_reason_and_stays_on_the_list(world, coordinator):
    one, two = opened(world), opened(world, FAMILY)
    with world.work_as(coordinator) as work:
        link_id = link_cases(work, one, two, LinkKind.FAMILY).id
    with world.work_as(coordinator) as work:
        end_link(work, two, link_id, "They are not brothers after all.")
    for case_id in (one, two):
        with world.work_as(coordinator) as work:
            (link,) = list_held_links(work, service.get_case(work, case_id))
            assert (link.ended_by, link.ended_on) == (coordinator.id, work.today())
            (reason,) = open_reasons(work, [link]).values()
            assert reason == FreeText("They are not brothers after all.")


def test_cases_that_are_linked_again_have_a_link_that_nobody_has_ended(world, coordinator):
    one, two = opened(world), opened(world, FAMILY)
    with world.work_as(coordinator) as work:
        first = link_cases(work, one, two, LinkKind.FAMILY).id
    with world.work_as(coordinator) as work:
        end_link(work, one, first, "Written by mistake.")
    with world.work_as(coordinator) as work:
        second = link_cases(work, two, one, LinkKind.FELLOW_TRAVELLERS).id
    with world.work_as(coordinator) as work:
        was, now = list_held_links(work, service.get_case(work, one))
        assert (was.id, was.kind, was.ended_by) == (first, LinkKind.FAMILY, coordinator.id)
        assert (now.id, now.ended_by, now.ended_on) == (second, None, None)
        assert now.kind is LinkKind.FELLOW_TRAVELLERS
        assert list(open_reasons(work, [was, now])) == [first]


def test_only_who_holds_both_cases_ends_their_link(world, coordinator):
    one = opened(world)
    two = opened(world, FAMILY, by=world.member("volunteer", 2))
    with world.work_as(coordinator) as work:
        link_id = link_cases(work, one, two, LinkKind.FAMILY).id
    with world.work_as(world.member("volunteer")) as work, pytest.raises(LinkNotFound):
        end_link(work, one, link_id, "I do not know them.")


def test_a_link_is_not_ended_without_a_reason(world, coordinator):
    one, two = opened(world), opened(world, FAMILY)
    with serve(world) as served:
        link = served.post(
            coordinator, f"/cases/{one}/links", {"other_id": str(two), "kind": "family"}
        )
        path = f"/cases/{two}/links/{link['id']}/ending"
        for nothing in ({}, {"reason": ""}, {"reason": "\u200b "}):
            answer = served.ask(coordinator, "POST", path, nothing)
            assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")
        ended = served.post(coordinator, path, {"reason": "Written by mistake."})
        (listed,) = served.get(coordinator, f"/cases/{one}/links")["items"]
    assert listed["ended_because"] == "Written by mistake."
    assert (listed["other_id"], ended["other_id"]) == (str(two), str(one))
    assert listed["shut"] is None
