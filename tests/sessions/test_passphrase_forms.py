"""A passphrase opens its slot however a phone has written its words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.deployment import Deployment
from tests.sessions.test_duress import set_second
from tests.support.world import Person, World

FORMS: dict[str, Callable[[str], str]] = {
    "first letter capital": str.capitalize,
    "a line break after it": "{}\n".format,
    "blanks that do not break": lambda words: words.replace(" ", "\u00a0"),
    "a full stop for two blanks": lambda words: words.replace(" ", ". ", 1),
    "all capitals": str.upper,
    "each word capital": str.title,
    "full width": lambda words: "".join(
        chr(ord(sign) + 0xFEE0) if "a" <= sign <= "z" else "\u3000" for sign in words
    ),
    "hyphens between": lambda words: words.replace(" ", "-"),
    "commas between": lambda words: words.replace(" ", ", "),
    "one word a line": lambda words: words.replace(" ", "\r\n"),
    "tabs and margins": lambda words: f"\t  {words.replace(' ', chr(9))}  ",
    "quoted by a messenger": lambda words: f"\u201c{words}\u201d",
    "marks of direction around it": lambda words: f"\u2066{words}\u2069\ufeff",
    "zero-width spaces inside": "\u200b".join,
    "soft hyphens inside": lambda words: words[:3] + "\u00ad" + words[3:],
    "no blanks at all": lambda words: words.replace(" ", ""),
}
OTHERS: dict[str, Callable[[str], str]] = {
    "another order": lambda words: " ".join(reversed(words.split())),
    "a word less": lambda words: words.rsplit(" ", 1)[0],
    "one letter more": lambda words: words + "x",
    "one letter twice": lambda words: words[0] + words,
}
each_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


@each_form
def test_a_passphrase_signs_in_in_every_form_of_its_words(served, world, form):
    person = world.member("volunteer")
    assert served.sign_in(person.login, form(person.passphrase)).status_code == 201


@each_form
def test_a_duress_passphrase_signs_in_in_every_form_of_its_words(served, world, form):
    person = world.member("volunteer")
    second = set_second(served, served.token_of(person), person.passphrase)
    answer = served.sign_in(person.login, form(second))
    assert answer.status_code == 201
    assert answer.json()["member_id"] != str(person.id)


@each_form
def test_a_step_up_takes_every_form_of_the_words(served, world, form):
    lead = world.member("lead")
    body = {"passphrase": form(lead.passphrase)}
    answer = served.ask(served.token_of(lead), "POST", "/sessions/current/step-up", json=body)
    assert answer.status_code == 201


@each_form
def test_a_change_takes_every_form_of_the_words_and_so_does_the_fresh_one(served, world, form):
    person = world.member("vetter")
    body = {"passphrase": form(person.passphrase)}
    changed = served.ask(served.token_of(person), "POST", "/me/passphrase", json=body)
    assert changed.status_code == 201
    assert served.sign_in(person.login, form(changed.json()["passphrase"])).status_code == 201


@each_form
def test_a_duress_passphrase_is_set_by_every_form_of_the_words(served, world, form):
    person = world.member("vetter")
    set_second(served, served.token_of(person), form(person.passphrase))


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_other_words_still_open_nothing(served, world, other):
    person = world.member("volunteer")
    assert served.sign_in(person.login, other(person.passphrase)).status_code == 401


@pytest.mark.parametrize("said", ["...", "\u200b", "\u2800", "   x" * 200])
def test_what_holds_no_word_is_refused_like_a_wrong_passphrase(served, world, said):
    person = world.member("volunteer")
    assert served.sign_in(person.login, said).status_code == 401


def dearer(world: World) -> Deployment:
    """Let the operator raise the cost of Argon2."""
    settings = world.deployment.settings.model_copy(update={"argon2_memory_kib": 24})
    object.__setattr__(world.deployment, "settings", settings)
    return world.deployment


def work_of_sign_in(served, login: str, passphrase: str, monkeypatch) -> tuple[int, int]:
    """The status of a sign-in, and how much memory times passes it took."""
    stretcher = served.world.deployment.stretchers.strangers
    real = stretcher.stretch
    work: list[int] = []

    async def counted(passphrase: str, **how):
        work.append(how["cost"].memory_kib * how["cost"].iterations)
        return await real(passphrase, **how)

    with monkeypatch.context() as patched:
        patched.setattr(stretcher, "stretch", counted)
        status = served.sign_in(login, passphrase).status_code
    return status, sum(work)


def test_a_raised_cost_costs_all_names_the_same_and_a_renewal_takes_it(served, world, monkeypatch):
    person: Person = world.member("volunteer")
    second = set_second(served, served.token_of(person), person.passphrase)
    assert work_of_sign_in(served, person.login, person.passphrase, monkeypatch) == (201, 16)
    dearer(world)
    for login in (person.login, "nobody-by-this-name"):
        assert work_of_sign_in(served, login, "wrong words", monkeypatch) == (401, 48)
    body = {"passphrase": person.passphrase}
    changed = served.ask(served.token_of(person), "POST", "/me/passphrase", json=body).json()
    for words in (changed["passphrase"], second):
        assert work_of_sign_in(served, person.login, words, monkeypatch) == (201, 48)
    assert work_of_sign_in(served, person.login, person.passphrase, monkeypatch) == (401, 48)
