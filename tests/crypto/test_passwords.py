from dataclasses import replace

import pytest
from argon2 import low_level
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given
from hypothesis import strategies as st
from shamir_mnemonic.wordlist import WORDLIST

from app.crypto.argon2id import argon2id
from app.crypto.derive import hkdf
from app.crypto.errors import PassphraseRefused, WeakParameters
from app.crypto.framing import frame
from app.crypto.labels import Label
from app.crypto.passwords import (
    FLOOR,
    LONGEST_PASSPHRASE,
    Argon2Cost,
    check_stretch,
    generate_passphrase,
    new_salt,
    random_words,
    stretch,
)
from tests.crypto.laws import law

LOW = Argon2Cost(memory_kib=64, iterations=1, lanes=1)
SALT = bytes(range(16))


def parts(stretched):
    return {stretched.verifier, stretched.wrap_work, stretched.wrap_lead}


VECTOR = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"


def test_the_library_gives_the_argon2id_vector_of_rfc_9106_section_5_3():
    """Below ``hash_secret_raw``, which has no secret and no associated data."""
    new = low_level.ffi.new
    kept = {
        "out": new("uint8_t[]", 32),
        "pwd": new("uint8_t[]", b"\1" * 32),
        "salt": new("uint8_t[]", b"\2" * 16),
        "secret": new("uint8_t[]", b"\3" * 8),
        "ad": new("uint8_t[]", b"\4" * 12),
    }
    figures = {
        "version": low_level.ARGON2_VERSION, "t_cost": 3, "m_cost": 32, "lanes": 4, "threads": 4,
        "outlen": 32, "pwdlen": 32, "saltlen": 16, "secretlen": 8, "adlen": 12, "flags": 0,
        "allocate_cbk": low_level.ffi.NULL, "free_cbk": low_level.ffi.NULL,
    }  # fmt: skip
    context = new("argon2_context *", kept | figures)
    assert low_level.core(context, low_level.Type.ID.value) == 0
    assert bytes(kept["out"]).hex() == VECTOR


def test_the_other_library_gives_the_same_vector():
    argon2 = Argon2id(
        salt=b"\2" * 16,
        length=32,
        iterations=3,
        lanes=4,
        memory_cost=32,
        secret=b"\3" * 8,
        ad=b"\4" * 12,
    )
    assert argon2.derive(b"\1" * 32).hex() == VECTOR


@law
@given(
    st.binary(max_size=64),
    st.binary(min_size=16, max_size=64),
    st.integers(1, 3),
    st.integers(1, 4),
    st.integers(32, 128),
)
def test_two_libraries_stretch_to_the_same_bytes(secret, salt, iterations, lanes, memory):
    other = Argon2id(
        salt=salt, length=64, iterations=iterations, lanes=lanes, memory_cost=memory
    ).derive(secret)
    assert argon2id(secret, salt=salt, figures=(memory, iterations, lanes)) == other


def test_stretching_is_argon2id_and_then_hkdf_by_purpose():
    argon2 = Argon2id(salt=SALT, length=64, iterations=2, lanes=1, memory_cost=128)
    secret = argon2.derive("padauk ပိတောက်".encode())
    cost = Argon2Cost(memory_kib=128, iterations=2, lanes=1)
    stretched = stretch("padauk ပိတောက်", salt=SALT, cost=cost, floor=LOW)
    for value, purpose in [
        (stretched.verifier, "verifier"),
        (stretched.wrap_work, "wrap-work"),
        (stretched.wrap_lead, "wrap-lead"),
    ]:
        assert value == hkdf(secret, info=frame(Label.PASSPHRASE, purpose))


def test_the_default_cost_is_three_passes_over_64_mebibytes():
    assert Argon2Cost(memory_kib=65536, iterations=3, lanes=1) == FLOOR
    stretched = stretch("a passphrase", salt=SALT, cost=FLOOR)
    assert all(len(part) == 32 for part in parts(stretched))


def test_one_passphrase_gives_three_unrelated_values():
    assert len(parts(stretch("x", salt=SALT, cost=LOW, floor=LOW))) == 3


