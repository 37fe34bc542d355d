"""Seal and open values and small secrets with AES-256-GCM (NIST SP 800-38D).

``DataKey`` seals the cells of a row, padded so that lengths tell little; ``WrapKey`` seals keys.
Both bind an address that the caller gives and the header that they write, and both take a random
96-bit nonce for each value. Knows no case and no row.

Cell: ``version 1 | suite 1 | epoch 4 | nonce 12 | ciphertext | tag 16`` over the padded value.
Wrap: ``version 1 | suite 1 | nonce 12 | ciphertext | tag 16``. Their suite numbers differ,
so that one is never opened as the other.
"""

from __future__ import annotations

import os
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.crypto.errors import KeyMalformed, SealBroken, SealRefused
from app.crypto.suites import Suite, SuiteTable

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
PLAINTEXT_LIMIT = 2**24
STEP_LIMIT = 2**16
SEAL_LIMIT = 2**24
EPOCH_LIMIT = 2**32

CELL_SUITES = SuiteTable(Suite(1, 1, "AES-256-GCM cell", AESGCM))
WRAP_SUITES = SuiteTable(Suite(1, 2, "AES-256-GCM wrap", AESGCM))

_LENGTH = struct.Struct(">I")
_CELL_HEADER = struct.Struct(">2sI")
_NONCE_AT = _CELL_HEADER.size
_CELL_AT = _NONCE_AT + NONCE_BYTES
_WRAP_AT = 2 + NONCE_BYTES
_REFUSED = (InvalidTag, ValueError, OverflowError)


def new_key() -> bytes:
    """Fresh random bytes for one AES-256 key."""
    return os.urandom(KEY_BYTES)


def pad(plaintext: bytes, step: int) -> bytes:
    """Prefix the length as u32 and fill with zeros to a multiple of ``step`` bytes.

    Raises SealRefused for more than 16 MiB, or a step outside 1 to 65536.
    """
    size = len(plaintext)
    if size > PLAINTEXT_LIMIT:
        raise SealRefused("the value is larger than 16 MiB")
    if not 0 < step <= STEP_LIMIT:
        raise SealRefused("the padding step is outside 1 to 65536")
    return _LENGTH.pack(size) + plaintext + bytes(-(size + 4) % step)


def unpad(padded: bytes) -> bytes:
    """The value inside a padded one. Raises SealBroken unless the fill is exactly zeros."""
    end = int.from_bytes(padded[:4], "big") + 4
    if end > len(padded) or padded[end:].strip(b"\0"):
        raise SealBroken("the padding is malformed")
    return padded[4:end]


def epoch_of(envelope: bytes) -> int:
    """The epoch that a cell claims; only opening it proves the claim.

    Raises UnknownSuite, or SealBroken for what is too short to be a cell.
    """
    if envelope[:2] not in CELL_SUITES.live:
        raise CELL_SUITES.refusal(envelope)
    if len(envelope) < _CELL_AT + TAG_BYTES:
        raise SealBroken("too short to be a cell")
    epoch: int = _CELL_HEADER.unpack_from(envelope)[1]
    return epoch


class _GcmKey:
    """A ready AES-256-GCM object that counts what it seals. Never shows its key."""

    __slots__ = ("_decrypt", "_encrypt", "_left")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise KeyMalformed("an AES-256 key has 32 bytes")
        cipher = AESGCM(key)
        self._encrypt = cipher.encrypt
        self._decrypt = cipher.decrypt
        self._left = SEAL_LIMIT

    def _nonce(self) -> bytes:
        # Random nonces stay safe far below 2^32 values a key (SP 800-38D, section 8.3).
        if self._left <= 0:
            raise SealRefused("this key has sealed as many values as it may")
        self._left -= 1
        return os.urandom(NONCE_BYTES)


class DataKey(_GcmKey):
    """Seals and opens the cells of one scope. Build with 32 bytes; else raises KeyMalformed."""

    __slots__ = ()

    def seal(self, plaintext: bytes, *, address: bytes, epoch: int, step: int = 32) -> bytes:
        """Seal a value, padded to ``step`` bytes, so that it opens at this address alone.

        Raises SealRefused for an epoch outside 32 bits, an impossible size or step, or a key that
        has sealed enough.
        """
        if not 0 <= epoch < EPOCH_LIMIT:
            raise SealRefused("the epoch is outside 32 bits")
        header = _CELL_HEADER.pack(CELL_SUITES.current.head, epoch)
        padded = pad(plaintext, step)
        nonce = self._nonce()
        return header + nonce + self._encrypt(nonce, padded, header + address)

    def open(self, envelope: bytes, *, address: bytes) -> bytes:
        """The value of a cell sealed at this address. Raises SealBroken or UnknownSuite."""
        if envelope[:2] not in CELL_SUITES.live:
            raise CELL_SUITES.refusal(envelope)
        try:
            padded = self._decrypt(
                envelope[_NONCE_AT:_CELL_AT], envelope[_CELL_AT:], envelope[:_NONCE_AT] + address
            )
        except _REFUSED:
            raise SealBroken("the cell does not open here") from None
        return unpad(padded)


class WrapKey(_GcmKey):
    """Wraps small secrets. Build with 32 bytes; else raises KeyMalformed."""

    __slots__ = ()

    def wrap(self, plaintext: bytes, *, address: bytes) -> bytes:
        """Seal a secret without padding, so that it opens at this address alone.

        Raises SealRefused for more than 16 MiB, or a key that has wrapped enough.
        """
        if len(plaintext) > PLAINTEXT_LIMIT:
            raise SealRefused("the secret is larger than 16 MiB")
        head = WRAP_SUITES.current.head
        nonce = self._nonce()
        return head + nonce + self._encrypt(nonce, plaintext, head + address)

    def unwrap(self, blob: bytes, *, address: bytes) -> bytes:
        """The secret wrapped at this address. Raises SealBroken or UnknownSuite."""
        head = blob[:2]
        if head not in WRAP_SUITES.live:
            raise WRAP_SUITES.refusal(blob)
        try:
            return self._decrypt(blob[2:_WRAP_AT], blob[_WRAP_AT:], head + address)
        except _REFUSED:
            raise SealBroken("the wrap does not open here") from None
