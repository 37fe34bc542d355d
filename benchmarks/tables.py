"""Figures as a reader meets them. Knows records and no measuring."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.figures import NOTHING
from benchmarks.growth import Turn
from benchmarks.profiling import Profile
from benchmarks.run import Plan

_PARTS_SHOWN = 14
_WIDTH = 112


def show_machine(console: Console, facts: dict[str, str], plan: Plan) -> None:
    """Say where and how much is measured."""
    console.print(", ".join(f"{name} {value}" for name, value in facts.items()))
    console.print(
        f"{plan.cases} cases; {plan.requests} requests ({plan.sign_ins} sign-ins) a cell, side "
        f"and round; {plan.rounds} rounds, sides in turn. CPU is the server process's, a request; "
        "db is the database's own processes'. Ratios: median of the rounds (least..greatest); "
        f"below {NOTHING} they say nothing."
    )


def show_cells(console: Console, records: Sequence[dict[str, Any]]) -> None:
    """Print cells: a row a side, and the ratios beside their aims."""
    for record in records:
        table = Table(
            title=f"{record['database']}, {record['act']}, {record['connections']} connections",
            title_justify="left",
            width=_WIDTH,
        )
        for name in ("side", "CPU us", "db us", "req/s", "p50 ms", "p99 ms"):
            table.add_column(name, justify="left" if name == "side" else "right")
        for name in ("ours/it, CPU", "aim", "ours/it, p50"):
            table.add_column(name)
        for side, figures in record["sides"].items():
            ratios = {r["of"]: r for r in record["ratios"] if r["over"] == side}
            table.add_row(
                side,
                f"{figures['cpu_us']:,.0f}",
                f"{figures['database_us']:,.0f}",
                f"{figures['requests_per_second']:,.0f}",
                f"{figures['p50_ms']:.2f}",
                f"{figures['p99_ms']:.2f}",
                _ratio(ratios.get("cpu")),
                _aim(ratios.get("cpu")),
                _ratio(ratios.get("p50")),
            )
        console.print(table)


def show_profile(console: Console, profile: Profile) -> None:
    """Print where an act's time went."""
    title = f"Where the time goes (ours, sqlite): {profile.act}"
    if profile.plain_us:
        title += f", {profile.plain_us:,.0f} us a request without the profiler"
    table = Table(title=title, title_justify="left", width=_WIDTH)
    for name in ("own time, by library", "share", "parts, with what they call", "share"):
        table.add_column(name, justify="right" if name == "share" else "left")
    whole = profile.profiled_us
    groups = [(name, f"{own / whole:.1%}") for name, own in profile.groups.items()]
    biggest = sorted(profile.parts.items(), key=lambda part: -part[1])[:_PARTS_SHOWN]
    parts = [(name, f"{spent / whole:.1%}") for name, spent in biggest]
    for row in range(max(len(groups), len(parts))):
        left = groups[row] if row < len(groups) else ("", "")
        right = parts[row] if row < len(parts) else ("", "")
        table.add_row(*left, *right)
    console.print(table)


def show_growth(console: Console, title: str, turns: dict[str, list[Turn]]) -> None:
    """Print what clients met in each phase, and how many times its p99 is that of the first.

    Milliseconds of all turns together; ratios turn by turn: the median (least..greatest).
    """
    table = Table(title=title, title_justify="left", width=_WIDTH)
    columns = ("beside", "writes", "p50", "p99", "slowest", "p99, times alone")
    for name in (*columns, "reads p99", "times alone", "command"):
        table.add_column(name, justify="left" if name == "beside" else "right")
    alone = next(iter(turns.values()))
    for phase, each in turns.items():
        writes = [took for turn in each for took in turn.writes]
        ran = [took for turn in each for took in turn.seconds]
        most = max(turn.megabytes for turn in each)
        table.add_row(
            phase,
            str(len(writes)),
            *(f"{quantile(writes, part):.0f}" for part in (0.5, 0.99, 1)),
            _times([turn.writes for turn in each], [turn.writes for turn in alone]),
            f"{quantile([took for turn in each for took in turn.reads], 0.99):.0f}",
            _times([turn.reads for turn in each], [turn.reads for turn in alone]),
            f"{len(ran)} x {statistics.mean(ran):.1f} s, {most:.0f} MB" if ran else "",
        )
    console.print(table)


def _times(each: list[list[float]], alone: list[list[float]]) -> str:
    over = [
        quantile(one, 0.99) / quantile(other, 0.99) for one, other in zip(each, alone, strict=True)
    ]
    return f"{statistics.median(over):.1f} ({min(over):.1f}..{max(over):.1f})"


def quantile(each: Sequence[float], part: float) -> float:
    """Return a quantile; 1 is the greatest."""
    ordered = sorted(each)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def _ratio(ratio: dict[str, Any] | None) -> str:
    if ratio is None:
        return ""
    return f"{ratio['median']:.2f} ({ratio['min']:.2f}..{ratio['max']:.2f})"


def _aim(ratio: dict[str, Any] | None) -> str:
    if ratio is None or ratio["aim"] is None:
        return ""
    return f"{ratio['aim']:.2f} {ratio['verdict']}"
