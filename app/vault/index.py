"""Compute look-up values for what may be searched, for members who may search.

The key is the member's copy of the search key mixed with a secret of the deployment; volunteers
hold none, so their intakes are indexed by the first coordinator who meets them. Knows normalised
strings and numbers; stores nothing.
"""

from __future__ import annotations

from uuid import UUID

from app.crypto.blind_index import index_key, proof, token
from app.deployment import Deployment
from app.vault.certificates import Certificates
from app.vault.keyring import Keyring
from app.vault.models import OrganisationKeyKind


class BlindIndex:
    """Computes tokens at the newest version of the search key, for one request."""

    def __init__(
        self, deployment: Deployment, keyring: Keyring, certificates: Certificates
    ) -> None:
        self._deployment = deployment
        self._keyring = keyring
        self._certificates = certificates
        self._opened: tuple[int, int, bytes] | None = None
        self._keys: dict[str, bytes] = {}

    @property
    def version(self) -> int:
        """The version of the search key; raises ``KeyCopyMissing`` for who may not search."""
        return self._open()[0]

    def token(self, field: str, normalised: str) -> int:
        """Return the truncated token of a value in a field; raises ``KeyCopyMissing``."""
        return token(self._key_of(field), normalised, self._open()[1])

    def proof(self, field: str, row_id: UUID, normalised: str) -> bytes:
        """Return the tag of a value in one row, which is compared exactly by who may search."""
        return proof(self._key_of(field), row_id.bytes, normalised)

    def _key_of(self, field: str) -> bytes:
        version, _, key = self._open()
        field_key = self._keys.get(field)
        if field_key is None:
            field_key = self._keys[field] = index_key(
                key, self._deployment.search_mix, field, version
            )
        return field_key

    def _open(self) -> tuple[int, int, bytes]:
        if self._opened is None:
            version, key = self._keyring.copy(OrganisationKeyKind.SEARCH)
            bits = self._certificates.organisation_key(
                OrganisationKeyKind.SEARCH, version
            ).threshold
            self._opened = (version, bits, key)
        return self._opened
