"""Words compared by ear."""

from datetime import UTC, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.relocation.models import LegKind, LegPlan
from app.relocation.words import complete_words, find_word, make_phrase
from app.text.spoken import alike, normalise
from app.watch.models import Word

SPOKEN = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)
UNSPOKEN = st.text(st.characters(categories=["Z", "P", "S"]), max_size=8)


def a_plan(safe="tamarind", duress="monsoon"):
    return LegPlan(
        kind=LegKind.WALK,
        place="the well",
        instructions="Wait.",
        escort_note=None,
        meeting_phrase="one two three",
        handover_phrase="four five six",
        safe_word=safe,
        duress_word=duress,
        due_at=datetime(2026, 3, 2, 12, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("tamarind", Word.SAFE),
        ("  TAMA-rind! ", Word.SAFE),
        ("tama rind", Word.SAFE),
        ("Monsoon.", Word.DURESS),
        ("ｍｏｎｓｏｏｎ", Word.DURESS),
        ("monsoons", None),
        ("tamarind monsoon", None),
        ("...", None),
    ],
)
def test_a_word_is_heard_whatever_its_case_spaces_and_marks(said, word):
    assert find_word(a_plan(), said) is word


def test_a_burmese_word_keeps_its_vowels_and_loses_its_invisible_breaks():
    plan = a_plan(safe="မိုးသည်း", duress="မိုးသည")
    assert find_word(plan, "မိုး\u200bသည်း") is Word.SAFE
    assert find_word(plan, "မိုးသည") is Word.DURESS


def test_a_word_agreed_on_in_unicode_is_heard_when_it_is_typed_in_zawgyi():
    plan = a_plan(safe="မြန်မာ", duress="ကျေးဇူး")
    assert find_word(plan, "ျမန္မာ") is Word.SAFE
    assert find_word(plan, "ေက်းဇူး") is Word.DURESS


@given(word=SPOKEN, before=UNSPOKEN, after=UNSPOKEN)
def test_what_is_not_spoken_never_changes_a_word(word, before, after):
    plan = a_plan(safe=word, duress=word + "x")
    assume(normalise(word) and not normalise(before) and not normalise(after))
    assert find_word(plan, before + word + after) is Word.SAFE


@given(word=st.text(max_size=30))
def test_normalising_twice_is_normalising_once(word):
    assert normalise(normalise(word)) == normalise(word)


@given(one=st.text(max_size=10), other=st.text(max_size=10))
def test_two_words_that_are_not_alike_are_never_mistaken_for_each_other(one, other):
    assume(not alike(one, other))
    plan = a_plan(safe=one, duress=other)
    assert find_word(plan, one) is Word.SAFE
    assert find_word(plan, other) is Word.DURESS


@given(st.data())
def test_words_that_are_made_up_differ_from_the_one_that_was_given(data):
    given_word = data.draw(st.sampled_from(["academic", "acid", "Acid!", None]))
    safe, duress = complete_words(given_word, None)
    assert not alike(safe, duress)
    assert given_word is None or safe == given_word
    assert not alike(*complete_words(None, given_word))


def test_a_phrase_is_three_words_and_not_the_same_twice():
    phrases = {make_phrase() for _ in range(20)}
    assert all(len(phrase.split()) == 3 for phrase in phrases)
    assert len(phrases) > 15
