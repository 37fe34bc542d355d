import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from app.crypto import aead
from app.crypto.aead import DataKey, WrapKey, epoch_of, pad, unpad
from app.crypto.errors import KeyMalformed, SealBroken, SealRefused, UnknownSuite
from app.crypto.suites import Suite, SuiteTable
from tests.crypto.laws import ADDRESSES, EPOCHS, KEYS, REFUSED, VALUES, flip, law

KEY = bytes(range(32))
ADDRESS = b"an address"
CELL = DataKey(KEY).seal(b"a value", address=ADDRESS, epoch=7)
WRAP = WrapKey(KEY).wrap(b"a secret", address=ADDRESS)
STEPS = st.integers(1, 600)


def forge(padded):
    """A cell over any padded bytes at all, as only a holder of the key could make it."""
    header = b"\1\1" + bytes(4)
    return header + bytes(12) + AESGCM(KEY).encrypt(bytes(12), padded, header + ADDRESS)


def test_the_library_gives_aes_256_gcm_test_case_16():
    """McGrew and Viega, test case 16: 256-bit key, additional data, 96-bit nonce."""
    key = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
    plain = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    sealed = bytes.fromhex(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    )
    nonce = bytes.fromhex("cafebabefacedbaddecaf888")
    bound = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    assert DataKey(key)._encrypt(nonce, plain, bound) == sealed
    assert DataKey(key)._decrypt(nonce, sealed, bound) == plain


@law
@given(KEYS, VALUES, ADDRESSES, EPOCHS, STEPS)
def test_a_sealed_value_opens_at_its_address(key, value, address, epoch, step):
    envelope = DataKey(key).seal(value, address=address, epoch=epoch, step=step)
    assert DataKey(key).open(envelope, address=address) == value
    assert epoch_of(envelope) == epoch


@law
@given(VALUES, EPOCHS, STEPS)
def test_the_length_of_a_cell_tells_only_the_step(value, epoch, step):
    envelope = DataKey(KEY).seal(value, address=ADDRESS, epoch=epoch, step=step)
    padded = len(envelope) - 2 - 4 - 12 - 16
    assert padded % step == 0
    assert len(value) + 4 <= padded < len(value) + 4 + step


def test_a_cell_is_laid_out_as_written_down():
    assert CELL[:6] == b"\1\1\0\0\0\7"
    padded = AESGCM(KEY).decrypt(CELL[6:18], CELL[18:], CELL[:6] + ADDRESS)
    assert padded == b"\0\0\0\7a value" + bytes(21)


def test_a_wrap_is_laid_out_as_written_down():
    assert WRAP[:2] == b"\1\2"
    assert len(WRAP) == 2 + 12 + 8 + 16
    assert AESGCM(KEY).decrypt(WRAP[2:14], WRAP[14:], WRAP[:2] + ADDRESS) == b"a secret"


@law
@given(st.integers(0, len(CELL) * 8 - 1))
def test_a_cell_with_one_bit_changed_does_not_open(bit):
    with pytest.raises(REFUSED):
        DataKey(KEY).open(flip(CELL, bit), address=ADDRESS)


def test_a_cell_cut_anywhere_does_not_open():
    for size in range(len(CELL)):
        with pytest.raises(REFUSED):
            DataKey(KEY).open(CELL[:size], address=ADDRESS)
    with pytest.raises(SealBroken):
        DataKey(KEY).open(CELL + b"\0", address=ADDRESS)


@law
@given(ADDRESSES.filter(lambda address: address != ADDRESS))
def test_a_cell_moved_to_another_address_does_not_open(address):
    with pytest.raises(SealBroken):
        DataKey(KEY).open(CELL, address=address)


@law
@given(EPOCHS.filter(lambda epoch: epoch != 7))
def test_a_cell_given_another_epoch_does_not_open(epoch):
    with pytest.raises(SealBroken):
        DataKey(KEY).open(CELL[:2] + epoch.to_bytes(4, "big") + CELL[6:], address=ADDRESS)


