"""No small count is shown, and none can be worked out from what is."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from app.reports.suppression import LEAST_HIDDEN_SUM, SMALLEST_SHOWN, redact

COUNTS = st.lists(st.integers(0, 14), min_size=2, max_size=5)


def named(counts):
    return {f"cell-{number}": count for number, count in enumerate(counts)}


@st.composite
def tables(draw):
    """Two tables that count the same cases, as a period's do."""
    first = draw(COUNTS)
    total, second = sum(first), []
    for _ in range(draw(st.integers(1, 4))):
        second.append(draw(st.integers(0, total - sum(second))))
    second.append(total - sum(second))
    return {"one": named(first), "two": named(second)}


@given(tables())
def test_no_count_of_one_to_four_is_ever_shown(found):
    shown = redact(found)
    for table in (shown or {}).values():
        for count in table.values():
            assert count is None or count == 0 or count >= SMALLEST_SHOWN


@given(tables())
def test_what_is_shown_is_true(found):
    for name, table in (redact(found) or {}).items():
        for cell, count in table.items():
            assert count is None or count == found[name][cell]


@given(tables())
def test_who_knows_the_total_and_the_other_table_cannot_work_out_a_hidden_count(found):
    """The attacker tries every filling of the hidden cells that the published figures allow."""
    shown = redact(found)
    total = sum(found["one"].values())
    for table in (shown or {}).values():
        hidden = [cell for cell, count in table.items() if count is None]
        if not hidden:
            continue
        left = total - sum(count for count in table.values() if count is not None)
        assert left >= LEAST_HIDDEN_SUM
        possible = [
            filling
            for filling in product(range(1, left + 1), repeat=len(hidden) - 1)
            if sum(filling) < left
        ]
        for place in range(len(hidden) - 1):
            assert len({filling[place] for filling in possible}) >= SMALLEST_SHOWN
        assert len({left - sum(filling) for filling in possible}) >= SMALLEST_SHOWN


def test_a_period_with_too_few_people_is_withheld_whole():
    assert redact({"one": named([3, 2]), "two": named([5, 0])}) is None
    assert redact({"one": named([4]), "two": named([2, 2])}) is None


def test_tables_without_small_counts_are_shown_as_they_are():
    found = {"one": named([9, 0, 5]), "two": named([14])}
    assert redact(found) == found
