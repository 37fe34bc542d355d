"""What the documents name must exist: files, commands of padauk, targets of make."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from app.cli.commands import build_app

_ROOT = Path(__file__).resolve().parents[2]
_DOCUMENTS = [
    _ROOT / "README.md",
    _ROOT / "SECURITY.md",
    _ROOT / "CONTRIBUTING.md",
    *sorted((_ROOT / "docs").rglob("*.md")),
]
_PATH = re.compile(r"`((?:app|tests|docs|deploy|migrations|tools|requirements)/[\w./-]+)`")
_LINK = re.compile(r"\]\((?!\w+:|#)([^)]+)\)")


def _all(pattern: str, text: str) -> set[str]:
    return set(re.findall(pattern, text))


@pytest.mark.parametrize("document", _DOCUMENTS, ids=lambda path: str(path.relative_to(_ROOT)))
def test_every_file_that_a_document_names_exists(document):
    text = document.read_text(encoding="utf-8")
    missing = {path for path in _PATH.findall(text) if not (_ROOT / path).exists()}
    missing |= {path for path in _LINK.findall(text) if not (document.parent / path).exists()}
    assert not missing


@pytest.mark.parametrize("document", _DOCUMENTS, ids=lambda path: str(path.relative_to(_ROOT)))
def test_every_command_that_a_document_names_exists(document):
    text = document.read_text(encoding="utf-8")
    verbs = set(typer.main.get_command(build_app()).commands)
    targets = _all(r"(?m)^([a-z-]+):", (_ROOT / "Makefile").read_text(encoding="utf-8"))
    assert _all(r"[`/]padauk ([a-z]+)", text) <= verbs
    assert _all(r"`make ([a-z-]+)", text) <= targets


def test_the_readme_is_among_what_is_read_and_names_commands():
    text = _DOCUMENTS[0].read_text(encoding="utf-8")
    assert _all(r"`make ([a-z-]+)", text) >= {"run", "test"}
    assert "call" in _all(r"[`/]padauk ([a-z]+)", text)
