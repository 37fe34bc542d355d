"""Likely twins by common names stop few intakes, and find most of those who come twice."""

from __future__ import annotations

from benchmarks.twins import intakes, measure, report


def test_common_names_stop_fewer_than_three_intakes_in_a_hundred_and_twins_are_found():
    figures = measure(intakes(300, seed=41))
    assert figures.stopped < 0.03
    assert figures.precision > 0.9
    assert figures.recall > 0.7
    assert figures.proposed == figures.twins


def test_the_set_is_the_same_each_time_and_the_report_names_its_figures():
    assert intakes(20, seed=1) == intakes(20, seed=1) != intakes(20, seed=2)
    assert report(measure(intakes(60, seed=2))).startswith("60 intakes, 1 true twins")
