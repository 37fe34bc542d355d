"""Split a 32-byte secret among holders by SLIP-39; any ``threshold`` of them combine to it.

One group, so "members" are the holders; 33 English words a share, with a checksum in each and,
from two holders on, a digest of the secret in the set. The secret is random, so no passphrase
and the least stretching. Knows no holder.

SLIP-39 knows no 1-of-n: with a threshold of one every holder is handed the same share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from shamir_mnemonic import MnemonicError, Share, combine_mnemonics, generate_mnemonics

from app.crypto.aead import KEY_BYTES
from app.crypto.errors import KeyMalformed, SharesInvalid, WeakParameters

MOST_HOLDERS = 16


def split(secret: bytes, threshold: int, count: int) -> list[str]:
    """Deal ``count`` shares of 33 words, ``threshold`` of which give the secret back.

    Raises KeyMalformed unless the secret has 32 bytes, WeakParameters unless
    1 <= threshold <= count <= 16.
    """
    if len(secret) != KEY_BYTES:
        raise KeyMalformed("only 32-byte secrets are split")
    if not 1 <= threshold <= count <= MOST_HOLDERS:
        raise WeakParameters("there must be 1 to 16 holders, and no more needed than there are")
    members = 1 if threshold == 1 else count
    dealt: list[list[str]] = generate_mnemonics(
        1, [(threshold, members)], secret, iteration_exponent=0
    )
    return dealt[0] * (count // members)


def combine(mnemonics: Sequence[str]) -> bytes:
    """The 32-byte secret of at least ``threshold`` shares of one dealing.

    Shares beyond the threshold are checked too. Raises SharesInvalid, which says what is wrong
    and, where that can be known, the positions of the shares at fault; never a word of them.
    """
    shares = [_read(position, mnemonic) for position, mnemonic in enumerate(mnemonics)]
    if not shares:
        raise SharesInvalid("there are no shares")
    _refuse_other_dealings(shares)
    distinct = {share: position for position, share in reversed(list(enumerate(shares)))}
    chosen = sorted(distinct, key=distinct.__getitem__)
    needed = chosen[0].member_threshold
    if len(chosen) < needed:
        raise SharesInvalid(f"{needed} different shares are needed, {len(chosen)} were given")
    secret = _recover(chosen[:needed])
    for extra in chosen[needed:]:
        if _recover([*chosen[1:needed], extra], at=distinct[extra]) != secret:
            raise SharesInvalid(
                "a share beyond those needed is wrong", positions=(distinct[extra],)
            )
    return secret


def belong_together(one: str, other: str) -> bool:
    """Return whether two different shares are of one dealing. Raises SharesInvalid."""
    first, second = _read(0, one), _read(1, other)
    return first != second and _dealing(first) == _dealing(second)


def _read(position: int, mnemonic: str) -> Share:
    try:
        return Share.from_mnemonic(mnemonic)
    except (MnemonicError, ValueError):
        raise SharesInvalid(
            "a share has a wrong word, or words out of order", positions=(position,)
        ) from None


def _refuse_other_dealings(shares: list[Share]) -> None:
    """Refuse shares of other dealings: those that differ from what most have in common."""
    sets = Counter(_dealing(share) for share in shares)
    (common, most), *others = sets.most_common()
    if not others:
        return
    known = most > others[0][1]
    strangers = (n for n, share in enumerate(shares) if known and _dealing(share) != common)
    raise SharesInvalid("the shares come from different dealings", positions=tuple(strangers))


def _dealing(share: Share) -> tuple[object, int]:
    return share.group_parameters(), len(share.value)


def _recover(shares: list[Share], *, at: int | None = None) -> bytes:
    try:
        secret: bytes = combine_mnemonics([share.mnemonic() for share in shares])
    except (MnemonicError, ValueError):
        raise SharesInvalid(
            "the shares do not belong together", positions=() if at is None else (at,)
        ) from None
    if len(secret) != KEY_BYTES:
        raise SharesInvalid("the shares hold no 32-byte secret")
    return secret
