"""Likely duplicates are proposed at triage, and must be dealt with before a case moves on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.cases import moves, service
from app.cases.models import CaseStatus, Household, Identity, Papers, Relative
from app.casework import duplicates
from app.casework.errors import DuplicateOpen
from app.intake.errors import DismissalExists, DuplicateNotFound
from app.intake.service import dismiss_duplicate
from app.intake.triage import decline_case, merge_case
from app.search.models import SearchKind
from app.vault.errors import KeyCopyMissing
from app.vetting.service import request_vetting
from tests.support.intake_steps import FAMILY, HELPER, WALKER, WATERMELON, opened, stranger

K = SearchKind


@pytest.fixture
def coordinator(world):
    return world.member("coordinator")


def proposals(world, person, case_id):
    with world.work_as(person) as work:
        return duplicates.list_duplicates(work, service.get_case(work, case_id))


def leave_triage(world, case_id, to=CaseStatus.VETTING):
    vetters = [world.member("vetter", number).id for number in (1, 2)]
    with world.work_as(world.member("coordinator")) as work:
        if to is CaseStatus.VETTING:
            request_vetting(work, service.get_case(work, case_id), vetters)
        else:
            decline_case(work, case_id, "no way to help")


def merge(world, case_id, into_id):
    with world.work_as(world.member("coordinator")) as work:
        merge_case(work, case_id, into_id, None)


def dismiss(world, case_id, other_id, reason="brothers, seen both"):
    with world.work_as(world.member("coordinator")) as work:
        case = service.get_case(work, case_id)
        dismiss_duplicate(work, case, other_id, reason)


def test_the_helper_and_the_family_are_proposed_to_be_the_same(world, coordinator):
    family, helper = opened(world, FAMILY), opened(world, HELPER, by=world.member("volunteer", 2))
    for one, other in ((family, helper), (helper, family)):
        (proposal,) = proposals(world, coordinator, one)
        assert proposal.row.id == other
        assert proposal.why == [K.PHONE, K.NAME]
        assert proposal.likely


def test_different_people_are_not_proposed(world, coordinator):
    ids = [opened(world, intake) for intake in (FAMILY, WALKER, WATERMELON)]
    assert all(proposals(world, coordinator, case_id) == [] for case_id in ids)


def test_a_common_name_alone_is_proposed_in_both_scripts_and_does_not_block_triage(
    world, coordinator
):
    one = opened(world, stranger("Aung Naing Soe", "09770000001"))
    two = opened(world, stranger("အောင်နိုင်စိုး", "09770000002"))
    (proposal,) = proposals(world, coordinator, one)
    assert (proposal.row.id, proposal.why, proposal.likely) == (two, [K.NAME], False)
    leave_triage(world, one)


SPOUSE = Household((Relative("spouse", "Hnin Ei"),))


@pytest.mark.parametrize(
    ("name", "one", "other", "likely"),
    [
        ("Win Naing", {"born_on": "1996-05-04"}, {"born_on": "1996-04-05"}, True),
        ("Win Naing", {"born_on": "1996-05-04"}, {"born_on": "1996-05"}, True),
        ("Win Naing", {"born_on": "1996-05-04"}, {"born_on": "1996-05-14"}, False),
        ("Win Naing", {"born_on": "1996"}, {"born_on": "1996"}, False),
        ("Win Naing", {"unit": "LIB 77"}, {"unit": "LIB 77"}, False),
        ("Aung Naing Soe", {"unit": "LIB 77"}, {"unit": "77 ခမရ"}, True),
        ("Aung Naing Soe", {"unit": "LIB 77"}, {"unit": "LIB 78"}, False),
        ("Aung Naing Soe", {"born_on": "1996"}, {"born_on": "1996-05-04"}, False),
        ("Aung Naing Win Soe", {"born_on": "1996"}, {"born_on": "1996-05-04"}, True),
        ("Khrai Zut Grang", {}, {}, True),
    ],
)
def test_a_name_is_likely_with_what_makes_it_one_person(
    world, coordinator, name, one, other, likely
):
    first, _ = (
        opened(world, stranger(name, f"0977000000{number}", papers=Papers(**papers)))
        for number, papers in enumerate((one, other), start=1)
    )
    (proposal,) = proposals(world, coordinator, first)
    assert (proposal.why, proposal.likely) == ([K.NAME], likely)


def test_a_name_is_likely_with_the_name_of_a_relative(world, coordinator):
    first, _ = (
        opened(world, stranger("Win Naing", f"0977000000{number}", household=SPOUSE))
        for number in (1, 2)
    )
    (proposal,) = proposals(world, coordinator, first)
    assert proposal.likely


def test_at_most_so_many_are_proposed_and_no_likely_one_is_left_out(
    world, coordinator, monkeypatch
):
    monkeypatch.setattr(duplicates, "MOST_PROPOSALS", 2)
    mine = opened(world, stranger("Win Naing", "09770000000"))
    likely = opened(world, stranger("Win Naing", "09770000000"))
    newer = [opened(world, stranger("Win Naing", f"0977000000{number}")) for number in (1, 2, 3)]
    found = [(one.row.id, one.likely) for one in proposals(world, coordinator, mine)]
    assert found == [(newer[-1], False), (likely, True)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"nrc": "9/MaHaMa(N)123456"}, {"nrc": "9/MaHaMa(N)654321"}),
        ({"service_number": "kyi-45678"}, {"service_number": "kyi-45679"}),
        ({"born_on": "1990-01-01"}, {"born_on": "1995"}),
    ],
)
def test_a_shared_name_is_not_likely_where_numbers_or_birthdays_differ(
    world, coordinator, one, other
):
    intakes = [
        replace(
            stranger("x", f"0977000000{number}"),
            identity=Identity("Aung Naing Soe"),
            papers=Papers(**papers),
        )
        for number, papers in enumerate((one, other), start=1)
    ]
    first, _ = (opened(world, intake) for intake in intakes)
    (proposal,) = proposals(world, coordinator, first)
    assert not proposal.likely


def test_duplicates_are_proposed_among_held_cases_alone(world):
    opened(world, FAMILY)
    theirs = opened(world, HELPER, by=world.member("volunteer", team=2))
    assert proposals(world, world.member("coordinator", team=2), theirs) == []


def test_duplicates_are_never_proposed_to_a_volunteer(world):
    case_id = opened(world)
    with world.work_as(world.member("volunteer")) as work:
        case = service.get_case(work, case_id)
        with pytest.raises(KeyCopyMissing):
            duplicates.list_duplicates(work, case)


@pytest.mark.parametrize("to", [CaseStatus.VETTING, CaseStatus.DECLINED])
def test_a_likely_duplicate_holds_a_case_in_triage(world, to):
    opened(world, FAMILY)
    helper = opened(world, HELPER)
    with pytest.raises(DuplicateOpen):
        leave_triage(world, helper, to)
    with world.deployment.sessions() as session:
        assert session.get_one(service.Case, helper).status is CaseStatus.SUBMITTED


def test_a_dismissed_duplicate_lets_both_cases_go_on(world, coordinator):
    family, helper = opened(world, FAMILY), opened(world, HELPER)
    dismiss(world, helper, family)
    for case_id in (family, helper):
        (proposal,) = proposals(world, coordinator, case_id)
        assert proposal.dismissed
        assert proposal.dismissal == "brothers, seen both"
        leave_triage(world, case_id)


def test_a_merged_duplicate_lets_the_case_go_on(world):
    family, helper = opened(world, FAMILY), opened(world, HELPER)
    merge(world, helper, family)
    leave_triage(world, family)


def test_a_case_that_left_triage_is_not_stopped_by_a_later_contact(world):
    family = opened(world, FAMILY)
    leave_triage(world, family)
    opened(world, HELPER)
    with world.work_as(world.member("coordinator")) as work:
        moves.move_case(work, service.get_case(work, family), CaseStatus.ACTIVE)


def test_only_what_is_proposed_is_dismissed_and_only_once(world):
    family, helper, walker = opened(world, FAMILY), opened(world, HELPER), opened(world)
    with pytest.raises(DuplicateNotFound):
        dismiss(world, helper, walker)
    dismiss(world, helper, family)
    for one, other in ((helper, family), (family, helper)):
        with pytest.raises(DismissalExists):
            dismiss(world, one, other)
