"""Stretch passphrases into keys by Argon2id (RFC 9106), and make new ones.

One run gives 64 bytes, HKDF makes a verifier and two wrapping keys of them: nothing beside the
verifier is a cheaper way to guess. Knows no member and no row; the caller keeps salt and cost
and binds both to the row, and the floor here stops a writer of the database from lowering them.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from shamir_mnemonic.wordlist import WORDLIST

from app.crypto.argon2id import Figures, argon2id, check_figures
from app.crypto.derive import hkdf
from app.crypto.errors import PassphraseRefused, WeakParameters
from app.crypto.framing import frame
from app.crypto.labels import Label

SALT_BYTES = 16
LONGEST_PASSPHRASE = 1024
FEWEST_WORDS = 8
_LONGEST_SALT = 64
_WORD_BITS = 10


@dataclass(frozen=True, slots=True)
class Argon2Cost:
    """What one guess costs: memory in KiB, passes over it, and parallel lanes."""

    memory_kib: int
    iterations: int
    lanes: int

    @property
    def figures(self) -> Figures:
        """The three figures, as Argon2id takes them."""
        return self.memory_kib, self.iterations, self.lanes


FLOOR = Argon2Cost(memory_kib=64 * 1024, iterations=3, lanes=1)
"""The least that is accepted, and the default: 64 MiB, three passes, one lane."""


@dataclass(frozen=True, slots=True)
class Stretched:
    """Three independent 32-byte values of one passphrase. Only the verifier is ever stored."""

    verifier: bytes = field(repr=False)
    wrap_work: bytes = field(repr=False)
    wrap_lead: bytes = field(repr=False)


def check_stretch(passphrase: str, salt: bytes, cost: Argon2Cost, floor: Argon2Cost) -> bytes:
    """The passphrase as UTF-8, byte for byte as given, if it may be stretched at this cost.

    Raises PassphraseRefused for over 1024 bytes or no text, WeakParameters for a cost under the
    floor, a cost beyond 2 GiB, 32 passes or 16 lanes, or a salt outside 16 to 64 bytes.
    """
    try:
        secret = passphrase.encode()
    except UnicodeEncodeError:
        raise PassphraseRefused("the passphrase is no text") from None
    if len(secret) > LONGEST_PASSPHRASE:
        raise PassphraseRefused("the passphrase is longer than 1024 bytes")
    if not SALT_BYTES <= len(salt) <= _LONGEST_SALT:
        raise WeakParameters("a salt has 16 to 64 bytes")
    check_figures(cost.figures, floor.figures)
    return secret


def stretch(
    passphrase: str, *, salt: bytes, cost: Argon2Cost, floor: Argon2Cost = FLOOR
) -> Stretched:
    """Stretch a passphrase; takes about 0.13 s and 64 MiB at the default cost.

    A lower floor is for tests. Raises PassphraseRefused or WeakParameters, before any work.
    """
    secret = check_stretch(passphrase, salt, cost, floor)
    return part(argon2id(secret, salt=salt, figures=cost.figures))


def part(stretched: bytes) -> Stretched:
    """Derive the three values from what Argon2id gave, each by its purpose."""
    return Stretched(
        verifier=hkdf(stretched, info=frame(Label.PASSPHRASE, "verifier")),
        wrap_work=hkdf(stretched, info=frame(Label.PASSPHRASE, "wrap-work")),
        wrap_lead=hkdf(stretched, info=frame(Label.PASSPHRASE, "wrap-lead")),
    )


def new_salt() -> bytes:
    """Sixteen random bytes (RFC 9106, section 3.1)."""
    return secrets.token_bytes(SALT_BYTES)


def generate_passphrase(words: int = FEWEST_WORDS) -> str:
    """Lower-case words of SLIP-39's list of 1024, ten bits each, parted by single spaces.

    Plain ASCII: Burmese text has several byte forms. Raises WeakParameters under eight words.
    """
    if words < FEWEST_WORDS:
        raise WeakParameters("a passphrase has at least eight words")
    return " ".join(random_words(words))


def random_words(count: int) -> list[str]:
    """Words of the same list by the system's random source: ten bits each."""
    return [secrets.choice(WORDLIST) for _ in range(count)]


def words_of(digest: bytes, count: int) -> str:
    """The first ten bits a word of a digest as words of the same list, to be read aloud."""
    number = int.from_bytes(digest, "big") >> (8 * len(digest) - _WORD_BITS * count)
    places = [(number >> (_WORD_BITS * place)) % len(WORDLIST) for place in reversed(range(count))]
    return " ".join(WORDLIST[place] for place in places)
