"""How codes are spelled and read: laws."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registration.codes import ALPHABET, Code, new_code, read, spell
from app.registration.errors import CodeMistyped

CODES = st.builds(Code, st.binary(min_size=5, max_size=5), st.binary(min_size=10, max_size=10))


def symbols(code):
    return spell(code).replace("-", "")


def test_a_code_is_five_groups_of_five_without_letters_that_look_like_others():
    for _ in range(200):
        assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{5}", spell(new_code()))


def test_a_spelling_stays_the_same_for_ever():
    code = Code(bytes(range(5)), bytes(range(5, 15)))
    assert spell(code) == "000G4-0R40M-30E20-9185G-R38ED"
    assert read("000G4-0R40M-30E20-9185G-R38ED") == code


def times(one, other):
    """Multiply in the field of 32 elements, as polynomials over bits."""
    product = 0
    for place in range(5):
        if other >> place & 1:
            product ^= one << place
    for place in (8, 7, 6, 5):
        if product >> place & 1:
            product ^= 0b100101 << (place - 5)
    return product


@given(CODES)
def test_the_check_character_is_the_sum_of_all_others_by_falling_powers_of_two(code):
    values = [ALPHABET.index(symbol) for symbol in symbols(code)]
    total, power = 0, 1
    for value in reversed(values[:-1]):
        power = times(power, 2)
        total ^= times(value, power)
    assert values[-1] == total


@given(CODES)
def test_what_is_spelled_is_read(code):
    assert read(spell(code)) == code


@given(CODES, st.sampled_from(["code: {}", "{}, valid for a year", "your code is {} (full)"]))
def test_a_code_is_read_among_other_words(code, sentence):
    assert read(sentence.format(spell(code))) == code


@given(CODES, st.integers(0, 24), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_caught(code, place, other):
    text = symbols(code)
    wrong = text[:place] + other + text[place + 1 :]
    if wrong == text:
        assert read(wrong) == code
    else:
        with pytest.raises(CodeMistyped):
            read(wrong)


@given(CODES, st.integers(0, 23))
def test_every_swap_of_neighbours_is_caught(code, place):
    text = symbols(code)
    swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    if swapped == text:
        assert read(swapped) == code
    else:
        with pytest.raises(CodeMistyped):
            read(swapped)


@given(CODES, st.integers(0, 24))
def test_a_character_left_out_or_doubled_is_caught(code, place):
    text = symbols(code)
    for wrong in (text[:place] + text[place + 1 :], text[:place] + text[place] + text[place:]):
        with pytest.raises(CodeMistyped):
            read(wrong)


@given(CODES, st.data())
def test_case_spaces_dashes_burmese_digits_and_lookalikes_do_not_matter(code, data):
    typed = []
    for symbol in spell(code):
        ways = {symbol, symbol.lower()}
        ways |= {"0": set("Oo၀"), "1": set("IilL၁"), "-": set(" –—") | {""}}.get(symbol, set())
        if symbol.isdecimal():
            ways.add(chr(ord("၀") + int(symbol)))
        typed.append(data.draw(st.sampled_from(sorted(ways))))
    assert read("".join(typed)) == code


@given(st.text(max_size=64))
def test_whatever_else_is_typed_is_refused_and_never_breaks(text):
    try:
        code = read(text)
    except CodeMistyped:
        return
    assert read(spell(code)) == code


@pytest.mark.parametrize(
    "wrap",
    [
        "\u200b{}",
        "{}.",
        "\u201c{}\u201d",
        "{}\u104b",
        "{}\n",
        "\u2068{}\u2069",
        "\ufeff{}\u200e",
        "\u00ab{}\u00bb!",
        "({}),",
        "{}\u104a ",
        "\u2018{}\u2019\u2026",
        "*{}*",
    ],
)
@given(
    code=CODES, between=st.sampled_from("\u202f\u00a0\u2009\u2011\u2212\u2014\u00b7._/~\n\u200b")
)
def test_a_code_is_read_whatever_is_around_it_and_between_its_groups(wrap, code, between):
    assert read(wrap.format(spell(code))) == code
    assert read(wrap.format(spell(code).replace("-", between))) == code


@pytest.mark.parametrize("text", ["", "-", "U" * 25, "*" * 25, "0" * 24, "0" * 26, "½" * 25])
def test_what_has_no_code_in_it_is_refused(text):
    with pytest.raises(CodeMistyped):
        read(text)


def test_two_codes_have_nothing_in_common():
    drawn = [new_code() for _ in range(500)]
    assert len({code.locator for code in drawn}) == 500
    assert len({code.proof for code in drawn}) == 500


def test_printing_a_code_shows_neither_half():
    code = Code(b"\x01\x02\x03\x04\x05", b"\xaa" * 10)
    assert repr(code) == "Code()"
