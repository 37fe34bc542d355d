"""What can go wrong with bytes.

One family, so that a caller can close over all of it. Messages name a fact and never a value:
no key, no plaintext, no word of a passphrase or of a share.
"""

from __future__ import annotations


class CryptoError(Exception):
    """Base of everything that this package raises on purpose."""


class KeyMalformed(CryptoError):
    """A key or seed has the wrong length or is no valid key of its kind."""


class FrameRefused(CryptoError):
    """A part cannot be written canonically."""


class SealBroken(CryptoError):
    """A sealed value did not open: changed, cut, moved, or sealed under another key."""


class SealRefused(CryptoError):
    """A value was not sealed: too large, bad parameters, or the key has sealed enough."""


class UnknownSuite(CryptoError):
    """The version and suite of a sealed value are unknown here, or retired."""


class WeakParameters(CryptoError):
    """A cost, width or length lies outside what is allowed."""


class PassphraseRefused(CryptoError):
    """A passphrase is too long to be stretched, or is no text."""


class SignatureInvalid(CryptoError):
    """A signature does not verify, or its key is no key."""


class ProofInvalid(CryptoError):
    """A proof does not lead to the root that it claims."""


class NoteInvalid(CryptoError):
    """A signed note or checkpoint is malformed, or no trusted key signed it."""


class SharesInvalid(CryptoError):
    """Shares do not give a secret. ``positions`` (from 0) are those known to be at fault."""

    def __init__(self, fact: str, *, positions: tuple[int, ...] = ()) -> None:
        super().__init__(fact)
        self.positions = positions


class KeyFileRefused(CryptoError):
    """A key's file is missing, not ours, or open to others."""


class RootKeyRefused(CryptoError):
    """The root key is missing, malformed, or kept where others could read it."""


class QueueFull(CryptoError):
    """As many passphrases wait to be stretched as may wait."""


class StretcherLost(CryptoError):
    """The stretching process ended or fell silent in the middle of this one call."""


class StretcherClosed(CryptoError):
    """The stretcher has been closed; it takes no more work."""
