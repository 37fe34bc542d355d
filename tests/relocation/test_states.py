"""The laws of moves and of silence, without any database."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.relocation.models import LegStatus
from app.relocation.states import (
    DUE,
    MOVES,
    UNRESOLVED,
    WAITING,
    Mover,
    find_move,
    reached_at,
    rungs_reached,
)
from app.text.dates import minute_of
from app.watch.models import EscalationLevel

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=365)).map(
    lambda span: BEGINNING + span
)
GRACES = st.integers(min_value=5, max_value=7 * 24 * 60)


def reachable_from(origin):
    return {move.to for move in MOVES if move.origin is origin}


def test_the_chain_of_departures_and_arrivals_is_the_one_that_was_decided():
    by_hand = {(m.origin.value, m.to.value) for m in MOVES if m.by is not Mover.REROUTE}
    assert by_hand == {
        ("planned", "ready"),
        ("planned", "aborted"),
        ("ready", "departed"),
        ("ready", "aborted"),
        ("departed", "arrived"),
        ("departed", "missed"),
        ("departed", "aborted"),
    }


def test_a_new_leg_can_take_over_from_any_but_one_that_was_rerouted():
    assert {m.origin for m in MOVES if m.to is LegStatus.REROUTED} == set(LegStatus) - {
        LegStatus.REROUTED
    }
    assert all(m.by is Mover.REROUTE for m in MOVES if m.to is LegStatus.REROUTED)


def test_nothing_follows_a_rerouted_leg():
    assert reachable_from(LegStatus.REROUTED) == set()


def test_no_move_stands_in_the_table_twice():
    assert len({(move.origin, move.to) for move in MOVES}) == len(MOVES)


def test_every_leg_can_reach_its_end_and_comes_back_to_nothing():
    order = {status: place for place, status in enumerate(LegStatus)}
    assert all(order[move.origin] < order[move.to] for move in MOVES)


def test_what_waits_is_due_and_what_is_due_is_unresolved():
    assert WAITING < DUE < UNRESOLVED


@given(origin=st.sampled_from(LegStatus), to=st.sampled_from(LegStatus))
def test_a_move_is_found_exactly_where_the_table_has_it(origin, to):
    found = find_move(origin, to)
    assert (found is not None) == (to in reachable_from(origin))
    assert found is None or (found.origin, found.to) == (origin, to)


@given(expected_at=MOMENTS, grace=GRACES)
def test_the_rungs_are_reached_one_after_the_other_and_missing_within_twelve_hours(
    expected_at, grace
):
    times = [reached_at(rung, expected_at, grace) for rung in EscalationLevel]
    assert times[0] == expected_at
    assert all(sooner < later for sooner, later in pairwise(times))
    assert times[2] - times[1] <= timedelta(hours=12)


@given(expected_at=MOMENTS, grace=GRACES, now=MOMENTS, later=MOMENTS)
def test_time_alone_never_takes_a_rung_back(expected_at, grace, now, later):
    now, later = sorted((now, later))
    sooner = rungs_reached(expected_at, grace, now)
    assert rungs_reached(expected_at, grace, later)[: len(sooner)] == sooner


@given(expected_at=MOMENTS, grace=GRACES)
def test_nothing_is_late_at_the_minute_in_which_it_is_due(expected_at, grace):
    assert rungs_reached(expected_at, grace, expected_at) == []
    assert rungs_reached(expected_at, grace, expected_at + timedelta(seconds=1)) == [
        EscalationLevel.LATE
    ]


@given(grace=GRACES, now=MOMENTS)
def test_a_leg_of_which_nothing_is_due_is_never_late(grace, now):
    assert rungs_reached(None, grace, now) == []


@given(at=MOMENTS)
def test_a_minute_holds_its_moment_and_tells_no_seconds(at):
    assert timedelta() <= at - minute_of(at) < timedelta(minutes=1)
    assert (minute_of(at).second, minute_of(at).microsecond) == (0, 0)
