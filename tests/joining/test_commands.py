"""Joining as it is typed: `padauk member invite`, `join` and `member certify`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from app.cli import join as joining
from app.cli.commands import build_app
from app.cli.home import opened
from app.main import create_app

ADDRESS = "https://padauk.example"
CHOSEN = "a ferry of nine grey umbrellas"


def run(*words: str | Path, typed: str = "") -> Any:
    return CliRunner(env={"COLUMNS": "400"}).invoke(
        build_app(), [str(word) for word in words], input=typed
    )


@pytest.fixture
def home(tmp_path) -> tuple[Path, str]:
    """A founded home, and its lead's passphrase."""
    home = tmp_path / "home"
    made = run("init", "--home", home, "--lead", "heron", "--team", "Teak")
    assert made.exit_code == 0, made.output
    boxes = [line.strip("│ ") for line in made.output.splitlines() if line.startswith("│")]
    return home, boxes[0]


@pytest.fixture
def reached(home, monkeypatch) -> Iterator[list[str]]:
    """The server behind the links; the addresses that were asked."""
    asked: list[str] = []
    with opened(home[0]) as deployment, TestClient(create_app(deployment)) as client:

        def post(url: str, *, json: Any, timeout: int, trust_env: bool) -> httpx2.Response:
            assert (timeout, trust_env) == (60, False)
            asked.append(url)
            return client.post(url.removeprefix(ADDRESS), json=json)

        monkeypatch.setattr(joining.httpx2, "post", post)
        yield asked


def as_lead(home: tuple[Path, str], *words: str, typed: str = "") -> str:
    done = run("member", *words, "--home", home[0], "--as", "heron", typed=f"{home[1]}\n{typed}")
    assert done.exit_code == 0, done.output
    return str(done.output)


def invited(home: tuple[Path, str]) -> tuple[str, str]:
    """A link and its words, as the lead sees them."""
    roles = ["--role", "coordinator", "--role", "vetter", "--team", "1"]
    output = as_lead(home, "invite", "Egret", *roles, "--url", f"{ADDRESS}/")
    link = re.search(r"chat: (\S+)", output)
    words = re.search(r"voice: (.+)", output)
    assert link
    assert words
    return link[1], words[1].strip()


def test_somebody_joins_and_is_certified_by_what_is_typed(home, reached):
    link, words = invited(home)
    done = run("join", link, typed=f"{words}\negret\n{CHOSEN}\n")
    assert done.exit_code == 0, done.output
    assert reached == [f"{ADDRESS}/api/joinings"]
    assert CHOSEN not in done.output
    three = next(line for line in done.output.splitlines() if len(line.split()) == 3)
    waiting, name = as_lead(home, "waiting").split()[-2:]
    assert name == "Egret"
    assert "certified" in as_lead(home, "certify", waiting, typed=f"{three}\n")
    listed = run("member", "teams", "--home", home[0], "--as", "egret", typed=f"{CHOSEN}\n")
    assert "Teak" in listed.output
    assert as_lead(home, "waiting").split()[-1] != "Egret"


def test_who_types_no_passphrase_is_given_one_of_eight_words(home, reached):
    link, words = invited(home)
    done = run("join", link, typed=f"{words}\negret\n\n")
    assert done.exit_code == 0, done.output
    made = re.search(r"shown once: (.+)", done.output)
    assert made
    assert len(made[1].split()) == 8
    listed = run("member", "teams", "--home", home[0], "--as", "egret", typed=f"{made[1]}\n")
    assert listed.exit_code == 0


def test_words_that_differ_end_the_account(home, reached):
    link, words = invited(home)
    assert run("join", link, typed=f"{words}\negret\n{CHOSEN}\n").exit_code == 0
    waiting = as_lead(home, "waiting").split()[-2]
    refused = run(
        "member", "certify", waiting, "--home", home[0], "--as", "heron",
        typed=f"{home[1]}\nacid acid acid\n",
    )  # fmt: skip
    assert refused.exit_code == 1
    assert "differ" in refused.output
    assert "ended" in as_lead(home, "certify", waiting, "--differ")
    assert run("join", link, typed=f"{words}\negret\n{CHOSEN}\n").exit_code == 1


def test_wrong_words_are_refused_with_their_code(home, reached):
    link, _ = invited(home)
    done = run("join", link, typed=f"six wrong words in a row\negret\n{CHOSEN}\n")
    assert done.exit_code == 1
    assert "invitation.words_wrong" in done.output


def test_a_passphrase_that_was_shown_before_a_refusal_is_said_to_open_nothing(home, reached):
    link, _ = invited(home)
    done = run("join", link, typed="six wrong words in a row\negret\n\n")
    assert done.exit_code == 1
    assert "The passphrase above opens nothing" in done.output


def test_a_page_that_a_proxy_answers_with_is_refused_in_one_line(monkeypatch):
    page = httpx2.Response(429, text="<html>429 Too Many Requests</html>")
    monkeypatch.setattr(joining.httpx2, "post", lambda *_, **__: page)
    done = run("join", f"{ADDRESS}/join#token", typed=f"words\negret\n{CHOSEN}\n")
    assert done.exit_code == 1
    assert "is not the server of the invitation" in done.output


@pytest.mark.parametrize(
    "link", ["no link", "https://padauk.example/join", "http://padauk.example/join#token"]
)
def test_a_link_that_is_none_or_is_not_sealed_is_refused_before_anything_is_asked(link):
    done = run("join", link)
    assert done.exit_code == 1
    assert "link" in done.output


def test_where_nobody_answers_it_says_so():
    done = run("join", "http://127.0.0.1:9/join#token", typed=f"words\negret\n{CHOSEN}\n")
    assert done.exit_code == 1
    assert "no response" in done.output


def test_a_team_that_is_not_there_is_refused(home):
    roles = ["--role", "vetter", "--team", "9", "--url", ADDRESS]
    words = ["invite", "Egret", *roles, "--home", home[0], "--as", "heron"]
    done = run("member", *words, typed=f"{home[1]}\n")
    assert "no such team" in done.output
