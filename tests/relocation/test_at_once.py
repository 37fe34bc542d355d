"""Two at the same moment, on the same leg.

On both databases: race.
"""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.errors import DomainError
from app.relocation import service
from tests.support.relocation_steps import words_of

pytestmark = pytest.mark.usefixtures("world_on_both")


@pytest.fixture
def legs(journey):
    return journey.open_plan(journey.leg("vehicle", 6, 2), journey.leg("arrival", 20, 4))


def at_once(*steps):
    """Start these steps together; returns what each of them returned or raised."""
    start = Barrier(len(steps))

    def run(step):
        start.wait()
        try:
            return step()
        except (DomainError, DBAPIError) as raised:
            return raised

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(run, steps))


def test_two_check_ins_at_once_are_both_recorded(journey, legs):
    journey.at(5)
    receipts = at_once(*[lambda: journey.check_in(legs[0], "tamarind")] * 4)
    assert {receipt.leg_id for receipt in receipts} == {legs[0]}
    assert words_of(journey.read(legs[0])) == ["SAFE"] * 4
    assert journey.read(legs[0]).leg.silence == 4


def test_a_check_in_and_a_move_at_once_do_not_undo_each_other(journey, legs):
    journey.move(legs[0], "ready")
    results = at_once(
        lambda: journey.check_in(legs[0], "tamarind"),
        lambda: journey.move(legs[0], "departed"),
    )
    assert not any(isinstance(result, Exception) for result in results)
    found = journey.read(legs[0])
    assert found.progress.record.left_at is not None
    assert words_of(found) == ["SAFE"]


def test_the_worker_and_a_check_in_at_once_leave_one_truth(journey, legs):
    journey.at(9)
    at_once(journey.escalate, lambda: journey.check_in(legs[0], "tamarind"))
    found = journey.read(legs[0])
    assert found.progress.escalations == []
    assert journey.escalate() == 0


def test_two_arrivals_at_once_finish_the_plan_once(journey, legs):
    for leg in legs:
        journey.move(leg, "ready", "departed")
    at_once(
        lambda: journey.move(legs[0], "arrived"),
        lambda: journey.move(legs[1], "arrived"),
    )
    assert journey.details().plan.status.value == "finished"
    assert {found.leg.status.value for found in journey.details().legs} == {"arrived"}


def test_words_that_nobody_understood_are_all_kept_when_they_come_at_once(journey, legs):
    told = at_once(*[lambda: journey.check_in(legs[0], "umbrella")] * 4)
    assert {receipt.understood for receipt in told} == {False}
    assert words_of(journey.read(legs[0])) == ["NOT_UNDERSTOOD"] * 4


def test_of_two_plans_opened_at_once_one_is_open(journey):
    draft = journey.leg("bus", 6, 1)
    results = at_once(*[lambda: journey.open_plan(draft)] * 2)
    assert sum(isinstance(result, Exception) for result in results) == 1
    assert len(journey.legs()) == 1


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_plan_that_is_opened_while_another_is_checked_leaves_one(journey, monkeypatch):
    draft, checked, turns = journey.leg("bus", 6, 1), service.require_no_journey, []

    def check_and_be_overtaken(work, case):
        checked(work, case)
        if not turns:
            turns.append("the other")
            journey.open_plan(draft)

    monkeypatch.setattr(service, "require_no_journey", check_and_be_overtaken)
    with pytest.raises(IntegrityError):
        journey.open_plan(draft)
    assert len(journey.legs()) == 1
