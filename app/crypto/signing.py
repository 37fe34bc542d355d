"""Sign and verify with Ed25519 (RFC 8032). Knows bytes; what a signature means, its frame says."""

from __future__ import annotations

from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.crypto.errors import KeyMalformed, SignatureInvalid

SEED_BYTES = 32
PUBLIC_BYTES = 32
SIGNATURE_BYTES = 64


class SigningKey:
    """A pair to sign with. Loads when first needed; never shows its private half."""

    __slots__ = ("_key", "_seed")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise KeyMalformed("a signing seed has 32 bytes")
        self._seed = seed
        self._key: Ed25519PrivateKey | None = None

    @classmethod
    def generate(cls) -> Self:
        """A fresh pair."""
        return cls(Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """The pair of a kept seed. Raises KeyMalformed unless it has 32 bytes."""
        return cls(seed)

    @property
    def seed(self) -> bytes:
        """The 32 bytes to keep, sealed."""
        return self._seed

    @property
    def public(self) -> bytes:
        """The 32 bytes to give to others."""
        return self._loaded().public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of a message."""
        return self._loaded().sign(message)

    def _loaded(self) -> Ed25519PrivateKey:
        if self._key is None:
            self._key = Ed25519PrivateKey.from_private_bytes(self._seed)
        return self._key


def verify(public: bytes, signature: bytes, message: bytes) -> None:
    """Return if the signature is this key's. Raises SignatureInvalid for anything else."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise SignatureInvalid("the signature does not verify") from None
