"""Check-ins: safe word, duress word, no answer, and a word that was not agreed."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, select

from app.alerts.models import NO_ID, Alert, AlertKind, Notice
from app.alerts.service import list_alerts
from app.permissions import Role
from app.relocation.errors import LegNotFound
from app.relocation.models import LegStatus
from app.store.base import Base, new_id
from app.watch import escalation
from app.watch.check_ins import FREE_TRIES
from app.watch.models import UNSEEN, CheckIn, CheckInRecord, Word
from tests.support.relocation_steps import Journey, levels_of, words_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOBODY = new_id()


@pytest.fixture
def leg(journey):
    return journey.open_plan(journey.leg("vehicle", 6, 2), journey.leg("arrival", 20, 4))[0]


@pytest.fixture
def rider(journey, leg):
    journey.escort(leg, journey.volunteer(2))
    return journey.volunteer(2)


def test_check_ins_read_back_for_planners(journey, leg, rider):
    journey.at(1)
    journey.check_in(leg, "tamarind", by=rider, note="laughing")
    journey.at(2)
    journey.check_in(leg, None, by=rider)
    journey.at(3)
    journey.check_in(leg, "monsoon")
    found = journey.read(leg)
    assert words_of(found) == ["SAFE", "NO_ANSWER", "DURESS"]
    first = found.progress.check_ins[0]
    assert (first.by, first.note, first.at) == (
        rider.id,
        "laughing",
        journey.began + timedelta(hours=1),
    )
    assert found.progress.last_contact_at == journey.began + timedelta(hours=3)


def test_a_word_moves_the_next_contact_and_no_answer_does_not(journey, leg):
    journey.at(5)
    assert journey.check_in(leg, None).expected_at == journey.began + timedelta(hours=6)
    assert journey.check_in(leg, "tamarind").expected_at == journey.began + timedelta(hours=7)


def test_a_word_early_on_never_brings_the_due_time_forward(journey, leg):
    journey.at(1)
    assert journey.check_in(leg, "tamarind").expected_at == journey.began + timedelta(hours=6)


def test_no_answer_ends_no_silence(journey, leg):
    journey.at(9)
    journey.escalate()
    journey.check_in(leg, None)
    assert levels_of(journey.read(leg)) == ["late", "overdue"]


def test_news_may_be_recorded_hours_later(journey, leg):
    journey.at(9)
    receipt = journey.check_in(leg, "tamarind", at=journey.began + timedelta(hours=8))
    assert receipt.expected_at == journey.began + timedelta(hours=10)
    assert journey.read(leg).progress.last_contact_at == journey.began + timedelta(hours=8)


def test_news_older_than_the_grace_does_not_end_a_silence(journey, leg):
    journey.at(12)
    journey.escalate()
    journey.check_in(leg, "tamarind", at=journey.began + timedelta(hours=9))
    assert levels_of(journey.read(leg)) == ["late", "overdue"]
    assert words_of(journey.read(leg)) == ["SAFE"]


def test_older_news_does_not_hide_later_contacts(journey, leg):
    journey.at(5)
    journey.check_in(leg, "tamarind")
    journey.check_in(leg, "tamarind", at=journey.began + timedelta(hours=2))
    assert journey.read(leg).progress.last_contact_at == journey.began + timedelta(hours=5)


def test_news_of_more_than_a_month_ago_is_heard_and_ends_no_silence(journey, leg):
    journey.at(9)
    journey.escalate()
    said_at = journey.world.clock.at - timedelta(days=31)
    journey.check_in(leg, "tamarind", at=said_at)
    found = journey.read(leg)
    (record,) = found.progress.check_ins
    assert (record.at, record.said_at) == (journey.world.clock.at, said_at)
    assert levels_of(found) == ["late", "overdue"]


def test_a_missed_leg_still_takes_words(journey, leg):
    journey.move(leg, "ready", "departed", "missed")
    journey.check_in(leg, "tamarind")
    assert words_of(journey.read(leg)) == ["SAFE"]


def test_a_stranger_finds_no_leg_to_check_in_on(journey, leg):
    for stranger in (journey.volunteer(3), journey.world.member(Role.VOLUNTEER, team=2)):
        with pytest.raises(LegNotFound):
            journey.check_in(leg, "tamarind", by=stranger)


def test_the_words_are_nowhere_in_the_database_nor_is_which_was_said(journey, leg):
    journey.check_in(leg, "monsoon", note="quiet voice")
    with journey.world.deployment.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                said = repr(tuple(row)).casefold()
                assert "monsoon" not in said
                assert "tamarind" not in said
                assert "duress" not in said


# ---------------------------------------------------------------------- not understood


def test_what_is_not_understood_is_kept_as_it_came_and_shown_to_planners(journey, leg, rider):
    journey.at(8.5)
    journey.escalate()
    assert journey.check_in(leg, "umbrella, I think", by=rider).understood is False
    found = journey.read(leg)
    assert [record.said for record in found.progress.check_ins] == ["umbrella, I think"]
    assert levels_of(found) == ["late", "overdue"]
    assert found.progress.last_contact_at is None
    assert journey.watched(leg).signs.not_understood == 1


def test_what_was_understood_is_not_kept_as_it_came(journey, leg):
    journey.check_in(leg, "yes, all well, tamarind")
    journey.check_in(leg, "tamarind or monsoon")
    assert [record.said for record in journey.read(leg).progress.check_ins] == [None, None]


def test_what_is_not_understood_is_on_the_watch_until_a_planner_has_looked(journey, leg):
    journey.check_in(leg, "umbrella")
    assert journey.watched(leg).signs.not_understood == 1
    with journey.world.work_as(journey.coordinator) as work:
        escalation.acknowledge(work, leg, escalation.NOT_UNDERSTOOD)
    assert journey.watched(leg) is None


@pytest.mark.usefixtures("world_on_both")
def test_every_try_is_heard_but_after_several_nobody_is_told_whether_it_was_a_word(journey, leg):
    """On both databases: upsert."""
    told = [journey.check_in(leg, "umbrella").understood for _ in range(FREE_TRIES + 1)]
    assert told == [False] * FREE_TRIES + [None]
    assert journey.check_in(leg, "monsoon").understood is True
    assert words_of(journey.read(leg)) == ["NOT_UNDERSTOOD"] * (FREE_TRIES + 1) + ["DURESS"]
    journey.world.clock.advance(minutes=2)
    assert journey.check_in(leg, "umbrella").understood is False


# ---------------------------------------------------------------------- duress looks like safe


def shape(world):
    """Every row of every table as a thief sees it: bytes by length, ids by being there."""
    rows = {}
    with world.deployment.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            rows[table.name] = sorted(
                repr([outline(value) for value in row]) for row in connection.execute(select(table))
            )
    return rows


def outline(value):
    if isinstance(value, bytes | str):
        return (type(value).__name__, len(value))
    return value if isinstance(value, int | date | datetime | None) else type(value).__name__


def added(before, after):
    """The rows by which two shapes differ, by table."""
    found = {}
    for table, rows in after.items():
        left = list(before[table])
        for row in rows:
            if row in left:
                left.remove(row)
            else:
                found.setdefault(table, []).append(row)
    return found


class Statements:
    """The statements that an engine runs, in order; without those of the health probe."""

    def __init__(self, engine):
        self.seen = []
        self._engine = engine

    def _note(self, _connection, _cursor, statement, *_rest):
        if threading.current_thread().name != "health":
            self.seen.append(statement)

    def __enter__(self):
        event.listen(self._engine, "before_cursor_execute", self._note)
        return self.seen

    def __exit__(self, *_):
        event.remove(self._engine, "before_cursor_execute", self._note)


def a_leg_and_its_escort(new_world):
    """A leg and its escort, in a world of its own."""
    world = new_world()
    journey = Journey(world, world.open_case())
    journey.declare_emergency()
    (leg,) = journey.open_plan(journey.leg("vehicle", 6, 2, handover_phrase="ant bee cat"))
    journey.escort(leg, journey.volunteer(2))
    journey.read(leg, by=journey.volunteer(2))
    return journey, leg


@pytest.mark.parametrize("note", [None, "x" * 130, "x" * 200, "x" * 383])
def test_a_duress_word_writes_the_same_rows_of_the_same_sizes_as_the_safe_word(new_world, note):
    seen = {}
    for word in ("tamarind", "monsoon"):
        journey, leg = a_leg_and_its_escort(new_world)
        journey.at(8.5)
        journey.escalate()
        before = shape(journey.world)
        with Statements(journey.world.deployment.engine) as statements:
            journey.check_in(leg, word, by=journey.volunteer(2), note=note)
        seen[word] = added(before, shape(journey.world)), statements
    assert seen["tamarind"] == seen["monsoon"]
    assert {"check_ins", "alerts", "legs", "audit_events"} <= seen["monsoon"][0].keys()


@pytest.mark.parametrize(
    ("field", "values"),
    [
        (CheckIn.record, [CheckInRecord(word, NOON, UNSEEN, "a note") for word in Word]),
        (
            CheckIn.record,
            [CheckInRecord(Word.DURESS, NOON, UNSEEN, None, by) for by in (UNSEEN, NOBODY)],
        ),
        (
            Alert.notice,
            [Notice(kind, NOON, member_id=id_) for kind in AlertKind for id_ in (NO_ID, NOBODY)],
        ),
    ],
)
def test_whatever_a_cell_says_of_duress_it_is_of_one_width(field, values):
    assert len({len(field.encode(value)) for value in values}) == 1


def test_the_shape_of_rows_would_show_an_additional_row(journey, leg):
    before = shape(journey.world)
    journey.check_in(leg, "tamarind")
    first = added(before, shape(journey.world))
    before = shape(journey.world)
    journey.check_in(leg, None)
    assert first != added(before, shape(journey.world))


def test_acknowledging_a_duress_word_changes_nothing_that_its_escort_can_see(journey, leg, rider):
    journey.check_in(leg, "monsoon", by=rider)
    before = journey.read(leg, by=rider)
    with journey.world.work_as(journey.coordinator) as work:
        escalation.acknowledge(work, leg, escalation.DURESS)
    after = journey.read(leg, by=rider)
    assert after.leg.version == before.leg.version
    assert after.instructions == before.instructions


def test_acknowledging_a_duress_word_leaves_its_seal_as_wide_as_it_was(journey, leg):
    check_in = journey.check_in(leg, "monsoon", note="x" * 100).id
    before = envelope(journey, check_in)
    with journey.world.work_as(journey.coordinator) as work:
        escalation.acknowledge(work, leg, escalation.DURESS)
    after = envelope(journey, check_in)
    assert before != after
    assert len(before) == len(after)


def envelope(journey, check_in_id):
    with journey.world.deployment.sessions() as session:
        return session.get_one(CheckIn, check_in_id).record.envelope


# ---------------------------------------------------------------------- who is notified


def alerts_of(journey, **options):
    with journey.world.work_as(journey.world.member(Role.LEAD)) as work:
        return list_alerts(work, limit=10, **options)


def test_the_leads_are_notified_of_duress_with_the_team_and_not_of_safe_words(journey, leg):
    journey.check_in(leg, "tamarind")
    journey.check_in(leg, None)
    assert alerts_of(journey) == []
    journey.check_in(leg, "monsoon")
    (raised,) = alerts_of(journey)
    notice = raised.notice
    assert (notice.kind, notice.leg_id) == (AlertKind.DURESS_AT_CHECK_IN, leg)
    assert notice.case_id == journey.case_id
    assert notice.team_id == journey.coordinator.team_id


def test_a_safe_word_after_a_duress_word_revokes_nothing(journey, leg):
    journey.check_in(leg, "monsoon")
    journey.check_in(leg, "tamarind")
    assert journey.watched(leg).duress
    assert len(alerts_of(journey)) == 1


def test_a_second_duress_word_is_shown_after_the_first_was_acknowledged(journey, leg):
    journey.check_in(leg, "monsoon")
    with journey.world.work_as(journey.coordinator) as work:
        escalation.acknowledge(work, leg, escalation.DURESS)
    assert journey.watched(leg) is None
    journey.check_in(leg, "monsoon")
    assert journey.watched(leg).duress


def test_an_arrival_reported_under_force_does_not_hide_the_duress_word(journey, leg, rider):
    journey.move(leg, "ready")
    journey.move(leg, "departed", by=rider)
    journey.check_in(leg, "monsoon", by=rider)
    journey.move(leg, "arrived", by=rider)
    assert journey.read(leg).leg.status is LegStatus.ARRIVED
    assert journey.watched(leg).duress
