"""What one request knows of a case's keys: its shares, the member's grants, secrets of its own.

- A grant that is broken stays among them: what it names is shown as shut in a list, and raises its
  own problem where one record is read.

Knows entries and bytes; opens nothing and asks no database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from app.crypto.aead import DataKey
from app.errors import DomainError
from app.store.keystore import CaseShares, Part
from app.vault.errors import CaseErased, NoGrant, PartErased
from app.vault.scopes import find_entry

FoundEntry = tuple[int, int, bytes]
"""Where an entry is in its grant, its epoch, and the commitment to its secret."""


@dataclass(slots=True)
class LoadedGrant:
    """One live grant: entries in the clear, secrets wrapped until they are needed.

    ``broken``: why it opens nothing, raised as soon as something is to be opened with it.
    """

    grant_id: UUID
    entries: bytes
    wrapped: bytes
    address: bytes = b""
    secrets: bytes | None = field(default=None, repr=False)
    broken: DomainError | None = None


@dataclass(slots=True)
class CaseKeys:
    """The keys of one case. A scope is named by its ``head`` (``Scope.head``)."""

    share_id: UUID
    shares: CaseShares | None
    grants: list[LoadedGrant] = field(default_factory=list)
    held: dict[tuple[bytes, int], bytes] = field(default_factory=dict, repr=False)
    data_keys: dict[tuple[bytes, int, str], DataKey] = field(default_factory=dict, repr=False)
    fresh: bool = False

    def share(self, part: Part) -> bytes:
        """Return the erasure share of a part; raises ``CaseErased``, ``PartErased``."""
        if self.shares is None:
            raise CaseErased
        share = self.shares.part(part)
        if share is None:
            raise PartErased(part)
        return share

    def refresh(self, shares: CaseShares | None) -> None:
        """Take the shares as they are now; data keys under those before are dropped."""
        self.data_keys.clear()
        self.shares = shares
        self.fresh = True

    def names(self, head: bytes) -> bool:
        """Return whether a scope is granted or held, whether it opens or not."""
        return self._holds(head) or bool(self._granted(head))

    def opens(self, head: bytes) -> bool:
        """Return whether a scope is granted or held; raises what is wrong with a broken grant."""
        if self._holds(head):
            return True
        granted = self._granted(head)
        if granted and all(grant.broken is not None for grant in granted):
            raise granted[0].broken or NoGrant()
        return bool(granted)

    def find_held(self, head: bytes, epoch: int | None) -> tuple[int, bytes] | None:
        """Return (epoch, secret) of a scope that this request made itself, or its newest."""
        if not self.held:
            return None
        epochs = [one for found, one in self.held if found == head and epoch in {None, one}]
        return (max(epochs), self.held[head, max(epochs)]) if epochs else None

    def find_grant(self, head: bytes, epoch: int | None) -> tuple[LoadedGrant, FoundEntry]:
        """Return the grant that opens a scope at an epoch, or at its newest of all grants.

        Raises ``NoGrant``, or what is wrong with the only grants that name the scope.
        """
        failure: DomainError = NoGrant()
        newest: tuple[LoadedGrant, FoundEntry] | None = None
        for grant in self.grants:
            entry = find_entry(grant.entries, head, epoch)
            if entry is None:
                continue
            if grant.broken is not None:
                failure = grant.broken
            elif newest is None or entry[1] > newest[1][1]:
                newest = grant, entry
        if newest is None:
            raise failure
        return newest

    def _holds(self, head: bytes) -> bool:
        return any(found == head for found, _ in self.held)

    def _granted(self, head: bytes) -> list[LoadedGrant]:
        return [grant for grant in self.grants if find_entry(grant.entries, head, None)]
