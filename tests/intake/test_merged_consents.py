"""A merger keeps the consents of both intakes, by the narrower; what was ended stays ended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.consents.models import Purpose
from app.consents.service import ConsentDraft, list_consents, withdraw_consent
from tests.intake.test_merging import FIRST, merged
from tests.support.intake_steps import opened

RESEARCH, SCHOOL, CLINIC = (
    ConsentDraft(purpose=Purpose.RESEARCH),
    ConsentDraft(purpose=Purpose.SHARING, with_whom="the school"),
    ConsentDraft(purpose=Purpose.SHARING, with_whom="the clinic", how="nodded"),
)


def consents_after(world, mine, theirs, *, days=0, first_ends=False, second_ends=False):
    """By purpose and partner of the survivor: whether it stands after a merger."""
    first = opened(world, replace(FIRST, consents=mine))
    if first_ends:
        end_all(world, first)
    world.clock.advance(days=days)
    second = opened(world, replace(FIRST, consents=theirs))
    if second_ends:
        end_all(world, second)
    merged(world, second, first)
    with world.work_as(world.member("coordinator")) as work:
        found = list_consents(work, first)
    last = {}
    for one in found:
        standing = one.consent.withdrawn_on is None
        last[one.consent.purpose, one.said.with_whom, one.said.how] = standing
    return last


def end_all(world, case_id):
    with world.work_as(world.member("coordinator")) as work:
        for one in list_consents(work, case_id):
            withdraw_consent(work, case_id, one.consent.id)


def test_a_consent_stands_after_a_merger_where_both_gave_it(world):
    def asked(*purposes):
        return replace(FIRST, consents=tuple(ConsentDraft(purpose=purpose) for purpose in purposes))

    first = opened(world, asked(Purpose.CASEWORK, Purpose.RESEARCH))
    second = opened(world, asked(Purpose.CASEWORK))
    merged(world, second, first)
    with world.work_as(world.member("coordinator")) as work:
        found = {one.consent.purpose: one.consent for one in list_consents(work, first)}
    assert found[Purpose.CASEWORK].withdrawn_on is None
    assert found[Purpose.RESEARCH].withdrawn_on == world.clock().date()


def test_consents_of_whichever_intake_was_asked_hold_after_a_merger(world):
    expected = {
        (Purpose.RESEARCH, None, None): True,
        (Purpose.SHARING, "the clinic", "nodded"): True,
    }
    assert consents_after(world, (RESEARCH, CLINIC), ()) == expected
    assert consents_after(world, (), (RESEARCH, CLINIC)) == expected


def test_sharing_stands_with_the_partners_that_both_named(world):
    assert consents_after(world, (SCHOOL, CLINIC), (CLINIC,)) == {
        (Purpose.SHARING, "the school", None): False,
        (Purpose.SHARING, "the clinic", "nodded"): True,
    }


def test_who_agreed_to_casework_once_is_not_left_without_help_by_a_merger(world):
    casework = ConsentDraft(purpose=Purpose.CASEWORK)
    for mine, theirs in (((casework,), (CLINIC,)), ((CLINIC,), (casework,))):
        assert consents_after(world, mine, theirs)[Purpose.CASEWORK, None, None] is True


@pytest.mark.parametrize("days", [0, 3])
def test_a_consent_that_was_ended_in_the_merged_intake_is_ended_in_the_survivor(world, days):
    ended = {(Purpose.RESEARCH, None, None): False}
    assert consents_after(world, (RESEARCH,), (RESEARCH,), days=days, second_ends=True) == ended
    assert consents_after(world, (), (RESEARCH,), second_ends=True) == ended


@pytest.mark.parametrize(("days", "stands"), [(0, False), (3, True)])
def test_a_consent_that_was_given_again_later_in_the_merged_intake_stands(world, days, stands):
    found = consents_after(world, (RESEARCH,), (RESEARCH,), days=days, first_ends=True)
    assert found == {(Purpose.RESEARCH, None, None): stands}
