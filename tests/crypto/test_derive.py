import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto import derive
from app.crypto.errors import WeakParameters
from app.crypto.framing import frame
from app.crypto.labels import Label
from tests.crypto.laws import ADDRESSES, KEYS, flip, law

RFC_5869 = {
    "A.1": (
        b"\x0b" * 22,
        bytes(range(13)),
        bytes(range(0xF0, 0xFA)),
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    "A.2": (
        bytes(range(0x50)),
        bytes(range(0x60, 0xB0)),
        bytes(range(0xB0, 0x100)),
        (
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
            "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
            "cc30c58179ec3e87c14c01d5c1f3434f1d87"
        ),
    ),
    "A.3": (
        b"\x0b" * 22,
        b"",
        b"",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
}


@pytest.mark.parametrize("case", RFC_5869)
def test_hkdf_gives_the_vectors_of_rfc_5869(case):
    secret, salt, info, expected = RFC_5869[case]
    length = len(expected) // 2
    assert derive.hkdf(secret, salt=salt, info=info, length=length).hex() == expected


def test_mac_gives_the_second_vector_of_rfc_4231():
    given_mac = derive.mac(b"Jefe", b"what do ya want for nothing?")
    assert given_mac.hex() == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_digest_is_sha_256():
    assert derive.digest(b"abc") == hashlib.sha256(b"abc").digest()


@pytest.mark.parametrize("length", [-1, 0, 8161])
def test_a_length_that_hkdf_does_not_give_is_refused(length):
    with pytest.raises(WeakParameters):
        derive.hkdf(bytes(32), info=b"", length=length)


@pytest.mark.parametrize("length", [1, 32, 8160])
def test_a_derived_key_has_the_length_asked_for(length):
    assert len(derive.hkdf(bytes(32), info=b"", length=length)) == length


@law
@given(st.binary(max_size=40), st.binary(max_size=40))
def test_equal_means_equal(one, other):
    assert derive.equal(one, other) == (one == other)
    assert derive.equal(one, bytes(one))


@law
@given(KEYS, ADDRESSES, st.integers(0, 255))
def test_a_commitment_fits_one_secret_at_one_address(secret, address, bit):
    commitment = derive.commit(secret, address)
    assert len(commitment) == 32
    assert commitment == derive.commit(secret, address)
    assert commitment != derive.commit(flip(secret, bit), address)
    assert commitment != derive.commit(secret, address + b"\0")


def test_a_commitment_is_no_mac_that_another_purpose_could_ask_for():
    assert derive.commit(bytes(32), b"a") == derive.mac(bytes(32), frame(Label.COMMITMENT, b"a"))
    assert derive.commit(bytes(32), b"a") != derive.mac(bytes(32), b"a")
