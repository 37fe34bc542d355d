from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto.blind_index import bits_for, index_key, token
from app.crypto.errors import FrameRefused, KeyMalformed, WeakParameters
from tests.crypto.laws import KEYS, law

BITS = st.integers(8, 18)


@law
@given(KEYS, st.text(st.characters(codec="utf-8"), max_size=20), BITS)
def test_a_tag_fits_its_width_and_is_found_again(key, text, bits):
    tag = token(key, text, bits)
    assert 0 <= tag < 2**bits
    assert tag == token(key, text, bits)


@law
@given(KEYS, st.text(st.characters(codec="utf-8"), max_size=20), st.integers(8, 17))
def test_a_narrower_tag_is_the_beginning_of_a_wider_one(key, text, bits):
    assert token(key, text, bits) == token(key, text, bits + 1) >> 1


@pytest.mark.parametrize("bits", [-1, 0, 7, 19, 32])
def test_a_width_outside_8_to_18_is_refused(bits):
    with pytest.raises(WeakParameters):
        token(bytes(32), "x", bits)


def test_tags_fill_their_width_evenly():
    """4096 texts over 256 tags: 16 each, give or take what chance allows (6 sigma)."""
    key = index_key(bytes(32), bytes(32), "phone", 1)
    tags = Counter(token(key, f"+9597{number:08d}", 8) for number in range(4096))
    assert len(tags) == 256
    assert max(tags.values()) <= 16 + 6 * 4


def test_every_part_of_an_index_key_matters():
    one, other = bytes(32), b"\1" * 32
    keys = {
        index_key(one, one, "phone", 1),
        index_key(other, one, "phone", 1),
        index_key(one, other, "phone", 1),
        index_key(one, one, "handle", 1),
        index_key(one, one, "phone", 2),
    }
    assert len(keys) == 5
    assert {len(key) for key in keys} == {32}


@pytest.mark.parametrize(("search", "mix"), [(0, 32), (31, 32), (32, 0), (32, 33)])
def test_an_index_key_needs_both_its_halves_whole(search, mix):
    with pytest.raises(KeyMalformed):
        index_key(bytes(search), bytes(mix), "phone", 1)


def test_a_text_that_is_no_text_is_refused():
    with pytest.raises(FrameRefused):
        token(bytes(32), "\ud800", 8)


@pytest.mark.parametrize(
    ("rows", "bits"),
    [(0, 8), (1, 8), (1024, 8), (2048, 9), (4096, 10), (10_000, 11), (2**20, 18), (2**30, 18)],
)
def test_the_width_is_two_bits_less_than_the_rows_need(rows, bits):
    assert bits_for(rows) == bits
