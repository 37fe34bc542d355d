"""The organisation's root key: it certifies leads. Kept only as words on paper."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.crypto import shares
from app.crypto.derive import digest, equal
from app.crypto.errors import CryptoError
from app.crypto.signing import SigningKey
from app.organisation.errors import RootWordsWrong
from app.text.passphrases import kit_words


@dataclass(frozen=True, slots=True)
class OrganisationRoot:
    """The key that certifies leads. Made before the settings, which hold its fingerprint."""

    key: SigningKey = field(repr=False)

    @classmethod
    def generate(cls) -> OrganisationRoot:
        """Return a fresh root."""
        return cls(SigningKey.generate())

    @classmethod
    def from_words(cls, words: str, fingerprint: str) -> OrganisationRoot:
        """Return the root that these words encode; raises ``RootWordsWrong``."""
        try:
            root = cls(SigningKey.from_seed(shares.combine([kit_words(words)])))
        except CryptoError:
            raise RootWordsWrong from None
        if not equal(root.fingerprint.encode(), fingerprint.encode()):
            raise RootWordsWrong
        return root

    @property
    def words(self) -> str:
        """The private half as 33 SLIP-39 words, to be written down and locked away."""
        return shares.split(self.key.seed, 1, 1)[0]

    @property
    def fingerprint(self) -> str:
        """What ``settings.organisation_root`` holds: SHA-256 of the public half, in hex."""
        return digest(self.key.public).hex()