@pytest.mark.parametrize(
    "other",
    [
        lambda: stretch("X", salt=SALT, cost=LOW, floor=LOW),
        lambda: stretch("x ", salt=SALT, cost=LOW, floor=LOW),
        lambda: stretch("x", salt=bytes(16), cost=LOW, floor=LOW),
        lambda: stretch("x", salt=SALT, cost=replace(LOW, iterations=2), floor=LOW),
        lambda: stretch("x", salt=SALT, cost=replace(LOW, memory_kib=72), floor=LOW),
        lambda: stretch("x", salt=SALT, cost=replace(LOW, lanes=2), floor=LOW),
    ],
    ids=["letter", "space", "salt", "passes", "memory", "lanes"],
)
def test_whatever_changes_changes_all_three_values(other):
    assert not parts(other()) & parts(stretch("x", salt=SALT, cost=LOW, floor=LOW))


@pytest.mark.parametrize(
    "cost",
    [
        replace(FLOOR, memory_kib=FLOOR.memory_kib - 1),
        replace(FLOOR, iterations=FLOOR.iterations - 1),
        replace(FLOOR, lanes=0),
        Argon2Cost(0, 0, 0),
        LOW,
    ],
    ids=["memory", "passes", "lanes", "nothing", "cost-of-tests"],
)
def test_a_stored_cost_under_the_floor_is_refused(cost):
    with pytest.raises(WeakParameters):
        stretch("x", salt=SALT, cost=cost)


@pytest.mark.parametrize(
    "cost",
    [
        replace(FLOOR, memory_kib=2 * 1024 * 1024 + 1),
        replace(FLOOR, iterations=33),
        replace(FLOOR, lanes=17),
    ],
    ids=["memory", "passes", "lanes"],
)
def test_a_stored_cost_that_would_stop_the_house_is_refused(cost):
    with pytest.raises(WeakParameters):
        stretch("x", salt=SALT, cost=cost)


def test_a_floor_of_nothing_still_asks_for_what_argon2_needs():
    nothing = Argon2Cost(0, 0, 0)
    for cost in (nothing, Argon2Cost(7, 1, 1), Argon2Cost(31, 1, 4), Argon2Cost(64, 0, 1)):
        with pytest.raises(WeakParameters):
            stretch("x", salt=SALT, cost=cost, floor=nothing)
    assert stretch("x", salt=SALT, cost=Argon2Cost(32, 1, 4), floor=nothing).verifier


@pytest.mark.parametrize("size", [0, 15, 65])
def test_a_salt_of_the_wrong_length_is_refused(size):
    with pytest.raises(WeakParameters):
        stretch("x", salt=bytes(size), cost=LOW, floor=LOW)


def test_the_bounds_themselves_are_allowed():
    highest = Argon2Cost(memory_kib=2 * 1024 * 1024, iterations=32, lanes=16)
    assert check_stretch("x" * 1024, bytes(64), highest, FLOOR) == b"x" * 1024
    assert check_stretch("", bytes(16), FLOOR, FLOOR) == b""


def test_the_longest_passphrase_is_counted_in_bytes():
    assert LONGEST_PASSPHRASE == 1024
    assert stretch("က" * 341, salt=SALT, cost=LOW, floor=LOW).verifier
    with pytest.raises(PassphraseRefused):
        stretch("က" * 342, salt=SALT, cost=LOW, floor=LOW)
    with pytest.raises(PassphraseRefused):
        stretch("x" * (LONGEST_PASSPHRASE + 1), salt=SALT, cost=LOW, floor=LOW)


def test_a_passphrase_that_is_no_text_is_refused():
    with pytest.raises(PassphraseRefused):
        stretch("\ud800", salt=SALT, cost=LOW, floor=LOW)


def test_even_an_empty_passphrase_costs_the_same_work():
    assert stretch("", salt=SALT, cost=LOW, floor=LOW).verifier


def test_stretched_values_are_not_printed():
    assert repr(stretch("x", salt=SALT, cost=LOW, floor=LOW)) == "Stretched()"


def test_a_generated_passphrase_has_eighty_bits_of_plain_words():
    words = generate_passphrase().split(" ")
    assert len(words) == 8
    assert set(words) <= set(WORDLIST)
    assert len(WORDLIST) == 1024
    assert all(word.isascii() and word.islower() for word in WORDLIST)
    assert generate_passphrase() != generate_passphrase()
    assert len(generate_passphrase(12).split()) == 12


def test_a_passphrase_of_fewer_words_is_refused():
    with pytest.raises(WeakParameters):
        generate_passphrase(7)


def test_random_words_are_of_the_same_list():
    assert set(random_words(50)) <= set(WORDLIST)
    assert len(random_words(3)) == 3
    assert random_words(0) == []


def test_salts_are_new_each_time():
    assert len(new_salt()) == 16
    assert new_salt() != new_salt()
