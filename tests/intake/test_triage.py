"""The first decision on an intake, merging, and cases that belong together."""

from __future__ import annotations

import pytest

from app.cases import service
from app.cases.errors import CaseNotFound
from app.cases.models import Case, CaseStatus
from app.casework import duplicates
from app.errors import Stale
from app.intake import triage
from app.intake.errors import MergeRefused, TriageDone
from app.intake.triage import Triage
from app.store.base import new_id
from tests.support.intake_steps import FAMILY, HELPER, WALKER, found, opened, stranger

KHIN = stranger("Khin Zaw", "09770000001")


@pytest.fixture
def coordinator(world):
    return world.member("coordinator")


def decide(world, case_id, decision, based_on=-1, **how):
    with world.work_as(world.member("coordinator"), based_on=based_on) as work:
        return triage.decide_triage(work, case_id, decision, **how)


def stored(world, case_id):
    with world.deployment.sessions() as session:
        return session.get_one(Case, case_id)


def test_an_accepted_case_stays_submitted_and_leaves_its_author(world, coordinator):
    case_id = opened(world)
    decide(world, case_id, Triage.ACCEPT)
    case = stored(world, case_id)
    assert case.status is CaseStatus.SUBMITTED
    assert case.triaged_on == world.clock().date()
    assert not found(world, world.member("volunteer"), case_id)
    assert found(world, coordinator, case_id)


def test_a_case_is_accepted_once(world):
    case_id = opened(world)
    decide(world, case_id, Triage.ACCEPT)
    with pytest.raises(TriageDone):
        decide(world, case_id, Triage.ACCEPT)


def test_a_declined_case_leaves_its_author(world):
    case_id = opened(world)
    decide(world, case_id, Triage.DECLINE, reason="cannot be reached")
    assert stored(world, case_id).status is CaseStatus.DECLINED
    assert not found(world, world.member("volunteer"), case_id)


@pytest.mark.parametrize("decision", [Triage.ACCEPT, Triage.DECLINE])
def test_a_case_that_left_triage_is_not_decided_again(world, decision):
    case_id = opened(world)
    decide(world, case_id, Triage.DECLINE)
    with pytest.raises(TriageDone):
        decide(world, case_id, decision)


def test_a_decision_is_based_on_the_newest_version(world):
    case_id = opened(world)
    with pytest.raises(Stale):
        decide(world, case_id, Triage.ACCEPT, based_on=9)
    assert stored(world, case_id).triaged_on is None


def test_another_teams_coordinator_decides_nothing(world):
    case_id = opened(world)
    other = world.member("coordinator", team=2)
    with world.work_as(other) as work, pytest.raises(CaseNotFound):
        triage.decide_triage(work, case_id, Triage.ACCEPT)


# ---------------------------------------------------------------------- merging


def test_a_merged_case_ends_and_says_where_it_went_on(world):
    family, helper = opened(world, FAMILY), opened(world, HELPER)
    decide(world, helper, Triage.MERGE, into=family, reason="the same phone")
    merged = stored(world, helper)
    assert merged.status is CaseStatus.MERGED
    assert merged.merged_into == family
    assert stored(world, family).status is CaseStatus.SUBMITTED


def test_what_only_the_merged_case_knew_is_carried_over(world, coordinator):
    known = opened(world)
    more = opened(world, stranger("Thiha Zin", "09 450 000 111 "))
    decide(world, more, Triage.MERGE, into=known)
    with world.work_as(coordinator) as work:
        file = service.read_case(work, known)
        (note,) = service.list_notes(work, known, limit=10)
        text = work.vault.open(note.text).text
    assert file.contact.phones == ("09 771 234 567", "09 450 000 111")
    assert file.contact.handles == WALKER.contact.handles
    assert text == HELPER.account.says


def test_a_number_that_is_known_in_another_spelling_is_not_carried_over_twice(world, coordinator):
    family, helper = opened(world, FAMILY), opened(world, HELPER)
    decide(world, helper, Triage.MERGE, into=family)
    with world.work_as(coordinator) as work:
        assert service.read_case(work, family).contact.phones == ("+959450112233",)


def test_a_case_merges_into_another_that_goes_on(world):
    one, two, three = opened(world), opened(world, KHIN), opened(world, FAMILY)
    for into in (one, None):
        with pytest.raises(MergeRefused) as refused:
            decide(world, one, Triage.MERGE, into=into)
        assert refused.value.field == "into"
    decide(world, two, Triage.MERGE, into=one)
    with pytest.raises(MergeRefused):
        decide(world, three, Triage.MERGE, into=two)


@pytest.mark.parametrize("decision", [Triage.ACCEPT, Triage.DECLINE])
def test_only_a_merger_names_another_case(world, decision):
    one, two = opened(world), opened(world, KHIN)
    with pytest.raises(MergeRefused):
        decide(world, one, decision, into=two)


def test_nobody_merges_into_a_case_that_they_do_not_hold(world):
    mine = opened(world)
    other = opened(world, KHIN, by=world.member("volunteer", team=2))
    for into in (other, new_id()):
        with pytest.raises(CaseNotFound):
            decide(world, mine, Triage.MERGE, into=into)


def test_a_merged_case_is_proposed_to_nobody(world, coordinator):
    family, helper = opened(world, FAMILY), opened(world, HELPER)
    decide(world, helper, Triage.MERGE, into=family)
    with world.work_as(coordinator) as work:
        assert duplicates.list_duplicates(work, service.get_case(work, family)) == []
