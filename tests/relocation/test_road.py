"""A plan as a state machine: whatever coordinators do, rows, keys and table of moves agree.

No duress word is unheard, of before as well, and nobody who has departed is off the watch before
the plan is over. Those who belong together see the danger while they are linked.

On both databases: journey.
"""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.alerts.models import AlertKind
from app.alerts.service import list_alerts
from app.cases.service import read_case
from app.casework.moves import Trigger
from app.links.models import LinkKind
from app.links.service import end_link, link_cases
from app.permissions import Role
from app.relocation.errors import (
    DueOutOfOrder,
    DueOutOfRange,
    EscortHasLeg,
    LegMoveRefused,
    LegNotFound,
    LegOver,
    PlanOver,
)
from app.relocation.models import LegStatus, PlanStatus
from app.relocation.moves import DUE, MOVES, UNRESOLVED, WAITING, move_due
from app.relocation.service import get_plan
from app.relocation.words import tell_words
from app.watch.check_ins import CheckInReceipt
from app.watch.news import bring_news
from tests.support.intake_steps import FAMILY, opened
from tests.support.relocation_steps import Journey

pytestmark = pytest.mark.usefixtures("world_on_both")

_S = LegStatus
BY_HAND = {(move.source, move.target) for move in MOVES if move.trigger is not Trigger.REROUTE}
WHICH = st.integers(min_value=0, max_value=20)
SAID = ("tamarind", "no, monsoon!", "tamarind, monsoon", "river stone", "paper kite", "umbrella")


