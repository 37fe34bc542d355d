"""A birth as people say it, the eras that are asked back, and what contradicts what."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.births import (
    BirthNotPossible,
    contradict,
    read_birth,
    require_possible,
    span_of,
    span_of_age,
)

TODAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("1996", "1996"), ("1996-05", "1996-05"), ("1996-05-04", "1996-05-04"),
        ("1996/5/4", "1996-05-04"), ("4.5.1996", "1996-05-04"), ("25/12/1996", "1996-12-25"),
        ("12/25/1996", "1996-12-25"), ("5/1996", "1996-05"), ("၁၉၉၆-၀၅-၀၄", "1996-05-04"),
        ("၁၉၉၆-ဝ၅-ဝ၄", "1996-05-04"),
        (" \u200e1996 ", "1996"), ("1358", "1358"), ("1358 ME", "1358"), ("BE 2539", "2539"),
        ("1996\u20135\u20134", "1996-05-04"), ("1996 - 05 - 04", "1996-05-04"),
        ("4 5 1996", "1996-05-04"), ("၁၉၉၆၊၅၊၄", "1996-05-04"),
        ("\uff11\uff19\uff19\uff16", "1996"),
        ("4 May 1996", "1996-05-04"), ("May 4, 1996", "1996-05-04"), ("4-may-1996", "1996-05-04"),
        ("Sept 1996", "1996-09"), ("၄ မေ ၁၉၉၆", "1996-05-04"), ("၁၉၉၆ မေလ", "1996-05"),
        ("May 4th 1996", "1996-05-04"), ("၁၉၉၆ ခုနှစ်။", "1996"),
    ],
)  # fmt: skip
def test_a_birth_is_read_in_the_ways_that_people_write_it(typed, read):
    assert read_birth(typed) == read


@pytest.mark.parametrize(
    "typed",
    [
        "yesterday",
        "96",
        "1996-13",
        "1996-00",
        "0000",
        "1996-02-30",
        "4-5-96",
        "",
        "1996-05-04T00:00",
        "12345",
        "4 Ma 1996",
        "4 mayor 1996",
        "about 1996",
        "04051996",
    ],
)
def test_what_is_no_birth_is_none(typed):
    assert read_birth(typed) is None


@given(st.dates(min_value=date(1000, 1, 1)))
def test_a_birth_that_is_written_here_reads_as_itself(day):
    for written in (str(day), str(day)[:7], str(day)[:4]):
        assert read_birth(written) == written
        first, last = span_of(written)
        assert first <= day <= last


@pytest.mark.parametrize(
    ("birth", "likely"),
    [
        ("2539-05-04", 1996), ("2539", 1996), ("1358", 1996), ("1358-05", 1996),
        ("2030-01-01", None), ("1800-01-01", None), ("2026-03-03", None), ("9999", None),
    ],
)  # fmt: skip
def test_a_year_of_another_era_is_asked_back_with_the_year_it_is_meant_for(birth, likely):
    with pytest.raises(BirthNotPossible) as refused:
        require_possible(birth, TODAY, "papers.born_on")
    assert refused.value.field == "papers.born_on"
    assert (str(likely) in refused.value.title) is (likely is not None)
    assert birth not in refused.value.title


@pytest.mark.parametrize("birth", ["1996-05-04", "2026", "2026-03", "2026-03-02", "1906"])
def test_a_birth_of_somebody_alive_is_taken(birth):
    require_possible(birth, TODAY, "papers.born_on")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1996", "1996-05-04"), ("1996-05", "1996-05-04"), ("1996-05-04", "1996-04-05"),
        ("1996", "1996-12"), ("1996-05-04", "1996-05-04"),
    ],
)  # fmt: skip
def test_a_year_holds_its_days_and_a_day_and_month_may_change_places(one, other):
    assert not contradict(span_of(one), span_of(other))
    assert not contradict(span_of(other), span_of(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1996", "1997-05-04"), ("1996-05", "1996-06"), ("1996-05-04", "1996-05-05"),
        ("1996-05-04", "1997-04-05"), ("1996-05", "1996-04-05"),
    ],
)  # fmt: skip
def test_other_days_contradict(one, other):
    assert contradict(span_of(one), span_of(other))
    assert contradict(span_of(other), span_of(one))


@given(st.dates(date(1920, 1, 1), date(2026, 3, 2)), st.integers(-1, 1))
def test_an_age_contradicts_no_birth_that_it_is_within_a_year_of(born, off):
    turned = (TODAY.month, TODAY.day) >= (born.month, born.day)
    age = TODAY.year - born.year - (not turned)
    if age + off >= 0:
        assert not contradict(span_of_age(age + off, TODAY), span_of(str(born)))
    assert contradict(span_of_age(age + 3, TODAY), span_of(str(born)))
