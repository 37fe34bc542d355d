"""Our own rules, which no linter knows: what a module or a file may not say.

`python -m tools.rules` reads every file that git knows, prints what breaks a rule, and fails
where anything does. A rule is a function whose docstring tells the bug that it prevents; its name
is in each finding. What a rule must let through is in `exemptions.py` with its reason,
and an exemption that is no longer needed is a finding too.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True)
class Module:
    """A Python file: its path from the root with forward slashes, and its syntax tree."""

    path: str
    source: str
    tree: ast.Module

    @classmethod
    def parse(cls, path: str, source: str) -> Module:
        """Read a module; raises SyntaxError."""
        return cls(path, source, ast.parse(source, path))


@dataclass(frozen=True)
class Finding:
    """One place that breaks one rule."""

    path: str
    line: int
    rule: str
    said: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.said}"


Said: TypeAlias = Iterator[tuple[int, str]]
ModuleRule: TypeAlias = Callable[[Module], Said]
TextRule: TypeAlias = Callable[[str, str], Said]


def judge(
    files: Iterable[tuple[str, str]],
    *,
    module_rules: Iterable[ModuleRule],
    text_rules: Iterable[TextRule],
    exempt: dict[str, dict[str, str]],
) -> list[Finding]:
    """Hold every file against every rule; `exempt` maps a rule's name to paths and reasons.

    `files` yields each path with its text. Unused exemptions are findings on their own path.
    """
    module_rules, text_rules = tuple(module_rules), tuple(text_rules)
    found: list[Finding] = []
    for path, text in files:
        for text_rule in text_rules:
            name = text_rule.__name__
            found += [Finding(path, line, name, said) for line, said in text_rule(path, text)]
        if path.endswith(".py"):
            module = Module.parse(path, text)
            for rule in module_rules:
                name = rule.__name__
                found += [Finding(path, line, name, said) for line, said in rule(module)]
    return _without_exempt(found, exempt)


def _without_exempt(found: list[Finding], exempt: dict[str, dict[str, str]]) -> list[Finding]:
    used = {(finding.rule, finding.path) for finding in found}
    kept = [finding for finding in found if finding.path not in exempt.get(finding.rule, {})]
    idle = [(rule, path) for rule, paths in exempt.items() for path in paths]
    return kept + [
        Finding(path, 1, rule, "exempt from this rule, but does not break it")
        for rule, path in idle
        if (rule, path) not in used
    ]


def tracked_files(root: Path) -> Iterator[tuple[str, str]]:
    """Every text file that git tracks, or would add, under `root`: its path and its text."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607
        cwd=root,
        capture_output=True,
        check=True,
    )
    for path in sorted(set(listed.stdout.decode().split("\0")) - {""}):
        file = root / path
        if not file.is_file():
            continue
        data = file.read_bytes()
        if b"\0" not in data:
            yield path, data.decode()
