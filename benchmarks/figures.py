"""From what was timed to what is said of it: microseconds, ratios with their spread, aims."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from benchmarks.ground import SIDES, Side
from benchmarks.load import Act, Timed
from benchmarks.run import Cell

AIMS: Final[dict[Act, tuple[float | None, float]]] = {
    "open": (1.10, 1.5),
    "read": (1.10, 1.5),
    "page": (1.20, 1.5),
    "search": (1.10, 1.5),
    "sign-in": (None, 1.5),
}
"""Ours over unsealed, ours over bare, by CPU. A sign-in has no aim of the first kind."""

NOTHING: Final = 1.04
"""A side measured against itself differs by up to 3.5 %: what is below says nothing."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one side took in one cell, over all rounds."""

    side: Side
    cpu_us: float
    database_us: float
    rate: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ours over another side: the median of the rounds, and the least and the greatest."""

    over: Side
    of: str
    middle: float
    least: float
    most: float
    aim: float | None

    @property
    def verdict(self) -> str:
        """Whether the aim is met by the median; only CPU is held against it."""
        if self.aim is None:
            return ""
        return "met" if self.middle <= self.aim else "not met"

    def __str__(self) -> str:
        return f"{self.middle:.2f} ({self.least:.2f}..{self.most:.2f})"


def figures_of(cell: Cell, side: Side) -> Figures:
    """Return a side's figures in a cell: CPU and rate as the median of the rounds."""
    rounds = cell.rounds[side]
    each = sorted(seconds for timed in rounds for seconds in timed.each)
    return Figures(
        side,
        median(_cpu(timed) for timed in rounds),
        median(timed.database / len(timed.each) * 1e6 for timed in rounds),
        median(len(timed.each) / timed.wall for timed in rounds),
        _quantile(each, 0.50) * 1e3,
        _quantile(each, 0.99) * 1e3,
    )


def ratios_of(cell: Cell) -> list[Ratio]:
    """Return ours over unsealed and over bare, by CPU and by p50, round against same round."""
    aims = dict(zip(("unsealed", "bare"), AIMS[cell.act], strict=True))
    found = []
    for over in SIDES[1:]:
        for of, figure in (("cpu", _cpu), ("p50", _middle)):
            pairs = zip(cell.rounds["ours"], cell.rounds[over], strict=True)
            each = [figure(ours) / figure(other) for ours, other in pairs]
            aim = aims[over] if of == "cpu" else None
            found.append(Ratio(over, of, median(each), min(each), max(each), aim))
    return found


def record_of(cell: Cell) -> dict[str, Any]:
    """Return a cell as plain data, for ``--json``."""
    sides = (figures_of(cell, side) for side in SIDES)
    return {
        "database": cell.database,
        "act": cell.act,
        "connections": cell.connections,
        "requests": cell.requests,
        "rounds": len(cell.rounds["ours"]),
        "sides": {
            f.side: {
                "cpu_us": round(f.cpu_us, 1),
                "database_us": round(f.database_us, 1),
                "requests_per_second": round(f.rate, 1),
                "p50_ms": round(f.p50_ms, 3),
                "p99_ms": round(f.p99_ms, 3),
            }
            for f in sides
        },
        "ratios": [
            {
                "over": ratio.over,
                "of": ratio.of,
                "median": round(ratio.middle, 3),
                "min": round(ratio.least, 3),
                "max": round(ratio.most, 3),
                "aim": ratio.aim,
                "verdict": ratio.verdict,
            }
            for ratio in ratios_of(cell)
        ],
    }


def _cpu(timed: Timed) -> float:
    return timed.server / len(timed.each) * 1e6


def _middle(timed: Timed) -> float:
    return median(timed.each)


def _quantile(each: list[float], share: float) -> float:
    return each[min(math.ceil(share * len(each)), len(each)) - 1]
