"""Passphrases and kit words are compared as their words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto.passwords import random_words
from app.crypto.root import RootKey, load_root_key
from app.crypto.shares import combine, split
from app.text.passphrases import kit_words, passphrase_letters

BETWEEN = st.sampled_from(
    [" ", "  ", ". ", ", ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "\u200b ", "-", " \u2013 "]
)


@given(st.lists(st.sampled_from(["academic", "acid", "acne"]), min_size=1), st.data())
def test_what_stands_between_words_and_their_case_do_not_count(words, data):
    written = "".join(
        data.draw(st.sampled_from([str.upper, str.title, str.lower]))(word) + data.draw(BETWEEN)
        for word in words
    )
    assert passphrase_letters(written) == "".join(words)
    assert kit_words(written) == " ".join(words)


@given(st.text(), st.text())
def test_letters_that_differ_are_told_apart(one, other):
    if passphrase_letters(one) != passphrase_letters(other):
        assert one != other
    assert passphrase_letters(passphrase_letters(one)) == passphrase_letters(one)


def test_two_generated_passphrases_never_have_the_same_letters():
    made = {passphrase_letters(" ".join(random_words(8))) for _ in range(1000)}
    assert len(made) == 1000


@pytest.mark.parametrize(
    "form", [str.upper, str.title, lambda words: words.replace(" ", ".\u00a0\n")]
)
def test_shares_and_a_root_key_are_read_however_their_words_are_typed(form):
    shares = split(bytes(range(32)), 2, 3)
    assert combine([kit_words(form(share)) for share in shares[:2]]) == bytes(range(32))
    root = RootKey.generate()
    typed = kit_words(form(root.recovery_words()))
    assert load_root_key(prompt=lambda: typed).id == root.id
