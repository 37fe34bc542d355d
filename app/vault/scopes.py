"""Name scopes of a case, and pack them as entries. Knows compartments and bytes; no rows, no keys.

A scope is one compartment of a case, or one part of it (a leg, an aid request) with a secret of
its own. An *entry* is a scope at an epoch with the commitment to its secret: 53 bytes, and the
same bytes are in the signed grant, in the custody bundle and beside the scope's row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct
from uuid import UUID

from app.permissions import Compartment
from app.store.base import NO_PART

_ENTRY = Struct(">B16sI32s")
ENTRY_BYTES = _ENTRY.size
_HEAD = Struct(">B16s")
HEAD_BYTES = _HEAD.size

# Frozen numbers: they are in signed grants. New compartments get new numbers.
CODES: dict[Compartment, int] = {
    Compartment.SUMMARY: 1,
    Compartment.IDENTITY: 2,
    Compartment.CONTACT: 3,
    Compartment.ACCOUNT: 4,
    Compartment.VETTING: 5,
    Compartment.ROUTE: 6,
    Compartment.REGISTRATION: 7,
    Compartment.AID: 8,
    Compartment.REPORTING: 9,
    Compartment.DIRECTORY: 10,
    Compartment.PAPERS: 11,
    Compartment.HOUSEHOLD: 12,
    Compartment.WORDS: 13,
}
_COMPARTMENTS = {code: compartment for compartment, code in CODES.items()}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a grant names: a compartment of a case, whole or one part of it."""

    compartment: Compartment
    part: UUID = NO_PART
    head: bytes = field(init=False, repr=False, compare=False)
    """The 17 bytes with which entries of this scope begin."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "head", _HEAD.pack(CODES[self.compartment], self.part.bytes))


WHOLE = {compartment: Scope(compartment) for compartment in Compartment}
"""The scopes of whole compartments: most cells, so they are made once."""

SUMMARY = WHOLE[Compartment.SUMMARY]


@dataclass(frozen=True, slots=True)
class ScopeEntry:
    """A scope at an epoch, with the commitment to its secret."""

    scope: Scope
    epoch: int
    commitment: bytes

    def __bytes__(self) -> bytes:
        """The entry's 53 bytes."""
        scope = self.scope
        return _ENTRY.pack(CODES[scope.compartment], scope.part.bytes, self.epoch, self.commitment)


def pack_entries(entries: list[ScopeEntry]) -> bytes:
    """Return the entries' bytes, in the order of the secrets that go with them."""
    return b"".join(bytes(entry) for entry in entries)


def unpack_entries(packed: bytes) -> list[ScopeEntry]:
    """Return the entries; an unknown compartment or a cut entry raises ``ValueError``."""
    if len(packed) % ENTRY_BYTES:
        message = "entries are cut off"
        raise ValueError(message)
    found = []
    for code, part, epoch, commitment in _ENTRY.iter_unpack(packed):
        if code not in _COMPARTMENTS:
            message = "unknown compartment"
            raise ValueError(message)
        found.append(ScopeEntry(Scope(_COMPARTMENTS[code], UUID(bytes=part)), epoch, commitment))
    return found


def find_entry(packed: bytes, head: bytes, epoch: int | None) -> tuple[int, int, bytes] | None:
    """Return (position, epoch, commitment) of a scope in packed entries, newest if epoch is None.

    Reads the bytes in place: a page of fifty looks into fifty grants.
    """
    best: tuple[int, int, bytes] | None = None
    start = packed.find(head)
    while start >= 0:
        position, inside = divmod(start, ENTRY_BYTES)
        if not inside:
            found = int.from_bytes(packed[start + HEAD_BYTES : start + HEAD_BYTES + 4], "big")
            entry = position, found, packed[start + HEAD_BYTES + 4 : start + ENTRY_BYTES]
            if found == epoch:
                return entry
            if epoch is None and (best is None or found > best[1]):
                best = entry
        start = packed.find(head, start + 1)
    return best
