"""SLIP-39 shares. Each ``combine`` runs PBKDF2 (about 10 ms), so the laws take few examples."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shamir_mnemonic import Share, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.wordlist import WORDLIST

from app.crypto.errors import KeyMalformed, SharesInvalid, WeakParameters
from app.crypto.shares import combine, split
from tests.crypto.laws import KEYS, slow_law

SECRET = bytes(range(32))
DEALT = split(SECRET, 3, 5)
FOREIGN = split(bytes(32), 3, 5)


@st.composite
def dealings(draw):
    """A secret, a threshold, a number of holders, and that many positions in some order."""
    count = draw(st.integers(1, 7))
    threshold = draw(st.integers(1, count))
    holders = draw(st.permutations(range(count)))
    return draw(KEYS), threshold, count, holders[:threshold]


def word_changed(mnemonic, place=7):
    words = mnemonic.split()
    words[place] = WORDLIST[(WORDLIST.index(words[place]) + 1) % 1024]
    return " ".join(words)


def test_the_library_gives_a_256_bit_vector_of_slip_39():
    words = (
        "theory painting academic academic armed sweater year military elder discuss acne "
        "wildlife boring employer fused large satoshi bundle carbon diagnose anatomy hamster "
        "leaves tracks paces beyond phantom capital marvel lips brave detect luck"
    )
    secret = "989baf9dcaad5b10ca33dfd8cc75e42477025dce88ae83e75a230086a0e00e92"
    assert combine_mnemonics([words], b"TREZOR").hex() == secret


@slow_law
@given(dealings())
def test_any_threshold_of_shares_in_any_order_gives_the_secret(dealing):
    secret, threshold, count, holders = dealing
    dealt = split(secret, threshold, count)
    assert len(dealt) == count
    assert combine([dealt[holder] for holder in holders]) == secret


def test_every_three_of_five_give_the_secret():
    for chosen in combinations(DEALT, 3):
        assert combine(chosen) == SECRET


def test_no_two_of_five_give_anything():
    for chosen in combinations(DEALT, 2):
        with pytest.raises(SharesInvalid, match="3 different shares are needed, 2 were given"):
            combine(chosen)


def test_the_same_share_twice_counts_once():
    with pytest.raises(SharesInvalid, match="2 were given"):
        combine([DEALT[0], DEALT[1], DEALT[0]])
    assert combine([DEALT[0], DEALT[1], DEALT[0], DEALT[2]]) == SECRET


def test_more_shares_than_needed_are_all_checked():
    assert combine(DEALT) == SECRET
    assert combine(DEALT[:4]) == SECRET


def test_with_a_threshold_of_one_every_holder_can_do_it_alone():
    dealt = split(SECRET, 1, 3)
    assert len(dealt) == 3
    assert [combine([share]) for share in dealt] == [SECRET] * 3
    assert combine(dealt) == SECRET


def test_a_share_has_33_words():
    assert {len(share.split()) for share in DEALT} == {33}


def test_typing_does_not_matter_for_case_and_space():
    typed = [f"  {share.upper()}\n".replace(" ", "  ") for share in DEALT[:3]]
    assert combine(typed) == SECRET


@pytest.mark.parametrize("place", [0, 4, 7, 20, 32])
def test_a_wrong_word_is_refused_and_its_share_named(place):
    with pytest.raises(SharesInvalid, match="wrong word") as refused:
        combine([DEALT[0], word_changed(DEALT[1], place), DEALT[2]])
    assert refused.value.positions == (1,)


@pytest.mark.parametrize(
    "typed",
    ["", "padauk", "\ud800", "academic " * 33, " ".join(DEALT[2].split()[:-1])],
    ids=["nothing", "no-such-word", "no-text", "one-word-over-and-over", "a-word-missing"],
)
def test_what_is_no_share_is_refused_and_named(typed):
    with pytest.raises(SharesInvalid) as refused:
        combine([DEALT[0], DEALT[1], typed])
    assert refused.value.positions == (2,)


def test_a_share_of_another_dealing_is_named():
    with pytest.raises(SharesInvalid, match="different dealings") as refused:
        combine([FOREIGN[1], DEALT[0], DEALT[1]])
    assert refused.value.positions == (0,)


def test_when_neither_dealing_has_the_majority_nobody_is_blamed():
    with pytest.raises(SharesInvalid, match="different dealings") as refused:
        combine([FOREIGN[0], DEALT[0]])
    assert refused.value.positions == ()


def forged(share, value):
    """A share with a right checksum and a wrong value, as someone could make it by hand."""
    return replace(Share.from_mnemonic(share), value=value)


def test_a_share_with_a_right_checksum_and_a_wrong_value_does_not_pass():
    wrong = forged(DEALT[2], bytes(32)).mnemonic()
    with pytest.raises(SharesInvalid, match="do not belong together"):
        combine([DEALT[0], DEALT[1], wrong])


def test_a_wrong_share_beyond_those_needed_is_named():
    wrong = forged(DEALT[4], bytes(32)).mnemonic()
    with pytest.raises(SharesInvalid) as refused:
        combine([*DEALT[:4], wrong])
    assert refused.value.positions == (4,)


def test_two_shares_that_each_suffice_must_say_the_same():
    [share] = split(SECRET, 1, 1)
    with pytest.raises(SharesInvalid, match="beyond those needed") as refused:
        combine([share, forged(share, bytes(32)).mnemonic()])
    assert refused.value.positions == (1,)


def test_a_secret_of_another_length_is_refused():
    [dealt] = generate_mnemonics(1, [(2, 2)], bytes(16), iteration_exponent=0)
    with pytest.raises(SharesInvalid, match="32-byte"):
        combine(dealt)


def test_no_shares_give_nothing():
    with pytest.raises(SharesInvalid, match="no shares"):
        combine([])


def test_a_refusal_says_the_same_whatever_the_words_were():
    said = set()
    for typed in (word_changed(DEALT[2], 7), word_changed(FOREIGN[2], 20), "hunter2", "padauk"):
        with pytest.raises(SharesInvalid) as refused:
            combine([*DEALT[:2], typed])
        said.add(str(refused.value))
    assert len(said) == 1


@pytest.mark.parametrize(("threshold", "count"), [(0, 1), (2, 1), (1, 17), (17, 17), (-1, 3)])
def test_an_impossible_threshold_is_refused(threshold, count):
    with pytest.raises(WeakParameters):
        split(SECRET, threshold, count)


@pytest.mark.parametrize("size", [0, 16, 31, 33, 64])
def test_only_32_byte_secrets_are_split(size):
    with pytest.raises(KeyMalformed):
        split(bytes(size), 2, 3)
