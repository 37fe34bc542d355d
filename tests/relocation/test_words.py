"""The words of a journey: made up, and compared by ear."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.relocation.legs import make_phrase
from app.relocation.models import JourneyWords
from app.relocation.words import complete_words, count_words
from app.text.folding import letters_and_digits
from app.text.spoken import alike, is_heard
from app.watch.models import Word

SPOKEN = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)
UNSPOKEN = st.text(st.characters(categories=["Z", "P", "S"]), max_size=8)


def find_word(words, said):
    safe, duress = count_words(words, said)
    return Word.DURESS if duress else Word.SAFE if safe else None


def words_of(safe="tamarind", duress="monsoon"):
    return JourneyWords(safe, duress)


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("tamarind", Word.SAFE),
        ("  TAMA-rind! ", Word.SAFE),
        ("tama rind", Word.SAFE),
        ("Monsoon.", Word.DURESS),
        ("ｍｏｎｓｏｏｎ", Word.DURESS),
        ("monsoons", None),
        ("tamarind monsoon", Word.DURESS),
        ("...", None),
    ],
)
def test_a_word_is_recognised_whatever_its_case_spaces_and_marks(said, word):
    assert find_word(words_of(), said) is word


def test_a_burmese_word_keeps_its_vowels_and_loses_its_invisible_breaks():
    words = words_of(safe="မိုးသည်း", duress="မိုးသည")
    assert find_word(words, "မိုး\u200bသည်း") is Word.SAFE
    assert find_word(words, "မိုးသည") is Word.DURESS


def test_a_word_agreed_on_in_unicode_is_recognised_when_it_is_typed_in_zawgyi():
    words = words_of(safe="မြန်မာ", duress="ကျေးဇူး")
    assert find_word(words, "ျမန္မာ") is Word.SAFE
    assert find_word(words, "ေက်းဇူး") is Word.DURESS


@given(word=SPOKEN, before=UNSPOKEN, after=UNSPOKEN)
def test_what_is_not_spoken_never_changes_a_word(word, before, after):
    words = words_of(safe=word, duress=word + "x")
    assume(
        letters_and_digits(word)
        and not letters_and_digits(before)
        and not letters_and_digits(after)
    )
    assert find_word(words, before + word + after) is Word.SAFE


@given(word=st.text(max_size=30))
def test_normalising_twice_is_normalising_once(word):
    assert letters_and_digits(letters_and_digits(word)) == letters_and_digits(word)


@given(one=st.text(max_size=10), other=st.text(max_size=10))
def test_two_words_that_are_not_alike_are_never_mistaken_for_each_other(one, other):
    assume(not alike(one, other) and is_heard(one, one) and is_heard(other, other))
    words = words_of(safe=one, duress=other)
    assert find_word(words, one) is Word.SAFE
    assert find_word(words, other) is Word.DURESS


@given(st.data())
def test_words_that_are_made_up_differ_from_the_one_that_was_given(data):
    given_word = data.draw(st.sampled_from(["academic", "acid", "Acid!", None]))
    words = complete_words(given_word, None)
    assert not alike(words.safe, words.duress)
    assert given_word is None or words.safe == given_word
    words = complete_words(None, given_word)
    assert not alike(words.safe, words.duress)


def test_a_phrase_is_three_words_and_not_the_same_twice():
    phrases = {make_phrase() for _ in range(20)}
    assert all(len(phrase.split()) == 3 for phrase in phrases)
    assert len(phrases) > 15