@law
@given(KEYS.filter(lambda key: key != KEY))
def test_a_cell_does_not_open_with_another_key(key):
    with pytest.raises(SealBroken):
        DataKey(key).open(CELL, address=ADDRESS)


@law
@given(st.binary(max_size=80), st.sampled_from([b"", b"\1\1", b"\1\2"]))
def test_bytes_that_nobody_sealed_are_refused(data, head):
    with pytest.raises(REFUSED):
        DataKey(KEY).open(head + data, address=ADDRESS)
    with pytest.raises(REFUSED):
        WrapKey(KEY).unwrap(head + data, address=ADDRESS)


def test_the_header_cannot_lend_bytes_to_the_address():
    """The header has a fixed width, so nothing slides between it and what follows."""
    envelope = DataKey(KEY).seal(b"x", address=b"\7row", epoch=0)
    with pytest.raises(SealBroken):
        DataKey(KEY).open(envelope, address=b"row")


def test_sealing_twice_gives_different_bytes():
    key = DataKey(KEY)
    assert len({key.seal(b"x", address=b"", epoch=0) for _ in range(100)}) == 100


@law
@given(KEYS, st.binary(max_size=200), ADDRESSES)
def test_a_wrapped_secret_comes_back_at_its_address(key, secret, address):
    assert WrapKey(key).unwrap(WrapKey(key).wrap(secret, address=address), address=address) == (
        secret
    )


@law
@given(st.integers(0, len(WRAP) * 8 - 1))
def test_a_wrap_with_one_bit_changed_does_not_open(bit):
    with pytest.raises(REFUSED):
        WrapKey(KEY).unwrap(flip(WRAP, bit), address=ADDRESS)


def test_a_wrap_cut_anywhere_does_not_open():
    for size in range(len(WRAP)):
        with pytest.raises(REFUSED):
            WrapKey(KEY).unwrap(WRAP[:size], address=ADDRESS)


def test_a_wrap_moved_to_another_address_does_not_open():
    with pytest.raises(SealBroken):
        WrapKey(KEY).unwrap(WRAP, address=b"elsewhere")


def test_a_cell_is_never_opened_as_a_wrap_nor_a_wrap_as_a_cell():
    with pytest.raises(UnknownSuite):
        WrapKey(KEY).unwrap(CELL, address=ADDRESS)
    with pytest.raises(UnknownSuite):
        DataKey(KEY).open(WRAP, address=ADDRESS)


@pytest.mark.parametrize("head", [b"\0\1", b"\2\1", b"\1\0", b"\1\3", b"\xff\xff"])
def test_an_unknown_version_or_suite_is_refused(head):
    for refused in (
        lambda: DataKey(KEY).open(head + CELL[2:], address=ADDRESS),
        lambda: WrapKey(KEY).unwrap(head + WRAP[2:], address=ADDRESS),
        lambda: epoch_of(head + CELL[2:]),
    ):
        with pytest.raises(UnknownSuite, match="unknown"):
            refused()


@pytest.mark.parametrize(
    ("table", "open_old"),
    [
        ("CELL_SUITES", lambda: DataKey(KEY).open(CELL, address=ADDRESS)),
        ("CELL_SUITES", lambda: epoch_of(CELL)),
        ("WRAP_SUITES", lambda: WrapKey(KEY).unwrap(WRAP, address=ADDRESS)),
    ],
    ids=["cell", "epoch", "wrap"],
)
def test_a_retired_suite_is_refused(monkeypatch, table, open_old):
    old = getattr(aead, table).current
    retired = Suite(old.version, old.number, old.name, old.engine, retired=True)
    new = Suite(1, 9, "the next one", old.engine)
    monkeypatch.setattr(aead, table, SuiteTable(retired, new))
    with pytest.raises(UnknownSuite, match="retired"):
        open_old()


