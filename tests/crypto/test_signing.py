import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto.errors import KeyMalformed, SignatureInvalid
from app.crypto.signing import PUBLIC_BYTES, SIGNATURE_BYTES, SigningKey, verify
from tests.crypto.laws import KEYS, flip, law

RFC_8032 = {
    "test-1": (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    "test-2": (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    "test-3": (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
}
ORDER = 2**252 + 27742317777372353535851937790883648493
KEY = SigningKey(bytes(range(32)))
SIGNATURE = KEY.sign(b"a message")


@pytest.mark.parametrize("case", RFC_8032)
def test_signatures_are_those_of_rfc_8032_section_7_1(case):
    seed, public, message, signature = (bytes.fromhex(part) for part in RFC_8032[case])
    key = SigningKey.from_seed(seed)
    assert key.public == public
    assert key.sign(message) == signature
    verify(public, signature, message)


@law
@given(KEYS, st.binary(max_size=100))
def test_a_signature_verifies_for_its_message_and_key(seed, message):
    key = SigningKey.from_seed(seed)
    signature = key.sign(message)
    assert len(signature) == SIGNATURE_BYTES
    verify(key.public, signature, message)
    with pytest.raises(SignatureInvalid):
        verify(key.public, signature, message + b"\0")
    with pytest.raises(SignatureInvalid):
        verify(KEY.public, signature, message)


@law
@given(st.integers(0, SIGNATURE_BYTES * 8 - 1))
def test_a_signature_with_one_bit_changed_does_not_verify(bit):
    with pytest.raises(SignatureInvalid):
        verify(KEY.public, flip(SIGNATURE, bit), b"a message")


@law
@given(st.integers(0, PUBLIC_BYTES * 8 - 1))
def test_a_signature_does_not_verify_under_a_changed_key(bit):
    with pytest.raises(SignatureInvalid):
        verify(flip(KEY.public, bit), SIGNATURE, b"a message")


@law
@given(st.binary(max_size=70), st.binary(max_size=40))
def test_bytes_that_are_no_signature_or_no_key_are_refused(signature, public):
    with pytest.raises(SignatureInvalid):
        verify(KEY.public, signature, b"a message")
    with pytest.raises(SignatureInvalid):
        verify(public, SIGNATURE, b"a message")


def test_a_second_spelling_of_a_signature_is_refused():
    """RFC 8032, section 5.1.7: the scalar must be below the group's order."""
    scalar = int.from_bytes(SIGNATURE[32:], "little") + ORDER
    with pytest.raises(SignatureInvalid):
        verify(KEY.public, SIGNATURE[:32] + scalar.to_bytes(32, "little"), b"a message")


def test_generated_pairs_differ_and_come_back_from_their_seeds():
    one, other = SigningKey.generate(), SigningKey.generate()
    assert one.public != other.public
    assert SigningKey.from_seed(one.seed).public == one.public


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_seed_of_the_wrong_length_is_refused(size):
    with pytest.raises(KeyMalformed):
        SigningKey.from_seed(bytes(size))


def test_a_key_does_not_show_itself():
    assert KEY.seed.hex() not in repr(KEY)
