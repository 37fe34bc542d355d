"""Two teams that may know one person learn so, and look only once both have agreed."""

from __future__ import annotations

import pytest

from app.cases import service as cases
from app.cases.errors import CaseNotFound
from app.cases.models import Papers
from app.casework.errors import DuplicateOpen
from app.casework.matches import compare_case
from app.intake.elsewhere import agree_to_look, list_elsewhere
from app.intake.errors import DuplicateNotFound
from app.intake.service import dismiss_duplicate
from app.store.base import new_id
from app.vetting.models import VettingSource
from tests.support.intake_steps import opened, stranger
from tests.support.vetting_steps import ask, check, decide

PAPERS = Papers(nrc="10/MaMaNa(N)123406")
OURS = stranger("Khin Zaw", "09 770 000 001", papers=PAPERS)
THEIRS = stranger("Moe Lwin", "09 770 000 002", papers=Papers(nrc="၁၀/မမန(နိုင်)၁၂၃၄၀၆"))


@pytest.fixture
def two(world):
    """The same person as a case of each team, compared by its own coordinator."""
    ours = opened(world, OURS)
    theirs = opened(world, THEIRS, by=world.member("volunteer", team=2))
    for case_id, team in ((ours, 1), (theirs, 2)):
        with world.work_as(world.member("coordinator", team=team)) as work:
            compare_case(work, cases.get_case(work, case_id))
    return ours, theirs


def seen(world, case_id, team):
    with world.work_as(world.member("coordinator", team=team)) as work:
        return list_elsewhere(work, cases.get_case(work, case_id))


def agree(world, case_id, team):
    (match,) = seen(world, case_id, team)
    with world.work_as(world.member("coordinator", team=team)) as work:
        return agree_to_look(work, cases.get_case(work, case_id), match.id)


def reads(world, case_id, team):
    with world.work_as(world.member("coordinator", team=team)) as work:
        try:
            return cases.read_case(work, case_id).identity.name
        except CaseNotFound:
            return None


def test_both_coordinators_learn_that_another_team_may_know_the_person_and_not_who(world, two):
    ours, theirs = two
    for case_id, other_id, team in ((ours, theirs, 1), (theirs, ours, 2)):
        (match,) = seen(world, case_id, team)
        assert (match.agreed, match.other_agreed) == (False, False)
        assert other_id != match.id
        assert reads(world, other_id, team) is None


def test_one_agreement_shows_nothing_and_two_show_each_case_to_the_other(world, two):
    ours, theirs = two
    assert not agree(world, ours, 1).other_agreed
    assert reads(world, theirs, 1) is reads(world, ours, 2) is None
    assert agree(world, theirs, 2).other_agreed
    assert reads(world, theirs, 1) == "Moe Lwin"
    (again,) = seen(world, theirs, 2)
    assert (again.agreed, again.other_agreed) == (True, True)
    with world.work_as(world.member("coordinator")) as work:
        agree_to_look(work, cases.get_case(work, ours), again.id)
    assert reads(world, ours, 2) == "Khin Zaw"
    world.clock.advance(days=9)
    assert reads(world, theirs, 1) is reads(world, ours, 2) is None


def test_the_other_colleagues_of_a_team_see_nothing_of_the_other_case(world, two):
    ours, theirs = two
    agree(world, ours, 1)
    agree(world, theirs, 2)
    with world.work_as(world.member("coordinator", 2)) as work, pytest.raises(CaseNotFound):
        cases.get_case(work, theirs)


def test_who_cannot_wait_dismisses_with_a_reason(world, two):
    ours, theirs = two
    round_id = ask(world, ours)
    check(world, round_id, VettingSource.FORMER_COLLEAGUE)
    check(world, round_id, VettingSource.DOCUMENT_PHOTO, by=world.member("vetter", 2))
    with pytest.raises(DuplicateOpen):
        decide(world, round_id, 1)
    (match,) = seen(world, ours, 1)
    with world.work_as(world.member("coordinator")) as work:
        dismiss_duplicate(work, cases.get_case(work, ours), match.id, "No answer; seen him.")
    decide(world, round_id, 1)
    assert seen(world, ours, 1) == seen(world, theirs, 2) == []


def test_nobody_agrees_to_what_is_no_match_of_their_case(world, two):
    ours, theirs = two
    (match,) = seen(world, ours, 1)
    third = opened(world, stranger("Ei Phyu", "09 770 000 003"))
    with world.work_as(world.member("coordinator")) as work:
        for case_id, match_id in ((ours, new_id()), (third, match.id)):
            with pytest.raises(DuplicateNotFound):
                agree_to_look(work, cases.get_case(work, case_id), match_id)
        with pytest.raises(CaseNotFound):
            cases.get_case(work, theirs)


def test_a_person_of_one_team_alone_is_no_match(world):
    ours = opened(world, OURS)
    other = opened(world, stranger("Ei Phyu", "09 770 000 003"), world.member("volunteer", team=2))
    for case_id, team in ((ours, 1), (other, 2)):
        with world.work_as(world.member("coordinator", team=team)) as work:
            compare_case(work, cases.get_case(work, case_id))
        assert seen(world, case_id, team) == []
