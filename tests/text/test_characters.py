"""What shows nothing is known by its properties; what text is wrapped in is taken off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.characters import clean, ignorables, is_ignorable, shows_something

WRAPPED = [
    "\u2068{}\u2069",
    "\u202d{}\u202c",
    "\u200e{}\u200f",
    "\ufeff{}",
    "\u200b{}\u200b",
    " {}\n",
    "\u00a0{}\u202f",
    "\u2066{}\u2069\u200d",
    "\u061c{}",
    "\U000e0001{}",
    "\u3164{}\u115f",
]


@pytest.mark.parametrize("wrapping", WRAPPED)
def test_what_a_messenger_wraps_text_in_is_taken_off(wrapping):
    assert clean(wrapping.format("09 772 345 678")) == "09 772 345 678"
    assert clean(wrapping.format("မသန္တာ")) == "မသန္တာ"


@pytest.mark.parametrize(
    "kept",
    ["မိုး\u200bသည်း", "“Ko Thiha”", "\U0001f468\u200d\U0001f469", "\u2764\ufe0f!", "caf\u0065\u0301"],
)
def test_what_is_inside_a_text_stays_as_it_was_typed(kept):
    assert clean(kept) == kept


def test_half_of_an_emoji_becomes_the_replacement_character_and_two_halves_an_emoji():
    assert clean("thank you \ud83d") == "thank you \ufffd"
    assert clean("\ude4f ok") == "\ufffd ok"
    assert clean("\ud83d\ude4f") == "\U0001f64f"


@pytest.mark.parametrize(
    "nothing",
    [
        "",
        " ",
        "\u200b",
        "\u2060\u180e",
        "\u3164",
        "\u2800",
        "\u00a0\u202e",
        "\ufe0f",
        "\U000e0020",
        "\u034f",
    ],
)
def test_a_text_that_shows_nothing_is_empty(nothing):
    assert clean(nothing) == ""
    assert not shows_something(nothing)


def test_ignorables_are_those_of_the_unicode_character_database():
    # Its own count for this version of Python's tables, DerivedCoreProperties.
    assert len(ignorables()) == 4174
    for shown in "\u0600\u06dd\u070f\u08e2\ufff9\U000110bd \u00a0a":
        assert not is_ignorable(shown)


@given(st.text(st.characters(exclude_categories=()), max_size=40))
def test_cleaning_twice_is_cleaning_once_and_leaves_no_half(text):
    once = clean(text)
    assert clean(once) == once
    once.encode()
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff") & set(once)
