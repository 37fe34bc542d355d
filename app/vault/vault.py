"""Seal values into cells and open them, for one request; no other module does.

- ``seal`` takes the newest key of the cell's scope and binds the cell's address.
- ``open`` records a reveal in the trail, so that no route can forget to.
- A list shows what does not open as shut: one damaged row never takes the rest of its page.

Knows no roles and no HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar
from uuid import UUID

import msgspec

from app.audit.trail import Trail
from app.crypto.aead import DataKey, epoch_of
from app.crypto.derive import digest
from app.crypto.errors import CryptoError
from app.permissions import Compartment
from app.store.authenticated import AlteredRows, place_of
from app.store.base import NO_PART
from app.store.sealed import SealedCell
from app.vault.errors import (
    CaseErased,
    KeyNotCertified,
    NoGrant,
    NothingSealed,
    PartErased,
    Tampered,
)
from app.vault.keyring import Keyring
from app.vault.scope_rows import FIRST_EPOCH
from app.vault.scopes import WHOLE, Scope

T = TypeVar("T")


class Vault:
    """Seals and opens cells with what the keyring holds."""

    def __init__(
        self, organisation: UUID, keyring: Keyring, trail: Trail, altered: AlteredRows
    ) -> None:
        self._organisation = organisation
        self._altered = altered
        self._keyring = keyring
        self._trail = trail

    def seal(self, cell: SealedCell[T], value: T) -> None:
        """Put a value into its cell; raises ``NoGrant`` without a key to its scope.

        A part that was destroyed and is written again gets a new share.
        """
        if cell.field.compartment is not Compartment.DIRECTORY:
            self._keyring.require_share(cell.record.case_id, cell.field.part)
        epoch, key = self._key(cell, None)
        cell.envelope = key.seal(
            cell.field.encode(value),
            address=cell.address_bytes(self._organisation, epoch),
            epoch=epoch,
            step=cell.field.step,
        )

    def open(self, cell: SealedCell[T]) -> T:
        """Return a cell's value and record the reveal.

        Raises ``NothingSealed`` when empty, ``NoGrant`` without a key, ``PartErased`` when the
        compartment was erased, ``Tampered`` when the envelope, its place or its key is not what it
        was sealed with.
        """
        value = self._open(cell)
        if cell.field.compartment is not Compartment.DIRECTORY:
            self._trail.revealed(cell.record.case_id, cell.field.compartment.value)
        return value

    def find(self, cell: SealedCell[T]) -> T | None:
        """Return a cell's value, or None where it is empty, erased or not theirs to open."""
        if cell.envelope is None:
            return None
        try:
            return self.open(cell)
        except (NoGrant, PartErased):
            return None

    def open_listed(
        self, cells: Sequence[SealedCell[T]], *, polled: bool = False
    ) -> list[T | None]:
        """Open the cells of a page, in order; None for each that is shut.

        One event with the count and digest of their cases, and one that names the rows that do
        not open. ``polled``: a list that a screen reads again and again; it is on record once a
        session and quarter of an hour.
        """
        cases = [
            cell.record.case_id
            for cell in cells
            if cell.field.compartment is not Compartment.DIRECTORY
        ]
        self._keyring.load(cases)
        values = [self._open_or_shut(cell) for cell in cells]
        if cases:
            seen = list(dict.fromkeys(cases))
            seen_digest = digest(b"".join(case.bytes for case in seen))
            self._trail.listed(len(seen), seen_digest, polled=polled)
        return values

    def _open_or_shut(self, cell: SealedCell[T]) -> T | None:
        try:
            return self._open(cell)
        except PartErased:
            return None
        except (NoGrant, NothingSealed, CaseErased, Tampered, KeyNotCertified):
            record = cell.record
            self._trail.shut(place_of(record))
            return None

    def unlock_reporting(self, case_ids: Iterable[UUID]) -> None:
        """Let the reporting cells of these cases open, by the member's reporting key."""
        self._keyring.unlock_reporting(case_ids)

    def _open(self, cell: SealedCell[T]) -> T:
        envelope = cell.envelope
        if self._altered and place_of(cell.record) in self._altered:
            raise Tampered
        if envelope is None:
            raise NothingSealed
        try:
            epoch = epoch_of(envelope)
            _, key = self._key(cell, epoch)
            if not cell.is_in_place(envelope):
                raise Tampered
            plain = key.open(envelope, address=cell.address_bytes(self._organisation, epoch))
            return cell.field.decode(plain)
        except (CryptoError, msgspec.MsgspecError):
            raise Tampered from None

    def _key(self, cell: SealedCell[T], epoch: int | None) -> tuple[int, DataKey]:
        field = cell.field
        if field.compartment is Compartment.DIRECTORY:
            return FIRST_EPOCH, self._keyring.organisation_key()
        record = cell.record
        part = record.part
        scope = WHOLE[field.compartment] if part is NO_PART else Scope(field.compartment, part)
        return self._keyring.data_key(record.case_id, scope, epoch, field.part)
