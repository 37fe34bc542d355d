"""Every way through the registrations of a case, compared with a model of a page's length."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Any

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

from app.errors import Conflict, NotFound
from app.permissions import Compartment, Role
from app.registration.models import CodeKind, RegistrationStatus
from app.registration.moves import MOVES
from app.vault.scopes import Scope
from tests.support.registration_steps import (
    code_status,
    deliver,
    in_service,
    issue,
    left,
    move,
    redeem,
    request,
    revoke,
)
from tests.support.vetting_steps import clear, open_stranger

S = RegistrationStatus
OVER = {S.REVOKED, S.EXPIRED, S.REFUSED}
IN_HAND = {S.REQUESTED, S.SUBMITTED, S.ISSUED}


@dataclass
class One:
    """A registration as the model has it."""

    id: Any
    kind: CodeKind
    status: RegistrationStatus = S.REQUESTED
    code: str | None = None
    last_day: date | None = None


def attempt(act, *arguments, **named):
    """(what came back, whether the service refused)."""
    try:
        return act(*arguments, **named), False
    except (Conflict, NotFound):
        return None, True


class Registrations(RuleBasedStateMachine):
    world = None
    numbers = count()

    @initialize()
    def open(self):
        self.case_id = open_stranger(self.world, next(self.numbers))
        self.known: list[One] = []
        self.fitting = CodeKind.FULL
        self.clear()

    @property
    def today(self):
        return self.world.clock().date()

    @precondition(lambda self: self.cleared_until < self.today)
    @rule()
    def clear(self):
        clear(self.world, self.case_id, days=100)
        self.cleared_until = self.today + timedelta(days=100)

    @rule(kind=st.sampled_from(CodeKind))
    def request(self, kind):
        blocked = any(
            one.status not in OVER and one.kind in {kind, CodeKind.FULL} for one in self.known
        )
        made, refused = attempt(request, self.world, self.case_id, kind)
        assert refused is (blocked or self.cleared_until < self.today or not self._fits(kind))
        if made is not None:
            self.known.append(One(made, kind))

    @rule()
    def change_standing(self):
        self.fitting = CodeKind.PRE if self.fitting is CodeKind.FULL else CodeKind.FULL
        (left if self.fitting is CodeKind.FULL else in_service)(self.world, self.case_id)

    def _fits(self, kind):
        return kind is self.fitting

    def _held(self, one):
        return one.status in IN_HAND

    def _may(self, one, to):
        return MOVES.find(one.status, to) is not None

    @precondition(lambda self: self.known)
    @rule(data=st.data(), to=st.sampled_from((S.SUBMITTED, S.REFUSED)))
    def move(self, data, to):
        one = data.draw(st.sampled_from(self.known))
        _, refused = attempt(move, self.world, one.id, to, "Because.")
        assert refused is not (self._held(one) and self._may(one, to))
        if not refused:
            one.status = to

    @precondition(lambda self: self.known)
    @rule(data=st.data(), days=st.sampled_from((30, 400)))
    def issue(self, data, days):
        one = data.draw(st.sampled_from(self.known))
        code, refused = attempt(issue, self.world, one.id, days=days)
        cleared = self.cleared_until >= self.today
        issuable = self._may(one, S.ISSUED) and cleared and self._fits(one.kind)
        assert refused is not (self._held(one) and issuable)
        if refused:
            return
        one.status, one.code, one.last_day = S.ISSUED, code, self.today + timedelta(days=days)

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def deliver(self, data):
        one = data.draw(st.sampled_from(self.known))
        _, refused = attempt(deliver, self.world, one.id)
        waits = one.kind is CodeKind.FULL and not self._fits(one.kind)
        assert refused is not (self._held(one) and self._may(one, S.DELIVERED) and not waits)
        if refused:
            return
        one.status = S.DELIVERED
        if one.kind is CodeKind.FULL:
            for other in self.known:
                if other.kind is CodeKind.PRE and self._may(other, S.REVOKED):
                    other.status = S.REVOKED

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def revoke(self, data):
        one = data.draw(st.sampled_from(self.known))
        _, refused = attempt(revoke, self.world, one.id)
        assert refused is not self._may(one, S.REVOKED)
        if not refused:
            one.status = S.REVOKED

    @precondition(lambda self: any(one.code for one in self.known))
    @rule(data=st.data(), number=st.sampled_from((1, 2, 3)))
    def redeem(self, data, number):
        one = data.draw(st.sampled_from([one for one in self.known if one.code]))
        answer = redeem(self.world, one.code, by=self.world.member(Role.VOLUNTEER, number))
        waits = one.kind is CodeKind.FULL and not self._fits(one.kind)
        assert answer.valid is (self._may(one, S.REDEEMED) and not waits)
        if answer.valid:
            assert (answer.kind, answer.expires_on) == (one.kind, one.last_day)
            one.status = S.REDEEMED
        else:
            assert (answer.kind, answer.expires_on) == (None, None)
            # Five vain tries a day are allowed for one code; the model counts none.
            self.wait(1)

    @rule(days=st.sampled_from((1, 29, 80)))
    def wait(self, days):
        self.world.clock.advance(days=days)
        for one in self.known:
            if one.status in {S.ISSUED, S.DELIVERED} and one.last_day < self.today:
                one.status = S.EXPIRED

    @invariant()
    def each_has_the_status_of_the_model(self):
        for one in self.known:
            assert code_status(self.world, one.id) is one.status

    @invariant()
    def no_two_codes_of_a_kind_are_alive_and_no_pre_code_beside_a_full_one(self):
        alive = [one.kind for one in self.known if one.status in {S.ISSUED, S.DELIVERED}]
        assert len(alive) == len(set(alive))
        in_hand = {one.kind for one in self.known if one.status is S.DELIVERED}
        assert len(in_hand) < 2

    @invariant()
    def registrars_hold_what_they_have_to_work_on_and_nothing_that_is_over(self):
        with self.world.work_as(self.world.member(Role.REGISTRAR)) as work:
            for one in self.known:
                scope = Scope(Compartment.REGISTRATION, one.id)
                held = work.grants.holds(self.case_id, scope)
                assert held or one.status not in IN_HAND
                assert not held or one.status in IN_HAND | {S.EXPIRED}


def test_every_way_through_a_cases_registrations_ends_where_the_model_says(world):
    class Here(Registrations):
        pass

    Here.world = world
    run_state_machine_as_test(
        Here, settings=settings(max_examples=10, stateful_step_count=16, deadline=None)
    )
