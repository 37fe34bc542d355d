"""Derive keys, MACs, digests and commitments: HKDF (RFC 5869), HMAC (RFC 2104), SHA-256.

Knows no purpose: the label in ``info`` is the caller's, written with ``framing.frame``.
"""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.crypto.errors import WeakParameters
from app.crypto.framing import frame
from app.crypto.labels import Label

DIGEST_BYTES = 32
SHORT_BYTES = 16
_LONGEST = 255 * DIGEST_BYTES
_SHA256 = hashes.SHA256()


def hkdf(secret: bytes, *, info: bytes, salt: bytes = b"", length: int = 32) -> bytes:
    """Derive ``length`` bytes from a secret of full entropy by HKDF-SHA256 (RFC 5869, section 2).

    Raises WeakParameters unless 1 <= length <= 8160.
    """
    if not 0 < length <= _LONGEST:
        raise WeakParameters("HKDF-SHA256 gives 1 to 8160 bytes")
    return HKDF(_SHA256, length, salt, info).derive(secret)


def mac(key: bytes, message: bytes) -> bytes:
    """The 32-byte HMAC-SHA256 of a message."""
    return hmac.digest(key, message, "sha256")


def digest(data: bytes) -> bytes:
    """The 32-byte SHA-256 of data."""
    return hashlib.sha256(data).digest()


def short_digest(data: bytes) -> bytes:
    """The 16-byte BLAKE2b digest of data (RFC 7693): for comparing what is authenticated beside."""
    return hashlib.blake2b(data, digest_size=SHORT_BYTES).digest()


class ShortMac:
    """Keyed BLAKE2b of 16 bytes (RFC 7693, section 2.9), under one key for many short messages.

    Half the cost of HMAC-SHA256: a page checks a hundred rows.
    """

    __slots__ = ("_keyed",)

    def __init__(self, key: bytes, beginning: bytes = b"") -> None:
        """``beginning`` is what every message begins with: it is hashed once."""
        self._keyed = hashlib.blake2b(beginning, key=key, digest_size=SHORT_BYTES)

    def of(self, message: bytes) -> bytes:
        """Return the MAC of the beginning and the rest of a message."""
        keyed = self._keyed.copy()
        keyed.update(message)
        return keyed.digest()


def equal(one: bytes, other: bytes) -> bool:
    """Return whether two values are equal, in time that depends on their lengths alone."""
    return hmac.compare_digest(one, other)


def commit(secret: bytes, address: bytes) -> bytes:
    """The 32-byte commitment to a random secret at an address.

    It binds: AES-GCM alone would let one blob open to two secrets under two keys. It hides only
    because the secret is random; never commit to something that could be guessed.
    """
    return mac(secret, frame(Label.COMMITMENT, address))
