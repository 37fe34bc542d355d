"""Rules on the text of any tracked file."""

from __future__ import annotations

import re

from tools.rules import Said, TextRule

KNOWN_HOSTS = frozenset({"localhost", "127.0.0.1", "testserver", "www.apache.org"})
"""Hosts that a tracked file may name: this machine, the test client's, and the licence's own."""

RESERVED = (".example", ".invalid", ".test", ".localhost")
"""Endings that RFC 2606 and RFC 6761 keep out of the real name space."""

_ADDRESS = re.compile(
    r"\b(?:https?|wss?|ftp)://(?:[^\s/@\"'<>]*@)?(\[[^\]\s]*\]|[\w.-]+)", re.IGNORECASE
)
_MACHINE = re.compile(r"(?<![\w.~-])/(?:root|home|Users|work|opt/pypi|mnt/c)/[\w.-]")
_INDEX = re.compile(r"^\s*--?(?:i|f|(?:extra-)?index|find|trusted)\b", re.MULTILINE)
_LATER = re.compile(r"\b(?:T[O]DO|F[I]XME|X[X]X)\b|pragma: n[o] cover")


def names_no_outside_host(_path: str, text: str) -> Said:
    """A mirror's address once went out in a lock file, and told where the maker works.

    Any address must therefore be this machine's, or one that is reserved for examples.
    """
    for match in _ADDRESS.finditer(text):
        host = match[1].lower()
        if host not in KNOWN_HOSTS and not host.endswith(RESERVED) and host != "[::1]":
            yield _line(text, match), f"names the host {host}"


def names_no_folder_of_a_machine(_path: str, text: str) -> Said:
    """An absolute home path names a person, and works on one machine only."""
    for match in _MACHINE.finditer(text):
        yield _line(text, match), f"names a folder of one machine, {match[0]}..."


def requirements_carry_hashes_and_no_index(path: str, text: str) -> Said:
    """A pin without its hash takes whatever an index serves; an index line says which one."""
    if not (path.startswith("requirements/") and path.endswith(".txt")):
        return
    for match in _INDEX.finditer(text):
        yield _line(text, match), "names an index"
    for match in re.finditer(r"^([\w.-]+)==[^\n]*\n(?!\s+--hash=sha256:)", text, re.MULTILINE):
        yield _line(text, match), f"{match[1]} is pinned without a hash"
    for match in re.finditer(r"^([\w.-]+)(?!==|[\w.-])[^\n]*$", text, re.MULTILINE):
        yield _line(text, match), f"{match[1]} is not pinned"


def nothing_is_left_for_later(path: str, text: str) -> Said:
    """A note to do it later ships; an open end belongs in an issue, where somebody looks."""
    if path.endswith(".md"):
        return
    for match in _LATER.finditer(text):
        yield _line(text, match), f"leaves something for later: {match[0]}"


def _line(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1


TEXT_RULES: tuple[TextRule, ...] = (
    names_no_outside_host,
    names_no_folder_of_a_machine,
    requirements_carry_hashes_and_no_index,
    nothing_is_left_for_later,
)
