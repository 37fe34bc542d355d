"""Two spellings of the same thing fold into one form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.folding import fold, fold_compatible


@pytest.mark.parametrize("written", ["Tailor  Ba", " tailor ba ", "TAILOR BA"])
def test_case_and_spaces_do_not_matter(written):
    assert fold(written) == "tailor ba"


def test_a_composed_and_a_decomposed_letter_are_one():
    assert fold("caf\u00e9") == fold("cafe\u0301")


def test_digits_of_every_script_and_width_are_one():
    assert fold_compatible("\u1041\u1042\uff13") == "123"


@given(st.text(st.characters(max_codepoint=0x109F, categories=("L", "N", "Z"))))
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)
