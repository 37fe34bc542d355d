"""HPKE against the documents, by way of ``oracle``, a second implementation.

What is proven: the oracle agrees with RFC 9180 A.1.1 (key schedule and AEAD) and with the X-Wing
draft's vector (KEM); pyca agrees with RFC 9180 A.1.1 too; and the oracle opens what the product
seals, so the product's suite is X-Wing, HKDF-SHA256 and AES-256-GCM exactly as written down. pyca
gives single-shot HPKE no choice of ephemeral key, so sealing cannot be compared byte for byte.
"""

import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives import hpke as pyca
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from app.crypto import hpke
from app.crypto.errors import KeyMalformed, SealBroken, SealRefused, UnknownSuite
from app.crypto.suites import Suite, SuiteTable
from tests.crypto import oracle
from tests.crypto.laws import REFUSED, VALUES, flip, law, slow_law

VECTORS = Path(__file__).parent / "vectors"
PAIR = hpke.PrivateKey(bytes(range(96)))
OTHER = hpke.PrivateKey(bytes(range(1, 97)))
SEALED = hpke.PublicKey(PAIR.public).seal(b"thirty-two bytes of a secret key", info=b"context")

RFC_INFO = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")
RFC_AAD = b"Count-0"
RFC_PLAIN = b"Beauty is truth, truth beauty"
RFC_PRIVATE = "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8"
RFC_ENC = "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431"
RFC_SHARED = "fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc"
RFC_KEY = "4531685d41d65f03dc48f6b8302c05b0"
RFC_NONCE = "56d890e5accaaf011cff4b7d"
RFC_CIPHERTEXT = (
    "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a"
)


@pytest.fixture(scope="module")
def xwing():
    vector = json.loads((VECTORS / "xwing.json").read_text())
    return {name: bytes.fromhex(vector[name]) for name in ("seed", "pk", "ct", "ss")}


def test_the_oracle_gives_the_key_schedule_of_rfc_9180_a_1_1():
    suite = oracle.suite_id(0x0020, 0x0001, 0x0001)
    key, nonce = oracle.key_schedule(suite, bytes.fromhex(RFC_SHARED), RFC_INFO, 16)
    assert (key.hex(), nonce.hex()) == (RFC_KEY, RFC_NONCE)
    assert AESGCM(key).encrypt(nonce, RFC_PLAIN, RFC_AAD).hex() == RFC_CIPHERTEXT


def test_the_library_opens_the_vector_of_rfc_9180_a_1_1():
    suite = pyca.Suite(pyca.KEM.X25519, pyca.KDF.HKDF_SHA256, pyca.AEAD.AES_128_GCM)
    private = X25519PrivateKey.from_private_bytes(bytes.fromhex(RFC_PRIVATE))
    sealed = bytes.fromhex(RFC_ENC + RFC_CIPHERTEXT)
    opened = openssl.hpke._decrypt_with_aad(suite, sealed, private, RFC_INFO, RFC_AAD)
    assert opened == RFC_PLAIN


def test_a_pair_has_the_public_key_of_the_x_wing_vector(xwing):
    seed = hashlib.shake_256(xwing["seed"]).digest(96)
    assert hpke.PrivateKey.from_seed(seed).public == xwing["pk"]


def test_the_oracle_gives_the_shared_secret_of_the_x_wing_vector(xwing):
    seed = hashlib.shake_256(xwing["seed"]).digest(96)
    assert oracle.xwing_decapsulate(seed, xwing["ct"]) == xwing["ss"]


def test_a_second_implementation_opens_what_was_sealed():
    head, enc, ciphertext = SEALED[:2], SEALED[2:1122], SEALED[1122:]
    suite = oracle.suite_id(oracle.XWING, oracle.HKDF_SHA256, oracle.AES_256_GCM)
    shared = oracle.xwing_decapsulate(PAIR.seed, enc)
    key, nonce = oracle.key_schedule(suite, shared, head + b"context", 32)
    assert AESGCM(key).decrypt(nonce, ciphertext, b"") == b"thirty-two bytes of a secret key"


def test_a_wrapped_key_takes_1170_bytes():
    assert len(SEALED) == 2 + 1120 + 32 + 16
    assert len(PAIR.public) == hpke.PUBLIC_BYTES == 1216


@slow_law
@given(VALUES, st.binary(max_size=200))
def test_what_is_sealed_to_a_key_opens_with_it(value, info):
    sealed = hpke.PublicKey(PAIR.public).seal(value, info=info)
    assert PAIR.open(sealed, info=info) == value


@law
@given(st.integers(0, len(SEALED) * 8 - 1))
def test_a_sealed_secret_with_one_bit_changed_does_not_open(bit):
    with pytest.raises(REFUSED):
        PAIR.open(flip(SEALED, bit), info=b"context")


@law
@given(st.integers(0, len(SEALED) - 1))
def test_a_sealed_secret_cut_short_does_not_open(size):
    with pytest.raises(REFUSED):
        PAIR.open(SEALED[:size], info=b"context")


