"""Two spellings of the same thing fold into one form."""

from __future__ import annotations

import unicodedata

import pytest
from burmesenlp import uni2zg
from hypothesis import given
from hypothesis import strategies as st

from app.text.characters import ignorables
from app.text.folding import ascii_digits, fold, folds, letters_and_digits, words

BURMESE = st.text(st.characters(min_codepoint=0x1000, max_codepoint=0x109F), max_size=30)
ANY = st.text(st.characters(), max_size=30) | BURMESE
MARKS = "\u103b\u103c\u103d\u103e\u1031\u102d\u102f\u1036\u1037\u103a\u1038"

SAME = [
    # Mark order.
    ("ဒေါ်မိုးသူအောင်", "ဒေါ်မုိးသူအောင်"),
    ("ပုံပြင်", "ပံုပြင်"),
    ("နို့", "နုိ့"),
    ("မြင့်", "မြင\u1037\u103a"),
    ("မြွှာ", "မ\u103e\u103d\u103cာ"),
    ("ကျွန်း", "က\u103d\u103bန်း"),
    ("သေး", "\u1031သး"),
    # Look-alikes.
    ("ဝင်းထွန်း", "၀င်းထွန်း"),
    ("ရွှေဇင်", "၇ွှေဇင်"),
    ("ဂျာနယ်", "၈ျာနယ်"),
    ("၎င်း", "၄င်း"),
    ("သူရ", "သူ၇"),
    # Independent vowels, and letters that stand for one another.
    ("ကိုဥက္ကာ", "ကိုအုက္ကာ"),
    ("ဦးမောင်", "ဥ\u102eးမောင်"),
    ("ဦးမောင်", "အူးမောင်"),
    ("ဩဂုတ်", "သြဂုတ်"),
    ("ဉာဏ်", "ဥာဏ်"),
    ("ပဉ္စမ", "ပဥ္စမ"),
    ("ဣန္ဒြေ", "အိန္ဒြေ"),
    ("ဧရာ", "အေရာ"),
    ("ပိဿာ", "ပိသ္သာ"),
    ("ဂါတာ", "ဂာတာ"),
    ("ကြည်း", "ကြည်းး"),
    # Compatibility forms, case, digits.
    ("\uff2b\uff4f", "ko"),
    ("ﬁsh", "FISH"),
    ("STRASSE", "straße"),
    ("၁၂၃", "123"),
    ("\u0661\u0e52", "12"),
    ("\u1090\u1091", "01"),
    ("caf\u00e9", "cafe\u0301"),
    ("caf\u00e9", "cafe"),
    ("Z\u00dcRICH", "zurich"),
    # Thai and Lao marks.
    ("\u0e19\u0e49\u0e33", "\u0e19\u0e4d\u0e49\u0e32"),
    ("\u0e97\u0eb5\u0ec8", "\u0e97\u0ec8\u0eb5"),
    ("Tailor  Ba", " tailor ba "),
    ("a\u00a0b", "A B"),
    ("①", "1"),
    # Default-ignorable.
    ("သီဟ", "သီ\u200bဟ"),
    ("zin", "z\u00adi\u200dn\ufe0f"),
    ("zin", "\u2067z\U000e0041in\u3164\u2069"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_of_one_thing_are_one(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("မိုး", "မို"),
        ("သန်း", "သန့်"),
        ("မြ", "မွ"),
        ("ကျော်", "ကြော်"),
        ("အေး", "အဲ"),
        ("ဝင်း", "ဝန်း"),
        ("tan", "tun"),
        ("1", "11"),
        ("သတ္တ", "သတတ"),
    ],
)
def test_what_reads_differently_stays_apart(one, other):
    assert fold(one) != fold(other)


@given(ANY)
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)
    assert letters_and_digits(letters_and_digits(text)) == letters_and_digits(text)


@given(ANY, st.sampled_from(sorted(ignorables())), st.integers(0, 30))
def test_what_is_default_ignorable_never_changes_a_fold(text, code, place):
    assert fold(text[:place] + chr(code) + text[place:]) == fold(text)


@given(ANY)
def test_forms_of_normalisation_fold_alike(text):
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert fold(unicodedata.normalize(form, text)) == fold(text)


@given(st.sampled_from("ကတပမသလ"), st.permutations(MARKS), st.integers(1, len(MARKS)))
def test_the_order_in_which_marks_were_typed_does_not_matter(letter, marks, most):
    typed = "".join(marks[:most])
    assert fold(letter + typed) == fold(letter + "".join(sorted(typed)))


@pytest.mark.parametrize("text", ["ဝင်းထွန်း", "ဒေါ်မိုးသူအောင်", "ခဏခဏ"])
def test_both_encodings_share_a_folded_reading(text):
    assert folds(text) & folds(uni2zg(text))


def test_words_are_parted_by_all_that_is_no_word():
    assert words("Yes, mango-tree\u104b ရေ") == ["yes", "mango", "tree", fold("ရေ")]


def test_digits_of_every_script_are_written_0_to_9_and_nothing_else_changes():
    assert ascii_digits("၀၉ ၇၇၁ Ab\u0e53") == "09 771 Ab3"
