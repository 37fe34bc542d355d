"""Writes the table of inputs met in use into `docs/inputs.md`: before, now, and who tries each.

`python -m tools.inputs` writes it, `--check` compares it with the file (exit code 3 where they
differ), `--run` runs every test that the table names and prints what came of each. The rows are
`tests/inputs/text.json`, typed into the program one by one, and `tests/inputs/acts.json`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.inputs.texts import ACTS, INPUTS, RIGHT

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "inputs.md"
TEXT = "tests/inputs/test_text.py::test_every_input_of_a_kind_comes_out_right"
CODE = "tests/inputs/test_text.py::test_a_valid_code_is_valid_however_it_arrives"
_DRIFTED = 3
_HEAD = """# Inputs met in use

Written by `python -m tools.inputs`; a test compares it. Small inputs that went wrong in use, and as
many of our own of each kind: what the foundation (15b899c) did, and what the program does now.

- *Before* was seen by sending the input to the foundation over HTTP, unless it says otherwise.
- *Now* is what the named test requires; `python -m tools.inputs --run` runs each and prints it.
- What cannot be seen is written by its code point; `{scheme}` is that of a web address.
"""


@dataclass(frozen=True)
class Row:
    """One input of the table."""

    group: str
    source: str
    typed: str
    right: str
    before: str
    tests: tuple[str, ...]


def rows() -> Iterator[Row]:
    """Yield every row, in the order of the document."""
    for one in INPUTS:
        kind = one["kind"]
        typed = " = ".join(f"`{shown(text)}`" for text in one["texts"])
        test = CODE if kind == "code" else TEXT
        yield Row(f"text: {kind}", one["source"], typed, RIGHT[kind], shown(one["before"]), (test,))
    for act in ACTS:
        tests = tuple(act["tests"])
        yield Row(act["group"], "shared", act["input"], act["right"], act["before"], tests)


def shown(text: str) -> str:
    """Return a text with what nobody can see, or what would break a table, as code points."""
    return "".join(_shown(sign) for sign in text.replace("https:", "{scheme}:"))


def _shown(sign: str) -> str:
    hidden = unicodedata.category(sign) in {"Cf", "Cc", "Zs", "Cs"} and sign != " "
    return f"<{ord(sign):04X}>" if hidden or sign in "|`" else sign


def render() -> str:
    """Return the document."""
    lines = [_HEAD]
    found = list(rows())
    for group in dict.fromkeys(row.group for row in found):
        mine = [row for row in found if row.group == group]
        lines += [f"## {group[0].upper()}{group[1:]}", ""]
        lines += ["| input | from | before | now |", "| --- | --- | --- | --- |"]
        for row in mine:
            now = f"{row.right}" if row.before != row.right else "the same"
            lines.append(f"| {row.typed} | {row.source} | {row.before} | {now} |")
        tests = dict.fromkeys(test for row in mine for test in row.tests)
        lines += ["", "Tried by " + ", ".join(f"`{test}`" for test in tests) + ".", ""]
    return "\n".join(lines)


def run() -> int:
    """Run every test that is named, and print what came of each input."""
    found = list(rows())
    outcomes = {test: _passes(test) for test in dict.fromkeys(t for r in found for t in r.tests)}
    for row in found:
        right = all(outcomes[test] for test in row.tests)
        print(f"{'right' if right else 'WRONG'}  {row.group}: {row.typed}")
    return 0 if all(outcomes.values()) else 1


def _passes(test: str) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider"]
    done = subprocess.run([*command, test], cwd=ROOT, check=False, capture_output=True)
    return done.returncode == 0


def main() -> int:
    """Write, check or run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--run", action="store_true")
    asked = parser.parse_args()
    if asked.run:
        return run()
    if not asked.check:
        DOCUMENT.write_text(render(), encoding="utf-8")
        return 0
    if DOCUMENT.read_text(encoding="utf-8") == render():
        return 0
    print("drifted: docs/inputs.md; run `python -m tools.inputs`")
    return _DRIFTED


if __name__ == "__main__":
    sys.exit(main())
