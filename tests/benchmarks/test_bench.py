"""The benchmark still starts, and gives figures for each side. How fast, it does not judge."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.figures import record_of
from benchmarks.run import Plan, run

SHORT = Plan(
    databases=("sqlite",),
    connections=(2,),
    requests=4,
    rounds=1,
    cases=8,
    argon2_memory_kib=8,
    argon2_iterations=1,
)


def test_each_side_reads_a_case_and_has_its_figures():
    (cell,) = run(replace(SHORT, acts=("read",)), lambda _: None)
    record = record_of(cell)
    assert set(record["sides"]) == {"ours", "unsealed", "bare"}
    for figures in record["sides"].values():
        assert figures["cpu_us"] > 0
        assert 0 < figures["p50_ms"] <= figures["p99_ms"]
        assert figures["requests_per_second"] > 0
    assert [(ratio["over"], ratio["of"]) for ratio in record["ratios"]] == [
        ("unsealed", "cpu"),
        ("unsealed", "p50"),
        ("bare", "cpu"),
        ("bare", "p50"),
    ]
