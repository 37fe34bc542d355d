"""Which day it is, and in which order things happened, through whole journeys.

Each in the organisation's zone: half an hour after midnight in Yangon it is still yesterday in UTC.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from app.accounts.service import list_visible_members
from app.aid import service as aid
from app.aid.models import AidRequest, AidStatus
from app.audit.events import EventKind
from app.audit.models import AuditEvent
from app.cases import service as cases
from app.cases.models import Case
from app.casework import held
from app.deployment import Deployment
from app.ledger import service as ledger
from app.ledger.models import DepositSource
from app.permissions import Role
from app.search.errors import SearchBudgetSpent
from app.search.models import SearchKind
from app.search.service import search
from app.store.models import OrganisationSettingsRow
from app.store.organisation_settings import OrganisationSettingsTampered
from app.text.dates import ZoneUnknown, day_of, get_zone, half_year_of, start_of_day
from app.work import LONGEST_AGO, DayNotPossible
from tests.support.aid_steps import Scene, a_draft, set_scene
from tests.support.intake_steps import WALKER, listed, opened, stranger
from tests.support.world import World

AFTER_MIDNIGHT = datetime(2026, 12, 31, 18, 20, tzinfo=UTC)
"""Ten minutes to one on New Year's Day in Yangon."""
NEW_YEAR = date(2027, 1, 1)


def test_an_intake_after_midnight_in_yangon_is_of_the_new_day_and_half_year(world):
    world.clock.at = AFTER_MIDNIGHT
    case_id = opened(world)
    with world.work_as(world.member("coordinator")) as work:
        case = cases.get_case(work, case_id)
        assert (case.opened_on, case.moved_on) == (NEW_YEAR, NEW_YEAR)
        assert work.vault.open(case.reporting).half_year == "2027H1"


def test_aid_that_is_due_that_day_can_be_paid_after_midnight(world):
    world.clock.at = AFTER_MIDNIGHT - timedelta(hours=10)
    scene = set_scene(world)
    request_id = scene.ask(a_draft(not_before=NEW_YEAR))
    scene.approve(request_id)
    world.clock.at = AFTER_MIDNIGHT
    assert scene.pay(request_id) is AidStatus.PAID


def test_events_of_the_log_are_of_the_same_day_as_the_rows(world):
    world.clock.at = AFTER_MIDNIGHT
    opened(world)
    with world.deployment.sessions() as session:
        newest = session.scalars(select(AuditEvent.happened_on).order_by(AuditEvent.happened_on))
        assert newest.all()[-1] == NEW_YEAR


def test_the_searches_of_a_day_begin_again_at_midnight_in_yangon(world):
    coordinator = world.member("coordinator")
    most = world.deployment.settings.searches_per_day

    def ask() -> None:
        with world.work_as(coordinator) as work:
            search(work, SearchKind.PHONE, "09 771 234 567")

    world.clock.at = AFTER_MIDNIGHT - timedelta(hours=1)
    for _ in range(most):
        ask()
    with pytest.raises(SearchBudgetSpent) as refused:
        ask()
    assert refused.value.retry_after == 10 * 60 + 1
    world.clock.at = AFTER_MIDNIGHT - timedelta(minutes=49)
    ask()


def test_another_zone_has_another_day(world):
    with world.deployment.sessions() as session, session.begin():
        session.execute(update(OrganisationSettingsRow).values(zone="America/Lima"))
    with pytest.raises(OrganisationSettingsTampered):
        _ = Deployment.build(world.deployment.settings, world.founded.root).organisation_settings
    assert day_of(AFTER_MIDNIGHT, "America/Lima") == NEW_YEAR - timedelta(days=1)


@pytest.mark.parametrize("name", ["Asia/Yangoon", "", "../../etc/passwd", "\0", "a" * 300])
def test_a_zone_that_nobody_knows_is_refused(name):
    with pytest.raises(ZoneUnknown):
        get_zone(name)


@settings(max_examples=50)
@given(
    st.integers(0, 2**31).map(lambda second: datetime.fromtimestamp(second, UTC)),
    st.sampled_from(["Asia/Yangon", "Asia/Bangkok", "America/Lima", "Pacific/Apia", "UTC"]),
)
def test_a_moment_lies_in_its_day(at, zone):
    day = day_of(at, zone)
    assert start_of_day(day, zone) <= at < start_of_day(day + timedelta(days=1), zone)
    assert half_year_of(day) in {f"{day.year}H1", f"{day.year}H2"}


# ------------------------------------------------------------------------------- days that are said


def test_an_intake_taken_down_last_week_is_of_last_week_in_lists(world):
    today = opened(world)
    last_week = world.deployment.today() - timedelta(days=7)
    earlier = opened(world, replace(stranger("Ko Wai Yan", "09 772 000 111"), taken_on=last_week))
    assert listed(world, world.member("coordinator")) == [today, earlier]
    with world.deployment.sessions() as session:
        case = session.get_one(Case, earlier)
        assert (case.opened_on, case.moved_on) == (last_week, world.deployment.today())


