"""Which sources count as independent: laws, and the cases they came from."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.vetting.models import CheckDetail, VettingFinding, VettingSource
from app.vetting.sources import independent_days

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
IDS = [UUID(int=number) for number in range(1, 9)]


def heard(source, finding=VettingFinding.CONSISTENT, *, day=0, voucher=None, linked_to=()):
    at = NOON + timedelta(days=day)
    return CheckDetail(source, finding, at, None, voucher, tuple(linked_to))


def vouched(name, **more):
    return heard(VettingSource.VOUCHER, voucher=name, **more)


@st.composite
def rounds(draw):
    """Checks of a round, each linked to some made before it."""
    checks = {}
    for check_id in draw(st.lists(st.sampled_from(IDS), unique=True)):
        source = draw(st.sampled_from(VettingSource))
        finding = draw(st.sampled_from(VettingFinding))
        day = draw(st.integers(0, 200))
        if source is VettingSource.VOUCHER:
            before = [key for key, check in checks.items() if check.source is VettingSource.VOUCHER]
            links = draw(st.lists(st.sampled_from(before), max_size=2)) if before else []
            name = draw(st.sampled_from(["U Ba", "u  ba", "Daw Aye", "Ko Lin", "Ma Nu"]))
            checks[check_id] = vouched(name, finding=finding, day=day, linked_to=links)
        else:
            checks[check_id] = heard(source, finding, day=day)
    return checks


def test_one_kind_of_source_counts_once_however_often_it_is_asked():
    checks = {IDS[n]: heard(VettingSource.DOCUMENT_PHOTO, day=n) for n in range(3)}
    assert independent_days(checks, datetime.date) == [(NOON + timedelta(days=2)).date()]


def test_vouchers_who_know_one_another_count_once_and_strangers_each_for_themselves():
    linked = {IDS[0]: vouched("U Ba"), IDS[1]: vouched("Daw Aye", linked_to=[IDS[0]])}
    strangers = {IDS[0]: vouched("U Ba"), IDS[1]: vouched("Daw Aye")}
    assert len(independent_days(linked, datetime.date)) == 1
    assert len(independent_days(strangers, datetime.date)) == 2


def test_a_link_found_later_through_a_third_joins_two_who_stood_apart():
    checks = {
        IDS[0]: vouched("U Ba"),
        IDS[1]: vouched("Daw Aye"),
        IDS[2]: vouched("Ko Lin", finding=VettingFinding.UNCLEAR, linked_to=IDS[:2]),
    }
    assert len(independent_days(checks, datetime.date)) == 1


def test_the_same_voucher_under_the_same_name_counts_once():
    checks = {IDS[0]: vouched("U Ba"), IDS[1]: vouched(" u  BA ")}
    assert len(independent_days(checks, datetime.date)) == 1


def test_what_is_unclear_or_contradicts_counts_for_nothing():
    checks = {
        IDS[0]: heard(VettingSource.RELATIVE, VettingFinding.UNCLEAR),
        IDS[1]: heard(VettingSource.PUBLIC_RECORD, VettingFinding.CONTRADICTING),
    }
    assert independent_days(checks, datetime.date) == []


@given(rounds())
def test_there_are_never_more_sources_than_consistent_answers_and_each_has_its_day(checks):
    consistent = [c for c in checks.values() if c.finding is VettingFinding.CONSISTENT]
    days = independent_days(checks, datetime.date)
    assert len(days) <= len(consistent)
    assert bool(days) is bool(consistent)
    assert days == sorted(days, reverse=True)
    assert set(days) <= {check.made_at.date() for check in consistent}


@given(rounds(), st.randoms(use_true_random=False))
def test_the_order_in_which_checks_are_read_does_not_matter(checks, shuffled):
    items = list(checks.items())
    shuffled.shuffle(items)
    assert independent_days(dict(items), datetime.date) == independent_days(checks, datetime.date)


@given(rounds(), st.data())
def test_another_link_never_makes_more_sources(checks, data):
    vouchers = [key for key, check in checks.items() if check.source is VettingSource.VOUCHER]
    before = len(independent_days(checks, datetime.date))
    if len(vouchers) > 1:
        one, other = data.draw(st.permutations(vouchers))[:2]
        check = checks[one]
        more = vouched(
            check.voucher,
            finding=check.finding,
            day=(check.made_at - NOON).days,
            linked_to=[*check.linked_to, other],
        )
        after = len(independent_days({**checks, one: more}, datetime.date))
        assert before - 1 <= after <= before


@given(rounds())
def test_saying_it_again_another_day_never_makes_more_sources(checks):
    again = {
        UUID(int=100 + key.int): CheckDetail(
            check.source,
            check.finding,
            check.made_at + timedelta(days=1),
            check.source_note,
            check.voucher,
            check.linked_to,
        )
        for key, check in checks.items()
    }
    assert len(independent_days({**checks, **again}, datetime.date)) == len(
        independent_days(checks, datetime.date)
    )
