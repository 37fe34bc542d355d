"""Every way through a vetting, compared with a model of a page's length."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.cases import service as intake
from app.cases.models import CaseStatus
from app.errors import Conflict, NotFound
from app.permissions import Compartment, Role
from app.vault.scopes import Scope
from app.vetting import service
from app.vetting.models import Verdict, VettingOutcome, VettingSource
from tests.support.vetting_steps import ask, check, clearance_of, decide, open_stranger, status_of

KINDS = (VettingSource.RELATIVE, VettingSource.FORMER_COLLEAGUE, VettingSource.DOCUMENT_PHOTO)
DAYS = (20, 60)


@dataclass
class Round:
    id: object
    sources: dict = field(default_factory=dict)
    given: dict = field(default_factory=dict)
    past: int = 0


def refused(act, *arguments, **named):
    """Whether the service refuses it; anything else that it raises is a fault."""
    try:
        act(*arguments, **named)
    except (Conflict, NotFound) as refusal:
        return type(refusal).__name__
    return None


class Vetting(RuleBasedStateMachine):
    world = None
    numbers = count()

    @initialize()
    def open(self):
        self.case_id = open_stranger(self.world, next(self.numbers))
        self.status = CaseStatus.SUBMITTED
        self.round = None
        self.ended = []
        self.cleared_until = None

    @rule()
    def ask(self):
        may = self.round is None
        said = refused(ask, self.world, self.case_id)
        assert said == (None if may else "VettingInProgress")
        if may:
            with self.world.work_as(self.world.member(Role.COORDINATOR)) as work:
                case = intake.get_case(work, self.case_id)
                self.round = Round(service.get_newest_round(work, case).id)
            if self.status is not CaseStatus.ACTIVE:
                self.status = CaseStatus.VETTING

    @precondition(lambda self: self.round is not None)
    @rule(kind=st.sampled_from(KINDS), number=st.sampled_from((1, 2)))
    def check(self, kind, number):
        check(self.world, self.round.id, kind, by=self.world.member(Role.VETTER, number))
        self.round.sources[kind] = self.world.clock().date()

    @precondition(lambda self: self.round is not None)
    @rule(
        number=st.sampled_from((1, 2)),
        verdict=st.sampled_from(Verdict),
        days=st.sampled_from(DAYS),
    )
    def decide(self, number, verdict, days):
        given = self.round.given
        today = self.world.clock().date()
        fresh = sorted(
            (day for day in self.round.sources.values() if day >= today - timedelta(days=days)),
            reverse=True,
        )
        expected = None
        if number in given:
            expected = "AlreadyDecided"
        elif given and verdict is Verdict.VERIFIED and len(fresh) < 2:
            expected = "TooFewSources"
        assert refused(decide, self.world, self.round.id, number, verdict, days=days) == expected
        if expected is not None:
            return
        given[number] = (verdict, days)
        if len(given) < 2:
            return
        if len({verdict for verdict, _ in given.values()}) == 2:
            self.round.past += 2
            given.clear()
            return
        outcome = VettingOutcome(verdict.value)
        if verdict is Verdict.VERIFIED:
            shorter = min(days for _, days in given.values())
            self.cleared_until = max(today, fresh[1] + timedelta(days=shorter))
        else:
            self.cleared_until = None
        if self.status is CaseStatus.VETTING:
            verified = verdict is Verdict.VERIFIED
            self.status = CaseStatus.ACTIVE if verified else CaseStatus.DECLINED
        self._end(outcome)

    @rule()
    def withdraw(self):
        with self.world.work_as(self.world.member(Role.COORDINATOR)) as work:
            case = intake.get_case(work, self.case_id)
            said = refused(service.withdraw_vetting, work, case)
        if self.round is None:
            assert said == ("RoundEnded" if self.ended else "RoundNotFound")
            return
        assert said is None
        if self.status is CaseStatus.VETTING:
            self.status = CaseStatus.SUBMITTED
        self._end(VettingOutcome.WITHDRAWN)

    @rule(days=st.sampled_from((1, 19, 45)))
    def wait(self, days):
        self.world.clock.advance(days=days)

    def _end(self, outcome):
        self.ended.append((self.round.id, outcome))
        self.round = None

    @invariant()
    def the_case_has_the_status_of_the_model(self):
        assert status_of(self.world, self.case_id) is self.status

    @invariant()
    def the_clearance_is_what_two_vetters_gave(self):
        found = clearance_of(self.world, self.case_id)
        today = self.world.clock().date()
        holds = self.cleared_until is not None and self.cleared_until >= today
        assert (found is not None) is holds
        assert found is None or found.valid_until == self.cleared_until

    @invariant()
    def vetters_hold_the_round_in_progress_and_no_other(self):
        for number in (1, 2):
            with self.world.work_as(self.world.member(Role.VETTER, number)) as work:
                held = {round_.id for round_ in service.list_rounds(work, limit=20)}
                assert held & {round_id for round_id, _ in self.ended} == set()
                for round_id, _ in self.ended:
                    scope = Scope(Compartment.VETTING, round_id)
                    assert not work.grants.holds(self.case_id, scope)
                assert work.grants.holds(self.case_id) is (self.round is not None)

    @invariant()
    def each_sees_their_own_decision_and_those_of_turns_that_are_over(self):
        if self.round is None:
            return
        for number in (1, 2):
            person = self.world.member(Role.VETTER, number)
            with self.world.work_as(person) as work:
                file = service.read_round(work, service.get_round(work, self.round.id))
            now = [d for d in file.decisions if d.attempt == file.round.attempt]
            assert [d.by for d in now] == [person.id] * (number in self.round.given)
            assert len(file.decisions) - len(now) == self.round.past
            assert file.round.decided == len(self.round.given)


def test_every_way_through_a_vetting_ends_where_the_model_says(world):
    class Here(Vetting):
        pass

    Here.world = world
    run_state_machine_as_test(
        Here, settings=settings(max_examples=10, stateful_step_count=14, deadline=None)
    )