@pytest.mark.parametrize("days", [1, 400, -LONGEST_AGO.days - 1])
def test_a_day_to_come_and_one_of_another_century_are_asked_back(world, days):
    day = world.deployment.today() + timedelta(days=days)
    scene = set_scene(world)
    with pytest.raises(DayNotPossible) as refused:
        opened(world, replace(WALKER, taken_on=day))
    assert refused.value.field == "taken_on"
    with pytest.raises(DayNotPossible), world.work_as(scene.asks) as work:
        cases.add_note(work, scene.case_id, "Called.", day)
    with pytest.raises(DayNotPossible), world.work_as(scene.pays) as work:
        ledger.deposit(work, scene.fund_id, 100, DepositSource.PUBLIC, on=day)


def test_notes_are_listed_by_the_day_that_they_are_about(world):
    case_id, author = opened(world), world.member("volunteer")
    today = world.deployment.today()
    with world.work_as(author) as work:
        cases.add_note(work, case_id, "Called back; calm.")
    with world.work_as(author) as work:
        cases.add_note(work, case_id, "Slept in a field.", today - timedelta(days=3))
    with world.work_as(author) as work:
        notes = cases.list_notes(work, case_id, limit=9)
        assert [note.happened_on for note in notes] == [today - timedelta(days=3), today]
        assert [note.written_on for note in notes] == [today, today]
        after = (notes[0].happened_on, notes[0].id)
        assert cases.list_notes(work, case_id, after=after, limit=9) == notes[1:]


# ---------------------------------------------------------------------------------------- the order


@pytest.fixture
def scene(world: World) -> Scene:
    return set_scene(world, kyat=0)


def test_five_deposits_within_a_minute_are_listed_as_they_happened(scene):
    made = []
    for amount in (500, 100, 400, 200, 300):
        scene.world.clock.advance(seconds=5)
        with scene.world.work_as(scene.pays) as work:
            made.append(ledger.deposit(work, scene.fund_id, amount, DepositSource.PUBLIC).id)
    with scene.world.work_as(scene.pays) as work:
        fund = ledger.get_fund(work, scene.fund_id)
        shown = ledger.list_entries(work, fund, limit=9)
        assert [entry.id for entry in shown] == made[::-1]
        after = (shown[1].made_on, shown[1].id)
        later = ledger.list_entries(work, fund, limit=9, after=after)
        assert [entry.id for entry in later] == made[2::-1]


def test_a_request_is_shown_with_its_steps_in_the_order_in_which_they_were_taken(world):
    scene = set_scene(world)
    request_id = scene.paid()
    scene.do("confirm", request_id, scene.approves_too)
    with world.work_as(scene.asks) as work:
        steps = aid.read_steps(work, work.session.get_one(AidRequest, request_id))
    assert [step.act for step, _ in steps] == ["request", "approve", "pay", "confirm"]


def test_six_intakes_within_a_minute_are_listed_newest_first_over_pages(world):
    names = ["Ko Wai", "Ma Ei Ei", "Ko Ye Lin", "Saw Htoo", "Nang Seng", "Mai Ja"]
    made = [opened(world, stranger(name, f"09 772 00{n} 111")) for n, name in enumerate(names)]
    coordinator = world.member("coordinator")
    assert listed(world, coordinator) == made[::-1]
    assert list(pages_of(world)) == made[::-1]


def test_requests_of_one_series_are_listed_in_their_order(scene):
    draft = a_draft(repeat=aid.Repeat(every_days=30, times=4))
    made = scene.ask_all(draft)
    with scene.world.work_as(scene.approves) as work:
        shown = aid.list_requests(work, limit=9)
    assert [request.id for request in shown] == made[::-1]


def test_members_and_teams_are_listed_as_they_were_admitted(world):
    with world.work_as(world.member(Role.LEAD)) as work:
        shown = [member.id for member, _ in list_visible_members(work, 99, None)]
    assert shown == [person.id for person in world.people]


def test_rows_that_share_a_number_are_paged_without_a_gap(world_on_both):
    """On both databases: paging. Two hosts on PostgreSQL may give two rows one number."""
    world = world_on_both
    made = [opened(world, stranger("Ko Wai", f"09 772 00{n} 111")) for n in range(6)]
    with world.work_as(None) as work:
        for case in work.session.scalars(select(Case)):
            case.sequence = 1
            work.trail.record(EventKind.CASE_CHANGED, case.id)
    paged = list(pages_of(world))
    assert sorted(paged) == sorted(made)


def pages_of(world: World):
    after = None
    while True:
        with world.work_as(world.member("coordinator")) as work:
            page = held.list_cases(work, limit=2, after=after)
        if not page:
            return
        yield from (row.id for row in page)
        after = (page[-1].opened_on, page[-1].id)
