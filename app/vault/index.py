"""Compute look-up values for what may be searched, for members who may search.

- The key is the member's copy of the search key mixed with a secret of the deployment; volunteers
  hold none, so their intakes are indexed by the first coordinator who meets them.
- A version of the index is an epoch of the search key and a width of its tokens, written as one
  number: epoch 1 with 12 bits is 112. Several may be in use while cases are indexed again.

Knows normalised strings and numbers; stores nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from app.crypto.blind_index import FEWEST_BITS, MOST_BITS, bits_for, index_key, proof, token
from app.deployment import Deployment
from app.vault.keyring import Keyring
from app.vault.models import OrganisationKeyKind

_EPOCH: Final = 100
_FIXED_BITS: Final = 12
_MORE_BITS: Final[Mapping[str, int]] = {"person": 2}
"""Fields of which a case has several values: their tokens are as much wider as they are more."""


def width_of(version: int) -> int:
    """Return how many bits the tokens of a version have."""
    return version % _EPOCH


class BlindIndex:
    """Computes tokens of the newest search key, for one request."""

    def __init__(self, deployment: Deployment, keyring: Keyring) -> None:
        self._deployment = deployment
        self._keyring = keyring
        self._opened: tuple[int, bytes] | None = None
        self._keys: dict[str, bytes] = {}
        self.in_use: tuple[int, ...] | None = None
        """The versions that cases are indexed by, once somebody has looked."""

    @property
    def versions(self) -> range:
        """The versions that the newest search key may have; raises ``KeyCopyMissing``."""
        first = self._open()[0] * _EPOCH
        return range(first + FEWEST_BITS, first + MOST_BITS + 1)

    @property
    def fixed_version(self) -> int:
        """The version for what is never indexed again; raises ``KeyCopyMissing``."""
        return self._open()[0] * _EPOCH + _FIXED_BITS

    def version_for(self, rows: int) -> int:
        """Return the version whose width suits so many cases; raises ``KeyCopyMissing``."""
        return self._open()[0] * _EPOCH + bits_for(rows)

    def token(self, field: str, normalised: str, version: int) -> int:
        """Return the truncated token of a value in a field; raises ``KeyCopyMissing``."""
        bits = width_of(version) + _MORE_BITS.get(field, 0)
        return token(self._key_of(field), normalised, min(bits, MOST_BITS))

    def proof(self, field: str, row_id: UUID, normalised: str) -> bytes:
        """Return the tag of a value in one row, which is compared exactly by who may search."""
        return proof(self._key_of(field), row_id.bytes, normalised)

    def _key_of(self, field: str) -> bytes:
        epoch, key = self._open()
        field_key = self._keys.get(field)
        if field_key is None:
            field_key = self._keys[field] = index_key(
                key, self._deployment.search_mix, field, epoch
            )
        return field_key

    def _open(self) -> tuple[int, bytes]:
        if self._opened is None:
            self._opened = self._keyring.copy(OrganisationKeyKind.SEARCH)
        return self._opened
