"""A round of vetting from its request to its end, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.audit.models import AuditEvent
from app.audit.trail import read_detail, subject_tag
from app.errors import PreconditionMissing, Stale
from app.intake import service as intake
from app.intake.models import CaseStatus
from app.permissions import Compartment, Role
from app.store.base import new_id
from app.vault.errors import NoGrant, Tampered
from app.vault.models import Grant
from app.vault.scopes import Scope
from app.vetting import service
from app.vetting.errors import (
    AlreadyDecided,
    CannotBeVetted,
    CaseMovedOn,
    LinkUnknown,
    RoundEnded,
    RoundNotFound,
    TooFewSources,
    VettersInvalid,
    VettingInProgress,
    VoucherMissing,
)
from app.vetting.models import (
    Finding,
    Outcome,
    Source,
    Verdict,
    VettingCheck,
    VettingDecision,
    VettingRound,
)
from app.work import ANY_VERSION
from tests.vetting.acts import (
    ask,
    check,
    clear,
    clearance_of,
    decide,
    decide_both,
    open_stranger,
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


# ------------------------------------------------------------------ asking


def test_asking_sends_the_case_to_vetting_and_both_vetters_can_read_the_request(world, case_id):
    round_id = ask(world, case_id, reason="Names a unit that he spells in two ways.")
    assert status_of(world, case_id) is CaseStatus.VETTING
    for number in (1, 2):
        file = seen_by(world, number, round_id)
        assert file.reason == "Names a unit that he spells in two ways."
        assert (file.checks, file.decisions, file.independent_sources) == ({}, [], 0)


def test_vetters_are_given_who_the_person_is_and_what_happened_but_not_how_to_reach_them(
    world, case_id
):
    ask(world, case_id)
    with world.work_as(world.member(Role.VETTER)) as work:
        case = intake.get_case(work, case_id)
        assert work.vault.open(case.identity).name == "Ko Thiha Zin"
        assert work.vault.open(case.account).says
        with pytest.raises(NoGrant):
            work.vault.open(case.contact)


def test_the_coordinator_who_asked_keeps_no_key_to_the_round(world, case_id):
    round_id = ask(world, case_id)
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        assert not work.grants.holds(case_id, Scope(Compartment.VETTING, round_id))
        with pytest.raises(RoundNotFound):
            service.get_round(work, round_id)
        with pytest.raises(NoGrant):
            work.vault.open(work.session.get_one(VettingRound, round_id).request)


def test_a_round_is_not_found_by_anybody_else_whether_it_exists_or_not(world, case_id):
    round_id = ask(world, case_id)
    with world.work_as(world.member(Role.VETTER, team=2)) as work:
        for unknown in (round_id, new_id()):
            with pytest.raises(RoundNotFound):
                service.get_round(work, unknown)


def test_a_second_round_is_refused_while_one_is_in_progress(world, case_id):
    ask(world, case_id)
    with pytest.raises(VettingInProgress):
        ask(world, case_id)


@pytest.mark.parametrize(
    "pick",
    [
        lambda world: [world.member(Role.VETTER).id],
        lambda world: [world.member(Role.VETTER).id] * 2,
        lambda world: [world.member(Role.VETTER).id, world.member(Role.REGISTRAR).id],
        lambda world: [world.member(Role.VETTER).id, new_id()],
        lambda world: [
            world.member(Role.VETTER, 1).id,
            world.member(Role.VETTER, 2).id,
            world.member(Role.VETTER, 1, team=2).id,
        ],
    ],
    ids=["one", "the same twice", "a registrar", "a stranger", "three"],
)
def test_anything_but_two_different_vetters_is_refused(world, case_id, pick):
    with pytest.raises(VettersInvalid), world.work_as(world.member(Role.COORDINATOR)) as work:
        service.request_vetting(work, intake.get_case(work, case_id), pick(world))
    assert status_of(world, case_id) is CaseStatus.SUBMITTED


def test_a_vetter_of_another_team_may_be_asked(world, case_id):
    pair = [world.member(Role.VETTER).id, world.member(Role.VETTER, team=2).id]
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        round_id = service.request_vetting(work, intake.get_case(work, case_id), pair).id
    with world.work_as(world.member(Role.VETTER, team=2)) as work:
        assert service.get_round(work, round_id).case_id == case_id


def test_a_closed_case_is_not_sent_to_vetting(world, case_id):
    clear(world, case_id)
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        intake.move_case(work, intake.get_case(work, case_id), CaseStatus.CLOSED)
    with pytest.raises(CannotBeVetted):
        ask(world, case_id)


def test_a_declined_case_can_be_vetted_again_with_other_eyes(world, case_id):
    refuse(world, case_id)
    assert status_of(world, case_id) is CaseStatus.DECLINED
    round_id = clear(world, case_id)
    assert status_of(world, case_id) is CaseStatus.ACTIVE
    assert row_of(world, round_id).number == 2


# ------------------------------------------------------------------ checks


def test_both_vetters_read_every_check_in_the_order_in_which_they_were_made(world, case_id):
    round_id = ask(world, case_id)
    made = []
    for number, source in ((1, Source.RELATIVE), (2, Source.CONVERSATION), (1, Source.RELATIVE)):
        made.append(check(world, round_id, source, by=world.member(Role.VETTER, number)))
        world.clock.advance(minutes=5)
    for number in (1, 2):
        file = seen_by(world, number, round_id)
        assert list(file.checks) == made
        assert file.independent_sources == 2


def test_what_a_check_says_stands_nowhere_in_the_clear(world, case_id):
    round_id = ask(world, case_id)
    check(world, round_id, Source.VOUCHER, voucher="U Kyaw Fictional")
    with world.work_as(None) as work:
        row = work.session.scalars(select(VettingCheck)).one()
        assert b"Fictional" not in row.check.envelope
        plain = {name for name in vars(row) if not name.startswith("_")}
    assert plain == {"id", "case_id", "round_id", "added_by"}


def test_a_voucher_without_a_name_is_refused(world, case_id):
    round_id = ask(world, case_id)
    with pytest.raises(VoucherMissing):
        check(world, round_id, Source.VOUCHER)


def test_a_link_leads_only_from_a_voucher_to_a_voucher_of_the_same_round(world, case_id):
    round_id = ask(world, case_id)
    colleague = check(world, round_id, Source.FORMER_COLLEAGUE)
    voucher = check(world, round_id, Source.VOUCHER, voucher="Daw Aye")
    for source, links in (
        (Source.VOUCHER, (colleague,)),
        (Source.VOUCHER, (voucher, new_id())),
        (Source.RELATIVE, (voucher,)),
    ):
        with pytest.raises(LinkUnknown):
            check(world, round_id, source, voucher="U Ba", linked_to=links)
    check(world, round_id, Source.VOUCHER, voucher="U Ba", linked_to=(voucher,))


# ------------------------------------------------------------------ deciding apart


def test_nobody_sees_the_others_decision_before_both_are_given(world, case_id):
    round_id = ask(world, case_id)
    decide(world, round_id, 1, Verdict.REFUSED)
    own, other = seen_by(world, 1, round_id), seen_by(world, 2, round_id)
    assert [decision.verdict for decision in own.decisions] == [Verdict.REFUSED]
    assert other.decisions == []
    assert other.round.outcome is None


def test_a_first_decision_changes_nothing_that_tells_which_way_it_went(new_world):
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
            (row.outcome, row.turn, row.decided, row.ended_on, row.valid_until, row.version,
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
    assert (row.outcome, row.turn, row.decided, row.ended_on) == (Outcome.DISAGREE, 2, 0, None)
    assert status_of(world, case_id) is CaseStatus.VETTING
    for number in (1, 2):
        seen = [(d.turn, d.verdict) for d in seen_by(world, number, round_id).decisions]
        assert sorted(seen) == [(1, Verdict.REFUSED), (1, Verdict.VERIFIED)]
    check(world, round_id, Source.DOCUMENT_PHOTO)
    decide(world, round_id, 2, Verdict.VERIFIED)
    assert len(seen_by(world, 1, round_id).decisions) == 2
    decide(world, round_id, 1, Verdict.VERIFIED)
    assert status_of(world, case_id) is CaseStatus.ACTIVE
    with world.work_as(None) as work:
        kept = work.session.scalars(select(VettingDecision.turn)).all()
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
            .values(turn=2),
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
    assert row_of(world, round_id).outcome is Outcome.REFUSED


# ------------------------------------------------------------------ outcomes


def test_both_verified_clears_the_case_for_the_shorter_time(world, case_id):
    round_id = ask(world, case_id)
    check(world, round_id, Source.FORMER_COLLEAGUE)
    check(world, round_id, Source.DOCUMENT_PHOTO)
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
    first = check(world, round_id, Source.VOUCHER, voucher="U Ba")
    check(world, round_id, Source.VOUCHER, voucher="Daw Aye", linked_to=(first,))
    decide(world, round_id, 1)
    with pytest.raises(TooFewSources):
        decide(world, round_id, 2)
    check(world, round_id, Source.VOUCHER, voucher="Ko Lin")
    decide(world, round_id, 2)
    assert status_of(world, case_id) is CaseStatus.ACTIVE


def test_a_source_older_than_the_days_that_are_given_does_not_count(world, case_id):
    round_id = ask(world, case_id)
    check(world, round_id, Source.FORMER_COLLEAGUE)
    world.clock.advance(days=31)
    check(world, round_id, Source.DOCUMENT_PHOTO)
    decide(world, round_id, 1, days=60)
    with pytest.raises(TooFewSources):
        decide(world, round_id, 2, days=30)
    decide(world, round_id, 2, days=31)
    assert clearance_of(world, case_id).valid_until == world.clock().date()


def test_a_clearance_is_as_old_as_the_second_freshest_of_its_sources(world, case_id):
    round_id = ask(world, case_id)
    days = []
    for source in (Source.RELATIVE, Source.FORMER_COLLEAGUE, Source.DOCUMENT_PHOTO):
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
        assert {(grant.arrival, grant.shelf) for grant in grants} == {(None, None)}


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
        assert service.is_refused(work, case_id)


@pytest.mark.parametrize(
    "forged",
    [
        {"outcome": Outcome.VERIFIED},
        {"outcome": None, "ended_on": None},
        {"outcome": Outcome.DISAGREE},
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


# ------------------------------------------------------------------ withdrawing


def withdraw(world, case_id, based_on=ANY_VERSION):
    with world.work_as(world.member(Role.COORDINATOR), based_on) as work:
        return service.withdraw_vetting(work, intake.get_case(work, case_id))


def test_a_round_that_is_withdrawn_sends_the_case_back_and_takes_the_vetters_grants(world, case_id):
    round_id = ask(world, case_id)
    decide(world, round_id, 1)
    assert withdraw(world, case_id).outcome is Outcome.WITHDRAWN
    assert status_of(world, case_id) is CaseStatus.SUBMITTED
    with pytest.raises(RoundNotFound):
        decide(world, round_id, 2)
    assert clear(world, case_id) != round_id


def test_a_withdrawn_check_on_an_active_case_leaves_it_as_it_was(world, case_id):
    clear(world, case_id)
    ask(world, case_id)
    withdraw(world, case_id)
    assert status_of(world, case_id) is CaseStatus.ACTIVE
    assert clearance_of(world, case_id) is not None


def test_a_round_that_is_over_is_not_withdrawn(world, case_id):
    with pytest.raises(RoundNotFound):
        withdraw(world, case_id)
    clear(world, case_id)
    with pytest.raises(RoundEnded):
        withdraw(world, case_id)


def test_a_case_moved_back_by_hand_is_not_decided_and_a_new_request_replaces_the_old(
    world, case_id
):
    round_id = ask(world, case_id)
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        intake.move_case(work, intake.get_case(work, case_id), CaseStatus.SUBMITTED)
    with pytest.raises(CaseMovedOn):
        decide(world, round_id, 1)
    ask(world, case_id)
    assert row_of(world, round_id).outcome is Outcome.WITHDRAWN
    with pytest.raises(RoundNotFound):
        decide(world, round_id, 1)


def test_a_round_that_custody_hands_back_takes_nothing_more(world, case_id):
    round_id = clear(world, case_id)
    with world.work_as(world.member(Role.LEAD)) as work:
        work.custody.open_cases([case_id])
        with pytest.raises(RoundEnded):
            service.decide(work, round_id, Verdict.VERIFIED, "Late.")
        with pytest.raises(RoundEnded):
            service.add_check(work, round_id, source=Source.RELATIVE, finding=Finding.UNCLEAR)


# ------------------------------------------------------------------ lists and trail


def test_a_vetter_lists_the_open_rounds_in_their_hands_page_by_page(world):
    rounds = []
    for number in range(3):
        rounds.append(ask(world, open_stranger(world, number)))
        world.clock.advance(days=1)
    refuse(world, open_stranger(world, 3))
    with world.work_as(world.member(Role.VETTER, 2)) as work:
        first = service.list_rounds(work, limit=2)
        last = first[-1]
        rest = service.list_rounds(work, limit=2, after=(last.opened_on, last.id))
    assert [round_.id for round_ in (*first, *rest)] == rounds
    with world.work_as(world.member(Role.VETTER, team=2)) as work:
        assert service.list_rounds(work, limit=10) == []


def test_each_act_stands_in_the_cases_trail_and_no_fact_says_who_decided_what(world, case_id):
    round_id = ask(world, case_id, reason="Look at the dates.")
    check(world, round_id, Source.VOUCHER, voucher="U Ba")
    check(world, round_id, Source.PUBLIC_RECORD)
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
    told = str([event.facts for event in events if event.action == "vetting:decided"])
    assert "verified" not in told
    assert "refused" not in told
    assert "U Ba" not in str([event.facts for event in events])
