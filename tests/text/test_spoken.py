"""An agreed word is heard however it is written, alone or inside a sentence."""

from __future__ import annotations

import pytest
from burmesenlp import uni2zg
from hypothesis import assume, given
from hypothesis import strategies as st

from app.text.spoken import alike, forms, is_heard, runs, sounds

STORY, TREE = "ပုံပြင်", "သစ်ပင်"
WORDS = st.text("abcdefgh ", min_size=1, max_size=12).filter(str.strip)


@pytest.mark.parametrize(
    ("agreed", "said"),
    [
        ("river stone", "yes, mango tree, river stone"),
        ("river stone", "RIVER-STONE!"),
        ("river stone", "a riverstone, I think"),
        ("riverstone", "the river stone"),
        ("river stone", "\u2068river\u200b stone\u2069"),
        (STORY, "ပံုပြင်"),
        (STORY, "ဒီနေ့ပံုပြင်ပြောပါ"),
        (STORY, uni2zg("ပုံပြင်")),
        (STORY, uni2zg("ဒီနေ့ပုံပြင်ပြောပါ")),
        ("ရေ", "ရေပါ"),
        ("ရွှေ", "၇ွှေ"),
        ("ရွှေဝါ", "ေရႊ၀ါ"),
        ("ကျွန်း", "ကွျန်း"),
        ("မြို့", "ၿမိဳ႕"),
        ("ဥက္ကာ", "ဥကၠာ"),
        ("ပုံပြင်", "ပုံ ပြင်"),
        ("river stone", "\uff32\uff49\uff56\uff45\uff52\u3000stone"),
        ("river stone", "the river\nstone..."),
        ("tamarind", "tamar\u00adind\u202c"),
        ("ဝက်ဝံ", "၀က်၀ံ"),
        ("ဥဩ", "ဥသြ"),
        ("ဉာဏ်", "ဥာဏ်"),
        ("ကျောင်း", "ကျောင်းကျောင်း"),
        (uni2zg(TREE), "သစ်ပင်ကြီး"),
        ("บ้าน", "ฉันอยู่บ้านแล้ว"),
        ("naive cafe", "that na\u00efve caf\u00e9, you know"),
        (
            "\u0e19\u0e49\u0e33",
            "\u0e02\u0e2d\u0e19\u0e4d\u0e49\u0e32\u0e2b\u0e19\u0e48\u0e2d\u0e22",
        ),
        ("lucky 7", "lucky \u1047"),
    ],
)
def test_a_word_is_heard_inside_a_sentence_in_every_spelling(agreed, said):
    assert is_heard(agreed, said)


@pytest.mark.parametrize(
    ("agreed", "said"),
    [
        ("river", "rivers"),
        ("river stone", "river, then a stone"),
        ("mango", "mangosteen"),
        ("ပြ", "ပြင်"),
        ("က", "ကာ"),
        ("မိုးသည", "မိုးသည်း"),
        (STORY, TREE),
        ("...", "..."),
        ("river", ""),
    ],
)
def test_a_part_of_another_word_is_no_word(agreed, said):
    assert not is_heard(agreed, said)


def test_words_of_which_one_is_heard_in_the_other_are_alike():
    assert alike("mango", "mango tree")
    assert alike("ရေ", "ရေပူ")
    assert not alike("mango tree", "river stone")
    assert alike("...", "mango")


@given(WORDS, WORDS, WORDS)
def test_a_word_is_heard_between_any_others(agreed, before, after):
    assert is_heard(agreed, f"{before}, {agreed}. {after}")


@given(st.text(max_size=12), st.text(max_size=12))
def test_what_sounds_alike_is_heard_and_silence_is_not(one, other):
    assume(sounds(one))
    assert is_heard(one, one)
    if sounds(one) & sounds(other):
        assert is_heard(one, other)
    assert not is_heard("!", one)


@given(
    agreed=WORDS | st.sampled_from([STORY, TREE, "ပြ", "က"]),
    said=st.lists(WORDS | st.sampled_from([STORY, TREE, "း", "ပါ"]), max_size=4).map(" ".join),
)
def test_a_word_is_among_the_runs_of_its_length_exactly_where_it_is_heard(agreed, said):
    among = any(
        form in set(runs(said, len(form), has_blanks=has_blanks))
        for form, has_blanks in forms(agreed)
    )
    assert among is is_heard(agreed, said)
