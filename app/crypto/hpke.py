"""Seal secrets to a public key, and open them, by HPKE (RFC 9180, base mode, single shot).

KEM ML-KEM-768 with X25519, HKDF-SHA256, AES-256-GCM: it stays closed if either half of the KEM
holds. Base mode says nothing of the sender: callers that need it sign. Knows no person.

Sealed: ``version 1 | suite 1 | enc 1120 | ciphertext | tag 16``. There is no additional data in
single-shot HPKE, so every context goes into ``info``, and the head is bound there too.
Public key: ``ML-KEM-768 1184 | X25519 32``. Seed: ``ML-KEM-768 (d, z) 64 | X25519 32``.
"""

from __future__ import annotations

from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from app.crypto.derive import digest, hkdf
from app.crypto.errors import KeyMalformed, SealBroken, SealRefused
from app.crypto.framing import frame
from app.crypto.labels import Label
from app.crypto.suites import Suite, SuiteTable

MLKEM_SEED_BYTES = 64
SEED_BYTES = MLKEM_SEED_BYTES + 32
MLKEM_PUBLIC_BYTES = 1184
PUBLIC_BYTES = MLKEM_PUBLIC_BYTES + 32
SECRET_BYTES = 32
PLAINTEXT_LIMIT = 2**20

SUITES = SuiteTable(
    Suite(
        1,
        1,
        "MLKEM768-X25519, HKDF-SHA256, AES-256-GCM",
        hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM),
    )
)

_PAIR = frame(Label.HPKE_PAIR)


class PublicKey:
    """A key to seal to. Build with 1216 bytes; raises KeyMalformed for what is no key."""

    __slots__ = ("_key", "raw")

    def __init__(self, raw: bytes) -> None:
        try:
            self._key = hpke.MLKEM768X25519PublicKey(
                MLKEM768PublicKey.from_public_bytes(raw[:MLKEM_PUBLIC_BYTES]),
                X25519PublicKey.from_public_bytes(raw[MLKEM_PUBLIC_BYTES:]),
            )
        except ValueError:
            raise KeyMalformed("these bytes are no public key") from None
        self.raw = raw

    def seal(self, plaintext: bytes, *, info: bytes) -> bytes:
        """Seal so that the private key opens it under the same ``info`` alone.

        Raises SealRefused for more than 1 MiB, KeyMalformed for a point of low order.
        """
        if len(plaintext) > PLAINTEXT_LIMIT:
            raise SealRefused("the secret is larger than 1 MiB")
        suite = SUITES.current
        try:
            return suite.head + suite.engine.encrypt(plaintext, self._key, suite.head + info)
        except ValueError:
            raise KeyMalformed("the public key is of low order") from None


class PrivateKey:
    """A pair to open with. Loads its heavy half when first needed; never shows it."""

    __slots__ = ("_key", "_public", "_seed")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise KeyMalformed("a private seed has 96 bytes")
        self._seed = seed
        self._key: hpke.MLKEM768X25519PrivateKey | None = None
        self._public: bytes | None = None

    @classmethod
    def generate(cls) -> Self:
        """A fresh pair."""
        mlkem = MLKEM768PrivateKey.generate().private_bytes_raw()
        return cls(mlkem + X25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """The pair of a kept seed. Raises KeyMalformed unless it has 96 bytes."""
        return cls(seed)

    @property
    def seed(self) -> bytes:
        """The 96 bytes to keep, sealed."""
        return self._seed

    @property
    def public(self) -> bytes:
        """The 1216 bytes to give to others."""
        if self._public is None:
            mlkem, x25519 = self._halves()
            self._public = (
                mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
            )
        return self._public

    def open(self, sealed: bytes, *, info: bytes) -> bytes:
        """What was sealed to this key under this ``info``. Raises SealBroken or UnknownSuite."""
        head = sealed[:2]
        suite = SUITES.live.get(head)
        if suite is None:
            raise SUITES.refusal(sealed)
        try:
            return suite.decrypt(sealed[2:], self._key or self._load(), head + info)
        except (InvalidTag, ValueError, OverflowError):
            raise SealBroken("this was not sealed to this key and context") from None

    def _halves(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        return (
            MLKEM768PrivateKey.from_seed_bytes(self._seed[:MLKEM_SEED_BYTES]),
            X25519PrivateKey.from_private_bytes(self._seed[MLKEM_SEED_BYTES:]),
        )

    def _load(self) -> hpke.MLKEM768X25519PrivateKey:
        self._key = hpke.MLKEM768X25519PrivateKey(*self._halves())
        return self._key


def private_from_secret(secret: bytes) -> PrivateKey:
    """The pair that is derived from a shared 32-byte secret (custody).

    Raises KeyMalformed unless the secret has 32 bytes.
    """
    if len(secret) != SECRET_BYTES:
        raise KeyMalformed("a pair is derived from 32 bytes")
    return PrivateKey(hkdf(secret, info=_PAIR, length=SEED_BYTES))


def fingerprint(public: bytes) -> bytes:
    """The 32 bytes that name a public key in signatures, addresses and certificates."""
    return digest(frame(Label.HPKE_PUBLIC, public))