@pytest.mark.parametrize(
    "padded",
    [b"", b"\0\0\0", b"\0\0\0\1", b"\0\0\0\1a\1", b"\0\0\0\1a\0\1\0", b"\xff\xff\xff\xff"],
    ids=["empty", "short", "length-beyond", "fill-not-zero", "fill-hides", "length-huge"],
)
def test_malformed_padding_is_refused_even_from_a_holder_of_the_key(padded):
    with pytest.raises(SealBroken, match="padding"):
        unpad(padded)
    with pytest.raises(SealBroken, match="padding"):
        DataKey(KEY).open(forge(padded), address=ADDRESS)


@law
@given(VALUES, STEPS)
def test_what_is_padded_comes_back(value, step):
    assert unpad(pad(value, step)) == value


def test_values_of_one_step_have_one_length():
    assert len({len(pad(bytes(size), 32)) for size in range(29)}) == 1
    assert len(pad(bytes(29), 32)) == 64


@pytest.mark.parametrize("step", [-32, 0, aead.STEP_LIMIT + 1])
def test_an_impossible_step_is_refused(step):
    with pytest.raises(SealRefused):
        DataKey(KEY).seal(b"", address=b"", epoch=0, step=step)


@pytest.mark.parametrize("epoch", [-1, 2**32])
def test_an_epoch_outside_32_bits_is_refused(epoch):
    with pytest.raises(SealRefused):
        DataKey(KEY).seal(b"", address=b"", epoch=epoch)


def test_the_largest_value_seals_and_a_larger_one_is_refused(monkeypatch):
    monkeypatch.setattr(aead, "PLAINTEXT_LIMIT", 100)
    cell, wrap = DataKey(KEY), WrapKey(KEY)
    whole = cell.seal(bytes(100), address=b"", epoch=0)
    assert cell.open(whole, address=b"") == bytes(100)
    assert wrap.unwrap(wrap.wrap(bytes(100), address=b""), address=b"") == bytes(100)
    with pytest.raises(SealRefused):
        cell.seal(bytes(101), address=b"", epoch=0)
    with pytest.raises(SealRefused):
        wrap.wrap(bytes(101), address=b"")


def test_a_key_seals_only_so_many_values_and_opens_on(monkeypatch):
    monkeypatch.setattr(aead, "SEAL_LIMIT", 2)
    cell, wrap = DataKey(KEY), WrapKey(KEY)
    for _ in range(2):
        cell.seal(b"", address=b"", epoch=0)
        wrap.wrap(b"", address=b"")
    with pytest.raises(SealRefused):
        cell.seal(b"", address=b"", epoch=0)
    with pytest.raises(SealRefused):
        wrap.wrap(b"", address=b"")
    assert cell.open(CELL, address=ADDRESS) == b"a value"


def test_the_limits_are_those_written_down():
    assert aead.PLAINTEXT_LIMIT == 16 * 1024 * 1024
    assert aead.STEP_LIMIT == 65536
    widest = DataKey(KEY).seal(b"", address=b"", epoch=0, step=aead.STEP_LIMIT)
    assert len(widest) == 34 + aead.STEP_LIMIT


def test_the_limit_of_seals_is_far_below_what_random_nonces_bear():
    assert aead.SEAL_LIMIT <= 2**32 // 2**8


@pytest.mark.parametrize("size", [0, 16, 31, 33])
@pytest.mark.parametrize("kind", [DataKey, WrapKey])
def test_a_key_of_the_wrong_length_is_refused(kind, size):
    with pytest.raises(KeyMalformed):
        kind(bytes(size))


def test_the_epoch_of_what_is_too_short_is_not_guessed():
    for size in range(len(CELL) - 32):
        with pytest.raises(REFUSED):
            epoch_of(CELL[:size])


def test_new_keys_are_new():
    assert len(aead.new_key()) == aead.KEY_BYTES
    assert aead.new_key() != aead.new_key()


def test_a_key_keeps_no_copy_that_could_be_shown():
    for kind in (DataKey, WrapKey):
        held = kind(KEY)
        assert not hasattr(held, "__dict__")
        assert all(getattr(held, slot) != KEY for slot in ("_encrypt", "_decrypt", "_left"))
        assert KEY.hex() not in repr(held)