class Road(RuleBasedStateMachine):
    """Two volunteers, a coordinator, and a model of what must be true."""

    world = None

    def __init__(self):
        super().__init__()
        self.journey = Journey(self.world, self.world.open_case())
        self.journey.declare_emergency(hours=1000)
        self.hours = 0
        self.over = False
        legs = self.journey.open_plan(*self.drafts(3))
        self.legs = dict.fromkeys(legs, _S.PLANNED)
        self.places = {leg: place for place, leg in enumerate(legs, start=1)}
        self.escorts = dict.fromkeys(legs)
        self.begun = set()
        self.duress = 0
        self.bringers = {}
        self.duress_words = {"monsoon"}
        self.sibling = opened(self.world, FAMILY)
        self.link_id = None

    def drafts(self, count):
        self.hours += count
        begin = (self.world.clock.at - self.journey.began).total_seconds() / 3600
        return [
            self.journey.leg("walk", begin + self.hours * 10 + step, 1) for step in range(count)
        ]

    def pick(self, which):
        return list(self.legs)[which % len(self.legs)]

    @rule(which=WHICH, to=st.sampled_from(_S))
    def move(self, which, to):
        leg = self.pick(which)
        if self.over or (self.legs[leg], to) not in BY_HAND:
            with pytest.raises(PlanOver if self.over else LegMoveRefused):
                self.journey.move(leg, to)
            return
        self.journey.move(leg, to)
        self.legs[leg] = to
        if to in {_S.DEPARTED, _S.ARRIVED}:
            self.begun.add(leg)
            for other, status in self.legs.items():
                if self.places[other] < self.places[leg] and status in UNRESOLVED:
                    self.legs[other] = _S.ABORTED if status in WAITING else _S.ARRIVED
        later = (other for other in self.legs if self.places[other] > self.places[leg])
        if to is _S.ARRIVED and not any(self.legs[other] in UNRESOLVED for other in later):
            self.over = True
            for other, status in self.legs.items():
                if status in DUE:
                    self.legs[other] = _S.ARRIVED if status is _S.DEPARTED else _S.ABORTED

    @rule(which=WHICH, count=st.integers(min_value=1, max_value=2))
    @precondition(lambda self: len(self.legs) < 10)
    def reroute(self, which, count):
        leg = self.pick(which)
        drafts = self.drafts(count)
        if self.over or self.legs[leg] is _S.REROUTED:
            with pytest.raises(PlanOver if self.over else LegMoveRefused):
                self.journey.reroute(leg, *drafts)
            return
        under_way, escort = self.legs[leg] in {_S.DEPARTED, _S.MISSED}, self.escorts[leg]
        new = self.journey.reroute(leg, *drafts)
        for other, status in self.legs.items():
            later = self.places[other] > self.places[leg] and status in WAITING
            if other == leg or later:
                self.legs[other] = _S.REROUTED
        for offset, other in enumerate(new):
            self.legs[other] = _S.PLANNED
            self.places[other] = self.places[leg] + offset
            self.escorts[other] = None
        if under_way:
            self.legs[new[0]] = _S.DEPARTED
            self.escorts[new[0]] = escort
            self.begun.add(new[0])

    @rule(which=WHICH, number=st.sampled_from([2, 3, None]))
    def escort(self, which, number):
        leg = self.pick(which)
        who = None if number is None else self.journey.volunteer(number)
        has_one = number is not None and any(
            self.escorts[other] in {number, -(number or 0)} and self.legs[other] in UNRESOLVED
            for other in self.legs
            if other != leg
        )
        if self.legs[leg] not in DUE:
            with pytest.raises(LegOver):
                self.journey.escort(leg, who)
        elif has_one:
            with pytest.raises(EscortHasLeg):
                self.journey.escort(leg, who)
        else:
            self.journey.escort(leg, who)
            self.escorts[leg] = number
            if number is not None:
                self.bringers.setdefault(number, leg)

    @rule(number=st.sampled_from([2, 3]))
    def lose_access(self, number):
        """The escort is removed, or signs in under duress."""
        with self.world.work_as(None) as work:
            work.grants.end_all_of(self.journey.volunteer(number).id)
        self.bringers.pop(number, None)
        for leg, escort in self.escorts.items():
            if escort == number:
                self.escorts[leg] = -number

    @rule(
        which=WHICH,
        word=st.sampled_from([*SAID, None]),
        hours_off=st.sampled_from([None, -2, 5, -24 * 40]),
        by=st.sampled_from([None, 2, 3]),
    )
    def check_in(self, which, word, hours_off, by):
        leg, who = self.pick(which), None
        if by in self.bringers:
            leg, who = self.bringers[by], self.journey.volunteer(by)
        at = None if hours_off is None else self.world.clock.at + timedelta(hours=hours_off)
        self.journey.check_in(leg, word, by=who, at=at)
        self.duress += any(duress in (word or "") for duress in self.duress_words)

    @rule(number=st.sampled_from([2, 3]), to=st.sampled_from([_S.DEPARTED, _S.ARRIVED]))
    def report_of_a_leg_that_is_held_no_more(self, number, to):
        """An escort says what happened on a leg that news, a reroute or another has taken."""
        leg = self.bringers.get(number)
        if leg is None or (self.escorts[leg] == number and self.legs[leg] in UNRESOLVED):
            return
        with self.world.work_as(self.journey.volunteer(number)) as work:
            assert isinstance(bring_news(work, leg, to), CheckInReceipt)

    @rule(duress=st.sampled_from(["river stone", "paper kite"]))
    def tell_new_words(self, duress):
        with self.world.work_as(self.journey.coordinator) as work:
            plan = get_plan(work, self.journey.case_id)
            tell_words(work, plan.id, "green lamp", duress)
        self.duress_words.add(duress)

    @rule(which=WHICH, hours=st.integers(min_value=-5, max_value=60))
    def move_due_time(self, which, hours):
        leg, to = self.pick(which), self.world.clock.at + timedelta(hours=hours)
        if self.legs[leg] not in DUE:
            with pytest.raises(LegOver):
                self.put_off(leg, to)
            return
        with suppress(DueOutOfOrder, DueOutOfRange):
            self.put_off(leg, to)
            self.hours += 7  # legs that are drafted from now on are due after those put off

    def put_off(self, leg, to):
        with self.world.work_as(self.journey.coordinator) as work:
            move_due(work, leg, to)

    @rule()
    def link_or_unlink(self):
        with self.world.work_as(self.journey.coordinator) as work:
            if self.link_id is None:
                made = link_cases(work, self.journey.case_id, self.sibling, LinkKind.FAMILY)
                self.link_id = made.id
            else:
                end_link(work, self.sibling, self.link_id, "Written by mistake.")
                self.link_id = None

    @rule(minutes=st.integers(min_value=1, max_value=600))
    def wait(self, minutes):
        self.world.clock.advance(minutes=minutes)
        self.journey.escalate()
        assert self.journey.escalate() == 0

    @invariant()
    def rows_stand_where_the_model_has_them(self):
        found = self.journey.details()
        assert {leg.leg.id: leg.leg.status for leg in found.legs} == self.legs
        assert (found.plan.status is PlanStatus.FINISHED) == self.over
        for leg in found.legs:
            assert (leg.leg.expected_at is not None) == (leg.leg.status in DUE)

    @invariant()
    def every_duress_word_has_its_alert(self):
        with self.world.work_as(self.world.member(Role.LEAD)) as work:
            found = list_alerts(work, limit=10_000)
        raised = [one.notice for one in found if one.notice.case_id == self.journey.case_id]
        kinds = [notice.kind for notice in raised if notice.kind is not AlertKind.MISSING]
        assert kinds == [AlertKind.DURESS_AT_CHECK_IN] * self.duress

    @invariant()
    def danger_is_shown_to_those_who_are_linked(self):
        with self.world.work_as(self.journey.coordinator) as work:
            shown = read_case(work, self.sibling).others_in_danger
        assert not shown if self.link_id is None else shown or not self.duress

    @invariant()
    def who_has_departed_is_on_the_watch(self):
        watched = [one for one in self.journey.watch() if one.leg.case_id == self.journey.case_id]
        assert watched or self.over or not self.begun
        for one in watched:
            alone = (self.escorts[one.leg.id] or 0) < 0
            assert one.nobody_with_them == (alone and one.leg.status in {_S.DEPARTED, _S.MISSED})

    @invariant()
    def an_escort_opens_their_unresolved_leg_and_no_other(self):
        for number in (2, 3):
            who = self.journey.volunteer(number)
            for leg, status in self.legs.items():
                live = status in UNRESOLVED and not self.over
                if self.escorts[leg] == number and live:
                    assert self.journey.read(leg, by=who).progress is None
                else:
                    with pytest.raises(LegNotFound):
                        self.journey.read(leg, by=who)


def test_whatever_happens_on_the_road_rows_and_keys_follow_the_table(world):
    Road.world = world
    run_state_machine_as_test(
        Road, settings=settings(max_examples=8, stateful_step_count=10, deadline=None)
    )
