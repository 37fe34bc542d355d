"""A round of vetting from its request through its checks, and its withdrawal; both databases."""

import pytest
from sqlalchemy import select

from app.cases import moves
from app.cases import service as intake
from app.cases.models import CaseStatus
from app.permissions import Compartment, Role
from app.store.base import new_id
from app.vault.errors import NoGrant
from app.vault.scopes import Scope
from app.vetting import service
from app.vetting.errors import (
    CannotBeVetted,
    CaseMovedOn,
    LinkUnknown,
    RoundEnded,
    RoundNotFound,
    VettersInvalid,
    VettingInProgress,
    VoucherMissing,
)
from app.vetting.models import (
    Verdict,
    VettingCheck,
    VettingFinding,
    VettingOutcome,
    VettingRound,
    VettingSource,
)
from app.work import ANY_VERSION
from tests.support.vetting_steps import (
    ask,
    check,
    clear,
    clearance_of,
    decide,
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


def test_a_vetter_of_another_team_can_be_chosen(world, case_id):
    pair = [world.member(Role.VETTER).id, world.member(Role.VETTER, team=2).id]
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        round_id = service.request_vetting(work, intake.get_case(work, case_id), pair).id
    with world.work_as(world.member(Role.VETTER, team=2)) as work:
        assert service.get_round(work, round_id).case_id == case_id


def test_a_closed_case_is_not_sent_to_vetting(world, case_id):
    clear(world, case_id)
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        moves.move_case(work, intake.get_case(work, case_id), CaseStatus.CLOSED)
    with pytest.raises(CannotBeVetted) as refusal:
        ask(world, case_id)
    assert refusal.value.title == "A case with status closed cannot be sent to vetting"


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
    for number, source in (
        (1, VettingSource.RELATIVE),
        (2, VettingSource.CONVERSATION),
        (1, VettingSource.RELATIVE),
    ):
        made.append(check(world, round_id, source, by=world.member(Role.VETTER, number)))
        world.clock.advance(minutes=5)
    for number in (1, 2):
        file = seen_by(world, number, round_id)
        assert list(file.checks) == made
        assert file.independent_sources == 2


def test_what_a_check_says_is_nowhere_in_the_clear(world, case_id):
    round_id = ask(world, case_id)
    check(world, round_id, VettingSource.VOUCHER, voucher="U Kyaw Fictional")
    with world.work_as(None) as work:
        row = work.session.scalars(select(VettingCheck)).one()
        assert b"Fictional" not in row.check.envelope
        plain = {name for name in vars(row) if not name.startswith("_")}
    assert plain == {"id", "case_id", "round_id", "added_by", "sequence", "row_mac", "seals"}


def test_a_voucher_without_a_name_is_refused(world, case_id):
    round_id = ask(world, case_id)
    with pytest.raises(VoucherMissing):
        check(world, round_id, VettingSource.VOUCHER)


def test_a_link_leads_only_from_a_voucher_to_a_voucher_of_the_same_round(world, case_id):
    round_id = ask(world, case_id)
    colleague = check(world, round_id, VettingSource.FORMER_COLLEAGUE)
    voucher = check(world, round_id, VettingSource.VOUCHER, voucher="Daw Aye")
    for source, links in (
        (VettingSource.VOUCHER, (colleague,)),
        (VettingSource.VOUCHER, (voucher, new_id())),
        (VettingSource.RELATIVE, (voucher,)),
    ):
        with pytest.raises(LinkUnknown):
            check(world, round_id, source, voucher="U Ba", linked_to=links)
    check(world, round_id, VettingSource.VOUCHER, voucher="U Ba", linked_to=(voucher,))


# ------------------------------------------------------------------ withdrawing


def withdraw(world, case_id, based_on=ANY_VERSION):
    with world.work_as(world.member(Role.COORDINATOR), based_on) as work:
        return service.withdraw_vetting(work, intake.get_case(work, case_id))


def test_a_round_that_is_withdrawn_sends_the_case_back_and_takes_the_vetters_grants(world, case_id):
    round_id = ask(world, case_id)
    decide(world, round_id, 1)
    assert withdraw(world, case_id).outcome is VettingOutcome.WITHDRAWN
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
        moves.move_case(work, intake.get_case(work, case_id), CaseStatus.SUBMITTED)
    with pytest.raises(CaseMovedOn):
        decide(world, round_id, 1)
    ask(world, case_id)
    assert row_of(world, round_id).outcome is VettingOutcome.WITHDRAWN
    with pytest.raises(RoundNotFound):
        decide(world, round_id, 1)


def test_a_round_that_custody_hands_back_takes_nothing_more(world, case_id):
    round_id = clear(world, case_id)
    with world.work_as(world.member(Role.LEAD)) as work:
        work.custody.open_cases([case_id])
        with pytest.raises(RoundEnded):
            service.decide(work, round_id, Verdict.VERIFIED, "Late.")
        with pytest.raises(RoundEnded):
            service.add_check(
                work, round_id, source=VettingSource.RELATIVE, finding=VettingFinding.UNCLEAR
            )


# ------------------------------------------------------------------ lists


@pytest.mark.usefixtures("world_on_both")
def test_a_vetter_lists_the_open_rounds_in_their_hands_page_by_page(world):
    """On both databases: paging."""
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
