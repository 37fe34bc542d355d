"""Moves of a case: a table, checked as a state machine against a model of its own."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from sqlalchemy import select

from app.cases import assignments, moves, service
from app.cases.errors import CaseMoveRefused
from app.cases.models import OPEN_STATUSES, Case, CaseMove, CaseStatus
from app.cases.moves import MOVES
from app.casework.duplicates import list_duplicates
from app.casework.moves import Trigger
from app.errors import PreconditionMissing, Stale
from app.intake.service import dismiss_duplicate
from tests.support.intake_steps import found, opened, version_of
from tests.support.world import World

S = CaseStatus
# The architecture's own words, written down a second time.
ALLOWED = {
    (S.SUBMITTED, S.VETTING), (S.SUBMITTED, S.DECLINED), (S.SUBMITTED, S.MERGED),
    (S.VETTING, S.ACTIVE), (S.VETTING, S.DECLINED), (S.VETTING, S.SUBMITTED),
    (S.ACTIVE, S.SETTLED), (S.ACTIVE, S.CLOSED), (S.SETTLED, S.ACTIVE), (S.SETTLED, S.CLOSED),
    (S.CLOSED, S.ACTIVE), (S.DECLINED, S.VETTING), (S.DECLINED, S.SUBMITTED),
    (S.VETTING, S.MERGED), (S.ACTIVE, S.MERGED), (S.SETTLED, S.MERGED),
    (S.SUBMITTED, S.CLOSED), (S.VETTING, S.CLOSED),
} | {(was, S.ERASED) for was in set(S) - {S.ACTIVE, S.ERASED}}  # fmt: skip
BY_HAND = {
    (S.VETTING, S.SUBMITTED), (S.ACTIVE, S.SETTLED), (S.ACTIVE, S.CLOSED), (S.SETTLED, S.ACTIVE),
    (S.SETTLED, S.CLOSED), (S.CLOSED, S.ACTIVE),
}  # fmt: skip


def move(world, case_id, to, reason=None):
    with world.work_as(world.member("coordinator")) as work:
        moves.move_case(work, service.get_case(work, case_id), to, reason)


def status_of(world, case_id):
    with world.deployment.sessions() as session:
        return session.get_one(Case, case_id).status


def test_the_table_is_the_architectures():
    assert {(move.source, move.target) for move in MOVES} == ALLOWED
    manual = {(m.source, m.target) for m in MOVES if m.trigger is Trigger.MANUAL}
    assert manual == BY_HAND


def test_what_was_merged_or_erased_goes_nowhere_but_to_its_end():
    assert MOVES.targets(S.MERGED) == {S.ERASED}
    assert not MOVES.targets(S.ERASED)
    assert {S.MERGED, S.ERASED}.isdisjoint(OPEN_STATUSES)


class Journeys(RuleBasedStateMachine):
    """Any move at any time: the service agrees with the table, and writes nothing when refusing."""

    world: World

    @initialize()
    def begin(self) -> None:
        self.case_id = opened(self.world)
        self.status = S.SUBMITTED
        self.made = 0
        with self.world.work_as(self.world.member("coordinator")) as work:
            # The same person comes in every journey: say that it is somebody else.
            case = service.get_case(work, self.case_id)
            for proposal in list_duplicates(work, case):
                dismiss_duplicate(work, case, proposal.row.id, "seen both")

    @rule(to=st.sampled_from(S), by_hand=st.booleans())
    def go(self, to: CaseStatus, by_hand: bool) -> None:
        allowed = (self.status, to) in (BY_HAND if by_hand else ALLOWED)
        act = moves.move_manually if by_hand else moves.move_case
        before = version_of(self.world, self.case_id)
        refused = None if allowed else CaseMoveRefused(self.status, to)
        with self.world.work_as(self.world.member("coordinator"), based_on=before) as work:
            case = work.session.get_one(Case, self.case_id)
            if refused is None:
                act(work, case, to, "because")
            else:
                with pytest.raises(CaseMoveRefused) as met:
                    act(work, case, to, "because")
                assert (met.value.was, met.value.to) == (refused.was, refused.to)
        if allowed:
            self.status = to
            self.made += 1
        assert (version_of(self.world, self.case_id) > before) is allowed

    @invariant()
    def status_and_history_agree(self) -> None:
        assert status_of(self.world, self.case_id) is self.status
        with self.world.deployment.sessions() as session:
            made = session.scalars(
                select(CaseMove).where(CaseMove.case_id == self.case_id).order_by(CaseMove.number)
            ).all()
        assert [m.number for m in made] == list(range(1, self.made + 1))
        assert all(one.became is two.was for one, two in pairwise(made))


def test_any_sequence_of_moves_follows_the_table(world):
    machine = type("Machine", (Journeys,), {"world": world})
    run_machine(machine, settings=settings(max_examples=8, stateful_step_count=12, deadline=None))


def test_a_move_out_of_turn_names_where_from_and_where_to(world):
    case_id = opened(world)
    with world.work_as(world.member("coordinator")) as work:
        case = service.get_case(work, case_id)
        with pytest.raises(CaseMoveRefused) as refused:
            moves.move_case(work, case, S.SETTLED)
    assert refused.value.code == "case.move_refused"
    assert "submitted" in refused.value.title
    assert "settled" in refused.value.title


def test_a_reason_is_sealed_and_read_back_by_who_holds_the_account(world):
    case_id = opened(world)
    move(world, case_id, S.VETTING, "gave a clear account")
    with world.work_as(world.member("coordinator")) as work:
        ((made, reason, _),) = moves.list_moves(work, service.get_case(work, case_id))
        assert b"clear story" not in made._reason
    assert reason == "gave a clear account"
    assert (made.was, made.became, made.moved_by) == (
        S.SUBMITTED, S.VETTING, world.member("coordinator").id,
    )  # fmt: skip


def test_the_trail_of_a_move_holds_states_and_no_words(world):
    case_id = opened(world)
    with world.work_as(world.member("coordinator")) as work:
        moves.move_case(work, service.get_case(work, case_id), S.VETTING, "secret words")
        (event,) = [e for e in work.trail._events if e.action == "case:moved"]
    assert event.facts == {"was": "submitted", "became": "vetting"}


def test_a_move_manually_is_based_on_the_newest_version(world):
    case_id = opened(world)
    move(world, case_id, S.VETTING)
    coordinator = world.member("coordinator")
    with world.work_as(coordinator, based_on=1) as work, pytest.raises(Stale):
        moves.move_manually(work, service.get_case(work, case_id), S.SUBMITTED)
    with world.work_as(coordinator, based_on=None) as work, pytest.raises(PreconditionMissing):
        moves.move_manually(work, service.get_case(work, case_id), S.SUBMITTED)
    assert status_of(world, case_id) is S.VETTING


def test_leaving_triage_ends_the_grant_of_the_member_who_logged_the_case(world):
    case_id = opened(world)
    move(world, case_id, S.VETTING)
    assert not found(world, world.member("volunteer"), case_id)
    assert found(world, world.member("coordinator"), case_id)


def test_a_coordinator_who_logged_an_intake_keeps_it(world):
    coordinator = world.member("coordinator")
    case_id = opened(world, by=coordinator)
    move(world, case_id, S.VETTING)
    assert found(world, coordinator, case_id)


def test_a_closed_case_is_reopened_while_it_is_known_who_it_is(world):
    case_id = opened(world)
    for to in (S.VETTING, S.ACTIVE, S.CLOSED, S.ACTIVE, S.CLOSED):
        move(world, case_id, to)
    with world.work_as(None) as work:
        work.session.get_one(Case, case_id)._identity = None
        work.trail.record("case:part_erased", case_id)
    with pytest.raises(CaseMoveRefused):
        move(world, case_id, S.ACTIVE)


def test_closing_ends_the_assignments_of_a_case(world):
    case_id = opened(world)
    volunteer = world.member("volunteer", 2)
    with world.work_as(world.member("coordinator")) as work:
        assignments.assign_case(work, case_id, volunteer.id)
    for to in (S.VETTING, S.ACTIVE):
        move(world, case_id, to)
    assert found(world, volunteer, case_id)
    move(world, case_id, S.CLOSED)
    assert not found(world, volunteer, case_id)
