"""The contact timer, without any database."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.relocation.models import Leg
from app.relocation.timer import bring_back, level_reached_at, levels_reached, record_contact
from app.text.dates import minute_of
from app.watch.models import EscalationLevel

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=365)).map(
    lambda span: BEGINNING + span
)
GRACES = st.integers(min_value=5, max_value=7 * 24 * 60)


@given(expected_at=MOMENTS, grace=GRACES)
def test_levels_are_reached_one_after_the_other_and_missing_within_twelve_hours(expected_at, grace):
    times = [level_reached_at(level, expected_at, grace) for level in EscalationLevel]
    assert times[0] == expected_at
    assert all(sooner < later for sooner, later in pairwise(times))
    assert times[2] - times[1] <= timedelta(hours=12)


@given(expected_at=MOMENTS, grace=GRACES, now=MOMENTS, later=MOMENTS)
def test_time_alone_never_lowers_a_level(expected_at, grace, now, later):
    now, later = sorted((now, later))
    sooner = levels_reached(expected_at, grace, now)
    assert levels_reached(expected_at, grace, later)[: len(sooner)] == sooner


@given(expected_at=MOMENTS, grace=GRACES)
def test_nothing_is_late_at_the_minute_in_which_it_is_due(expected_at, grace):
    assert levels_reached(expected_at, grace, expected_at) == []
    assert levels_reached(expected_at, grace, expected_at + timedelta(seconds=1)) == [
        EscalationLevel.LATE
    ]


@given(grace=GRACES, now=MOMENTS)
def test_a_leg_of_which_nothing_is_due_is_never_late(grace, now):
    assert levels_reached(None, grace, now) == []


@given(at=MOMENTS)
def test_a_minute_holds_its_moment_and_tells_no_seconds(at):
    assert timedelta() <= at - minute_of(at) < timedelta(minutes=1)
    assert (minute_of(at).second, minute_of(at).microsecond) == (0, 0)


@given(expected_at=MOMENTS, grace=GRACES, at=MOMENTS, now=MOMENTS)
def test_a_contact_never_moves_the_timer_earlier_and_begins_a_silence_only_if_it_counts(
    expected_at, grace, at, now
):
    leg = Leg(expected_at=expected_at, due_at=expected_at, grace_minutes=grace, silence=0)
    at = min(at, now)
    record_contact(leg, at, (now, now))
    due = minute_of(at) + timedelta(minutes=grace)
    counts = due > now
    assert leg.silence == int(counts)
    assert leg.expected_at == (max(expected_at, due) if counts else expected_at)


@given(planned=MOMENTS, expected_at=MOMENTS, grace=GRACES, at=MOMENTS, now=MOMENTS)
def test_nothing_is_expected_later_than_planned_or_than_the_grace_from_now(
    planned, expected_at, grace, at, now
):
    leg = Leg(expected_at=expected_at, due_at=planned, grace_minutes=grace, silence=0)
    record_contact(leg, at, (now, now))
    bring_back(leg, now)
    assert leg.expected_at <= max(planned, minute_of(now) + timedelta(minutes=grace))


@given(expected_at=MOMENTS, grace=GRACES, now=MOMENTS, ahead=st.integers(3, 600_000))
def test_a_contact_under_a_clock_that_was_set_ahead_counts_from_the_earlier_time(
    expected_at, grace, now, ahead
):
    wrong = now + timedelta(minutes=ahead)
    legs = [
        Leg(expected_at=expected_at, due_at=expected_at, grace_minutes=grace, silence=0)
        for _ in range(2)
    ]
    record_contact(legs[0], now, (now, now))
    record_contact(legs[1], wrong, (now, wrong))
    assert legs[0].expected_at == legs[1].expected_at
