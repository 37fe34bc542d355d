"""The table of moves, without any database."""

from hypothesis import given
from hypothesis import strategies as st

from app.casework.moves import Trigger
from app.permissions import Permission
from app.relocation.models import LegStatus
from app.relocation.moves import DUE, MOVES, UNRESOLVED, WAITING


def test_the_chain_of_departures_and_arrivals_is_the_one_that_was_decided():
    manual = {
        (move.source.value, move.target.value, move.needs)
        for move in MOVES
        if move.trigger is Trigger.MANUAL
    }
    planner, escort = Permission.PLAN_CHANGE, Permission.LEG_CHECK_IN
    assert manual == {
        ("planned", "ready", planner),
        ("planned", "aborted", planner),
        ("ready", "departed", escort),
        ("ready", "aborted", planner),
        ("departed", "arrived", escort),
        ("departed", "missed", escort),
        ("departed", "aborted", escort),
    }


def test_news_skips_what_nobody_recorded_and_the_escort_brings_it():
    news = {(m.source.value, m.target.value, m.needs) for m in MOVES if m.trigger is Trigger.NEWS}
    escort = Permission.LEG_CHECK_IN
    assert news == {("planned", "departed", escort), ("missed", "arrived", escort)}


def test_a_leg_is_rerouted_from_any_status_and_only_by_a_reroute():
    reroutes = [move for move in MOVES if move.target is LegStatus.REROUTED]
    assert {move.source for move in reroutes} == set(LegStatus) - {LegStatus.REROUTED}
    assert {(move.trigger, move.needs) for move in reroutes} == {
        (Trigger.REROUTE, Permission.PLAN_CHANGE)
    }


def test_nothing_follows_a_rerouted_leg():
    assert MOVES.targets(LegStatus.REROUTED) == frozenset()


def test_no_move_is_in_the_table_twice():
    moves = list(MOVES)
    assert len({(move.source, move.target) for move in moves}) == len(moves)


def test_every_leg_can_reach_its_end_and_none_comes_back():
    order = {status: place for place, status in enumerate(LegStatus)}
    assert all(
        order[move.source] < order[move.target]
        for move in MOVES
        if move.trigger is not Trigger.NEWS
    )


def test_what_waits_is_due_and_what_is_due_is_unresolved():
    assert WAITING < DUE < UNRESOLVED


@given(source=st.sampled_from(LegStatus), target=st.sampled_from(LegStatus))
def test_a_move_is_found_exactly_where_the_table_has_it(source, target):
    found = MOVES.find(source, target)
    assert (found is not None) == (target in MOVES.targets(source))
    assert found is None or (found.source, found.target) == (source, target)
