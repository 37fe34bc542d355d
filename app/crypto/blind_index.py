"""Compute blind indexes: short keyed tags that find a sealed value without opening it.

A tag is HMAC-SHA256 cut to a few bits, so that several rows share it and a thief of tags and key
learns a crowd, not a person. Knows no field and no script: the caller normalises the text.
"""

from __future__ import annotations

from app.crypto.aead import KEY_BYTES
from app.crypto.derive import hkdf, mac
from app.crypto.errors import KeyMalformed, WeakParameters
from app.crypto.framing import frame
from app.crypto.labels import Label

FEWEST_BITS = 8
MOST_BITS = 18
_TAG_BITS = 32
_PROOF_BYTES = 16


def index_key(search_key: bytes, deployment_mix: bytes, field: str, version: int) -> bytes:
    """The 32-byte key of one field's index.

    Takes both the members' search key and a key of the deployment, so that neither alone computes a
    tag. Raises KeyMalformed unless both have 32 bytes.
    """
    if len(search_key) != KEY_BYTES or len(deployment_mix) != KEY_BYTES:
        raise KeyMalformed("search key and deployment mix have 32 bytes each")
    return hkdf(search_key, salt=deployment_mix, info=frame(Label.INDEX_KEY, field, version))


def token(key: bytes, normalised: str, bits: int) -> int:
    """The tag of a normalised text, from 0 to ``2 ** bits - 1``.

    Raises WeakParameters unless 8 <= bits <= 18: fewer find everyone, more find one person.
    """
    if not FEWEST_BITS <= bits <= MOST_BITS:
        raise WeakParameters("an index has 8 to 18 bits")
    tag = mac(key, frame(Label.INDEX_TOKEN, normalised))
    return int.from_bytes(tag[: _TAG_BITS // 8], "big") >> (_TAG_BITS - bits)


def proof(key: bytes, row: bytes, normalised: str) -> bytes:
    """The 16-byte tag of a normalised text in one row, by which who has the key compares exactly.

    Each row has another tag for the same text, so that tags alone say nothing about two rows.
    """
    return mac(key, frame(Label.INDEX_PROOF, row, normalised))[:_PROOF_BYTES]


def bits_for(rows: int) -> int:
    """The width for a table of so many rows: log2(rows) - 2, between 8 and 18."""
    return min(max(rows.bit_length() - 3, FEWEST_BITS), MOST_BITS)