@law
@given(st.binary(max_size=1400), st.booleans())
def test_bytes_that_nobody_sealed_are_refused(data, headed):
    with pytest.raises(REFUSED):
        PAIR.open(SEALED[:2] + data if headed else data, info=b"context")


@law
@given(st.binary(max_size=40).filter(lambda info: info != b"context"))
def test_a_sealed_secret_does_not_open_under_another_context(info):
    with pytest.raises(SealBroken):
        PAIR.open(SEALED, info=info)


def test_a_sealed_secret_does_not_open_with_another_key():
    with pytest.raises(SealBroken):
        OTHER.open(SEALED, info=b"context")


def test_sealing_twice_gives_different_bytes():
    public = hpke.PublicKey(PAIR.public)
    assert public.seal(b"x", info=b"") != public.seal(b"x", info=b"")


def test_a_sealed_secret_of_an_unknown_version_or_suite_is_refused():
    for head in (b"\0\1", b"\2\1", b"\1\0", b"\1\2", b"\xff\xff"):
        with pytest.raises(UnknownSuite, match="unknown"):
            PAIR.open(head + SEALED[2:], info=b"context")


def test_a_sealed_secret_of_a_retired_suite_is_refused(monkeypatch):
    old, new = hpke.SUITES.current, Suite(1, 2, "the next one", hpke.SUITES.current.engine)
    retired = Suite(old.version, old.number, old.name, old.engine, retired=True)
    monkeypatch.setattr(hpke, "SUITES", SuiteTable(retired, new))
    with pytest.raises(UnknownSuite, match="retired"):
        PAIR.open(SEALED, info=b"context")
    sealed = hpke.PublicKey(PAIR.public).seal(b"x", info=b"")
    assert sealed[:2] == b"\1\2"
    assert PAIR.open(sealed, info=b"") == b"x"


def test_a_suite_cannot_be_exchanged_for_another_that_is_live(monkeypatch):
    engine = hpke.SUITES.current.engine
    both = SuiteTable(Suite(1, 2, "another", engine), Suite(1, 1, "ours", engine))
    monkeypatch.setattr(hpke, "SUITES", both)
    with pytest.raises(SealBroken):
        PAIR.open(b"\1\2" + SEALED[2:], info=b"context")


def test_a_pair_comes_back_from_its_seed():
    made = hpke.PrivateKey.generate()
    kept = hpke.PrivateKey.from_seed(made.seed)
    assert kept.public == made.public
    assert kept.open(hpke.PublicKey(made.public).seal(b"x", info=b""), info=b"") == b"x"


def test_a_pair_loads_only_when_it_is_needed():
    pair = hpke.PrivateKey(bytes(96))
    assert (pair._key, pair._public) == (None, None)
    assert pair.public is pair.public


def test_generated_pairs_differ():
    assert hpke.PrivateKey.generate().seed != hpke.PrivateKey.generate().seed


def test_the_custody_pair_depends_on_every_byte_of_its_secret():
    one = hpke.private_from_secret(bytes(32))
    assert one.seed == hpke.private_from_secret(bytes(32)).seed
    for place in range(32):
        assert hpke.private_from_secret(flip(bytes(32), place * 8)).seed != one.seed


def test_fingerprints_name_keys():
    assert len(hpke.fingerprint(PAIR.public)) == 32
    assert hpke.fingerprint(PAIR.public) != hpke.fingerprint(OTHER.public)


@pytest.mark.parametrize("size", [0, 31, 33, 95, 97, 1216])
def test_a_seed_of_the_wrong_length_is_refused(size):
    with pytest.raises(KeyMalformed):
        hpke.PrivateKey.from_seed(bytes(size))
    with pytest.raises(KeyMalformed):
        hpke.private_from_secret(bytes(size))


@pytest.mark.parametrize("size", [0, 32, 1184, 1215, 1217])
def test_a_public_key_of_the_wrong_length_is_refused(size):
    with pytest.raises(KeyMalformed):
        hpke.PublicKey(bytes(size))


def test_a_public_key_with_a_coefficient_out_of_range_is_refused():
    with pytest.raises(KeyMalformed):
        hpke.PublicKey(b"\xff" * 1184 + PAIR.public[1184:])


def test_a_public_key_of_low_order_is_refused():
    low = hpke.PublicKey(PAIR.public[:1184] + bytes(32))
    with pytest.raises(KeyMalformed):
        low.seal(b"x", info=b"")


def test_a_secret_up_to_one_mebibyte_is_sealed_and_a_larger_one_refused():
    assert hpke.PLAINTEXT_LIMIT == 1024 * 1024
    sealed = hpke.PublicKey(PAIR.public).seal(bytes(hpke.PLAINTEXT_LIMIT), info=b"")
    assert PAIR.open(sealed, info=b"") == bytes(hpke.PLAINTEXT_LIMIT)
    with pytest.raises(SealRefused):
        hpke.PublicKey(PAIR.public).seal(bytes(hpke.PLAINTEXT_LIMIT + 1), info=b"")


def test_keys_do_not_show_themselves():
    assert PAIR.seed.hex() not in repr(PAIR)
    assert "seed" not in repr(PAIR)
