"""Compares measured coverage with its floors and with the table in the README.

`python -m tools.coverage_floors` reads `.coverage`, which `make coverage` has just measured, and
fails, saying what to do, where

- a line or a branch of what must be whole (`WHOLE`) was never run;
- the whole program is below `OVERALL` percent;
- the README shows a package better than it was measured by more than `CHANCE` points, or worse by
  more than `DRIFT`.

No line is excused: `tools.rules` refuses every `pragma` that would.

`--write` puts the measured figures into the README.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coverage import Coverage

ROOT = Path(__file__).resolve().parents[1]
WHOLE = ("app/crypto", "app/vault", "app/permissions.py", "app/work.py")
OVERALL = 92
DRIFT = 2
CHANCE = 1
"""Two runs of one tree differ by so much: drawn examples, and at which line a process is killed."""
TOTAL = "everything"
HOW = "run `make coverage ARGS=--write`, or test what is no longer run"
_BLOCK = re.compile(r"(?<=<!-- coverage -->\n).*?(?=<!-- /coverage -->)", re.DOTALL)
_ROW = re.compile(r"^\| (.+?) \| (\d+) % \|$", re.MULTILINE)


@dataclass(frozen=True)
class Covered:
    """How much of a part was run: lines and branches together, and where some were not."""

    run: int
    all: int
    missing: tuple[str, ...] = ()

    @property
    def percent(self) -> int:
        """Whole percent, rounded down: 100 is everything."""
        return 100 * self.run // self.all if self.all else 100

    def __add__(self, other: Covered) -> Covered:
        """Put two parts together."""
        return Covered(self.run + other.run, self.all + other.all, self.missing + other.missing)


def part_of(path: str) -> str:
    """Return the package of a file, or the file itself where it is in none."""
    pieces = path.split("/")
    return path if len(pieces) == 2 else "/".join(pieces[:2])  # noqa: PLR2004


def by_part(files: Mapping[str, Any]) -> dict[str, Covered]:
    """Add up coverage's report, one entry a file, by package; the total comes last."""
    parts: dict[str, Covered] = {}
    total = Covered(0, 0)
    for path, report in sorted(files.items()):
        figures = report["summary"]
        missing = [f"{path}:{line}" for line in report["missing_lines"]]
        missing += [f"{path}:{start}->{end}" for start, end in report["missing_branches"]]
        covered = Covered(
            figures["covered_lines"] + figures["covered_branches"],
            figures["num_statements"] + figures["num_branches"],
            tuple(missing),
        )
        part = part_of(path)
        parts[part] = parts.get(part, Covered(0, 0)) + covered
        total += covered
    return parts | {TOTAL: total}


def table(parts: Mapping[str, Covered]) -> str:
    """Render the README's table."""
    rows = [f"| {name} | {covered.percent} % |" for name, covered in parts.items()]
    return "\n".join(["| part | lines and branches run |", "| --- | --- |", *rows, ""])


def findings(parts: Mapping[str, Covered], readme: str) -> Iterator[str]:
    """Say what is below its floor, and what the README shows otherwise."""
    for name in WHOLE:
        for place in parts[name].missing:
            yield f"{place} is never run: {name} must be covered whole; test it or remove it"
    if parts[TOTAL].percent < OVERALL:
        yield f"{parts[TOTAL].percent} % overall, less than {OVERALL}: test what you added"
    block = _BLOCK.search(readme)
    shown = dict(_ROW.findall(block[0])) if block else {}
    for name, covered in parts.items():
        figure = int(shown.pop(name, -1))
        if not figure - CHANCE <= covered.percent <= figure + DRIFT:
            yield f"README.md shows {figure} % of {name}, measured {covered.percent}: {HOW}"
    yield from (f"README.md shows {name}, which is not in the program: {HOW}" for name in shown)


def measured() -> dict[str, Covered]:
    """Read what the last run of the suite has measured; raises NoDataError where none did."""
    coverage = Coverage()
    coverage.load()
    with tempfile.NamedTemporaryFile("r+") as report:
        coverage.json_report(outfile=report.name)
        return by_part(json.load(report)["files"])


def main() -> int:
    """Print the findings; 1 where there are any."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--write", action="store_true")
    parts = measured()
    readme = ROOT / "README.md"
    if arguments.parse_args().write:
        text = _BLOCK.sub(lambda _: table(parts), readme.read_text(encoding="utf-8"))
        readme.write_text(text, encoding="utf-8")
    print(table(parts))
    found = list(findings(parts, readme.read_text(encoding="utf-8")))
    print(*found, sep="\n", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
