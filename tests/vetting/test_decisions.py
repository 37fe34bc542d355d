"""Two vetters decide apart, and what comes of it; on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.audit.models import AuditEvent
from app.audit.trail import read_detail, subject_tag
from app.cases.models import CaseStatus
from app.casework import clearance
from app.errors import PreconditionMissing, Stale
from app.permissions import Role
from app.vault.errors import Tampered
from app.vault.models import Grant
from app.vetting import service
from app.vetting.errors import (
    AlreadyDecided,
    RoundNotFound,
    TooFewSources,
)
from app.vetting.models import (
    Verdict,
    VettingDecision,
    VettingOutcome,
    VettingRound,
    VettingSource,
)
from tests.support.vetting_steps import (
    ask,
    check,
    clear,
    clearance_of,
    decide,
    decide_both,
    refuse,
    status_of,
)


@pytest.fixture
def case_id(world):
    return world.open_case()


def seen_by(world, number, round_id):
    with world.work_as(world.member(Role.VETTER, number)) as work:
        return service.read_round(work, service.get_round(work, round_id))


def row_of(world, round_id):
    with world.work_as(None) as work:
        return work.session.get_one(VettingRound, round_id)


def facts_of(world, case_id):
    """The facts of every event of a case, as its log key opens them."""
    with world.work_as(world.member(Role.LEAD)) as work:
        key = work.keyring.log_key(case_id)
        own = AuditEvent.subject_tag == subject_tag(key, case_id)
        events = work.session.scalars(select(AuditEvent).where(own)).all()
        return [read_detail(event, key, work.deployment.organisation) for event in events]


# ------------------------------------------------------------------ deciding apart


def test_nobody_sees_the_others_decision_before_both_are_given(world, case_id):
    round_id = ask(world, case_id)
    decide(world, round_id, 1, Verdict.REFUSED)
    own, other = seen_by(world, 1, round_id), seen_by(world, 2, round_id)
    assert [decision.verdict for decision in own.decisions] == [Verdict.REFUSED]
    assert other.decisions == []
    assert other.round.outcome is None


def test_a_first_decision_changes_nothing_that_shows_which_way_it_went(new_world):
    shapes = []
    for verdict in Verdict:
        world = new_world()
        case_id = world.open_case()
        round_id = ask(world, case_id)
        decide(world, round_id, 1, verdict)
        row = row_of(world, round_id)
        with world.work_as(None) as work:
            sealed = work.session.scalars(select(VettingDecision)).one().decision.envelope
        shapes.append(
            (row.outcome, row.attempt, row.decided, row.ended_on, row.valid_until, row.version,
             status_of(world, case_id), len(sealed))
        )  # fmt: skip
        facts = [detail.facts for detail in facts_of(world, case_id)]
        assert verdict.value not in str(facts)
    assert shapes[0] == shapes[1]


def test_whether_the_second_may_say_verified_does_not_depend_on_what_the_first_said(new_world):
    for first in Verdict:
        world = new_world()
        round_id = ask(world, world.open_case())
        decide(world, round_id, 1, first)
        with pytest.raises(TooFewSources):
            decide(world, round_id, 2, Verdict.VERIFIED)


def test_two_who_disagree_go_back_to_checks_and_then_read_each_other(world, case_id):
    round_id = ask(world, case_id)
    check(world, round_id)
    decide_both(world, round_id, Verdict.VERIFIED, Verdict.REFUSED)
    row = row_of(world, round_id)
    assert (row.outcome, row.attempt, row.decided, row.ended_on) == (
        VettingOutcome.DISAGREE,
        2,
        0,
        None,
    )
    assert status_of(world, case_id) is CaseStatus.VETTING
    for number in (1, 2):
        seen = [(d.attempt, d.verdict) for d in seen_by(world, number, round_id).decisions]
        assert sorted(seen) == [(1, Verdict.REFUSED), (1, Verdict.VERIFIED)]
    check(world, round_id, VettingSource.DOCUMENT_PHOTO)
    decide(world, round_id, 2, Verdict.VERIFIED)
    assert len(seen_by(world, 1, round_id).decisions) == 2
    decide(world, round_id, 1, Verdict.VERIFIED)
    assert status_of(world, case_id) is CaseStatus.ACTIVE
    with world.work_as(None) as work:
        kept = work.session.scalars(select(VettingDecision.attempt)).all()
    assert sorted(kept) == [1, 1, 2, 2]


def test_one_vetter_cannot_decide_for_two(world, case_id):
    round_id = ask(world, case_id)
    decide(world, round_id, 1)
    with pytest.raises(AlreadyDecided):
        decide(world, round_id, 1)


def test_a_decision_moved_to_the_other_vetters_name_is_found_out(world, case_id):
    round_id = ask(world, case_id)
    decide(world, round_id, 1, Verdict.REFUSED)
    with world.work_as(None) as work:
        work.session.execute(
            update(VettingDecision).values(vetter_id=world.member(Role.VETTER, 2).id),
            execution_options={"housekeeping": "the thief of this test"},
        )
    with pytest.raises(Tampered):
        decide(world, round_id, 1, Verdict.REFUSED)


def test_a_decision_moved_to_another_turn_is_found_out(world, case_id):
    round_id = ask(world, case_id)
    check(world, round_id)
    decide_both(world, round_id, Verdict.VERIFIED, Verdict.REFUSED)
    with world.work_as(None) as work:
        work.session.execute(
            update(VettingDecision)
            .where(VettingDecision.vetter_id == world.member(Role.VETTER, 2).id)
            .values(attempt=2),
            execution_options={"housekeeping": "the thief of this test"},
        )
    with pytest.raises(Tampered):
        decide(world, round_id, 1, Verdict.REFUSED)


def test_a_decision_based_on_an_older_state_of_the_round_is_stale(world, case_id):
    round_id = ask(world, case_id)
    decide(world, round_id, 1, Verdict.REFUSED)
    vetter = world.member(Role.VETTER, 2)
    for based_on, refusal in ((1, Stale), (None, PreconditionMissing)):
        with pytest.raises(refusal), world.work_as(vetter, based_on) as work:
            service.decide(work, round_id, Verdict.REFUSED, "No.")
    with world.work_as(vetter, 2) as work:
        service.decide(work, round_id, Verdict.REFUSED, "No.")
    assert row_of(world, round_id).outcome is VettingOutcome.REFUSED


# ------------------------------------------------------------------ outcomes


def test_both_verified_clears_the_case_for_the_shorter_time(world, case_id):
    round_id = ask(world, case_id)
    check(world, round_id, VettingSource.FORMER_COLLEAGUE)
    check(world, round_id, VettingSource.DOCUMENT_PHOTO)
    decide(world, round_id, 1, days=90)
    decide(world, round_id, 2, days=120)
    found = clearance_of(world, case_id)
    today = world.clock().date()
    assert found is not None
    assert (found.round_id, found.verified_on) == (round_id, today)
    assert found.valid_until == today + timedelta(days=90)
    assert status_of(world, case_id) is CaseStatus.ACTIVE


def test_two_linked_vouchers_are_too_few(world, case_id):
    round_id = ask(world, case_id)
    first = check(world, round_id, VettingSource.VOUCHER, voucher="U Ba")
    check(world, round_id, VettingSource.VOUCHER, voucher="Daw Aye", linked_to=(first,))
    decide(world, round_id, 1)
    with pytest.raises(TooFewSources):
        decide(world, round_id, 2)
    check(world, round_id, VettingSource.VOUCHER, voucher="Ko Lin")
    decide(world, round_id, 2)
    assert status_of(world, case_id) is CaseStatus.ACTIVE


def test_a_source_older_than_the_days_that_are_given_does_not_count(world, case_id):
    round_id = ask(world, case_id)
    check(world, round_id, VettingSource.FORMER_COLLEAGUE)
    world.clock.advance(days=31)
    check(world, round_id, VettingSource.DOCUMENT_PHOTO)
    decide(world, round_id, 1, days=60)
    with pytest.raises(TooFewSources):
        decide(world, round_id, 2, days=30)
    decide(world, round_id, 2, days=31)
    assert clearance_of(world, case_id).valid_until == world.clock().date()


def test_a_clearance_is_as_old_as_the_second_freshest_of_its_sources(world, case_id):
    round_id = ask(world, case_id)
    days = []
    for source in (
        VettingSource.RELATIVE,
        VettingSource.FORMER_COLLEAGUE,
        VettingSource.DOCUMENT_PHOTO,
    ):
        check(world, round_id, source)
        days.append(world.clock().date())
        world.clock.advance(days=10)
    decide_both(world, round_id, days=100)
    assert clearance_of(world, case_id).valid_until == days[1] + timedelta(days=100)


def test_a_clearance_holds_through_its_last_day_and_no_longer(world, case_id):
    clear(world, case_id, days=30)
    world.clock.advance(days=30)
    assert clearance_of(world, case_id) is not None
    world.clock.advance(days=1)
    assert clearance_of(world, case_id) is None
    assert status_of(world, case_id) is CaseStatus.ACTIVE


def test_both_refused_declines_the_case_and_clears_nobody(world, case_id):
    refuse(world, case_id)
    assert status_of(world, case_id) is CaseStatus.DECLINED
    assert clearance_of(world, case_id) is None


def test_with_the_outcome_the_vetters_hold_nothing_of_the_case_any_more(world, case_id):
    round_id = clear(world, case_id)
    for number in (1, 2):
        with world.work_as(world.member(Role.VETTER, number)) as work:
            assert not work.grants.holds(case_id)
            with pytest.raises(RoundNotFound):
                service.get_round(work, round_id)
            assert service.list_rounds(work, limit=10) == []
    with world.work_as(None) as work:
        grants = work.session.scalars(select(Grant).where(Grant.about == round_id)).all()
        assert {(grant.hpke_wrap, grant.symmetric_wrap) for grant in grants} == {(None, None)}


def test_what_was_checked_and_decided_stays_open_to_custody(world, case_id):
    round_id = clear(world, case_id)
    with world.work_as(world.member(Role.LEAD)) as work:
        work.custody.open_cases([case_id])
        file = service.read_round(work, service.get_round(work, round_id))
        assert len(file.checks) == 2
        decided = work.session.scalars(select(VettingDecision)).all()
        assert {work.vault.open(row.decision).verdict for row in decided} == {Verdict.VERIFIED}


def test_an_active_case_is_checked_again_without_losing_its_clearance_meanwhile(world, case_id):
    clear(world, case_id)
    ask(world, case_id)
    assert status_of(world, case_id) is CaseStatus.ACTIVE
    assert clearance_of(world, case_id) is not None


def test_a_refusal_on_a_second_look_ends_the_clearance_that_still_ran(world, case_id):
    clear(world, case_id)
    refuse(world, case_id)
    assert clearance_of(world, case_id) is None
    assert status_of(world, case_id) is CaseStatus.ACTIVE
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        assert clearance.is_refused(work, case_id)


@pytest.mark.parametrize(
    "forged",
    [
        {"outcome": VettingOutcome.VERIFIED},
        {"outcome": None, "ended_on": None},
        {"outcome": VettingOutcome.DISAGREE},
        {"number": 0},
    ],
    ids=["cleared", "never ended", "disagreed", "put before the other"],
)
def test_a_refusal_rewritten_in_the_database_clears_nobody(world, case_id, forged):
    clear(world, case_id)
    round_id = refuse(world, case_id)
    with world.work_as(None) as work:
        work.session.execute(
            update(VettingRound).where(VettingRound.id == round_id).values(**forged),
            execution_options={"housekeeping": "the thief of this test"},
        )
    with pytest.raises(Tampered):
        clearance_of(world, case_id)


def test_a_clearance_made_to_last_longer_in_the_database_is_found_out(world, case_id):
    clear(world, case_id)
    with world.work_as(None) as work:
        work.session.execute(
            update(VettingRound).values(valid_until=world.clock().date() + timedelta(days=999)),
            execution_options={"housekeeping": "the thief of this test"},
        )
    with pytest.raises(Tampered):
        clearance_of(world, case_id)


def test_days_that_have_run_out_before_the_second_decision_still_clear_for_the_day(world, case_id):
    round_id = ask(world, case_id)
    check(world, round_id, VettingSource.FORMER_COLLEAGUE)
    check(world, round_id, VettingSource.DOCUMENT_PHOTO)
    decide(world, round_id, 1, days=1)
    world.clock.advance(days=5)
    decide(world, round_id, 2, days=30)
    assert clearance_of(world, case_id).valid_until == world.clock().date()


# ------------------------------------------------------------------ trail


def test_each_act_is_in_the_cases_trail_and_no_fact_says_who_decided_what(world, case_id):
    round_id = ask(world, case_id, reason="Look at the dates.")
    check(world, round_id, VettingSource.VOUCHER, voucher="U Ba")
    check(world, round_id, VettingSource.PUBLIC_RECORD)
    decide_both(world, round_id, Verdict.VERIFIED, Verdict.REFUSED)
    decide_both(world, round_id)
    events = [d for d in facts_of(world, case_id) if d.action.startswith("vetting:")]
    counted = {name: sum(e.action == name for e in events) for name in {e.action for e in events}}
    assert counted == {
        "vetting:requested": 1,
        "vetting:checked": 2,
        "vetting:decided": 4,
        "vetting:disagreed": 1,
        "vetting:ended": 1,
    }
    facts = str([event.facts for event in events if event.action == "vetting:decided"])
    assert "verified" not in facts
    assert "refused" not in facts
    assert "U Ba" not in str([event.facts for event in events])
