"""Declare sealed columns: their values are opened and sealed by the vault alone.

``SealedField`` declares the column; reading the attribute gives a ``SealedCell`` that knows its
own address and nothing about keys. Only ``Vault.seal`` and ``Vault.open`` turn cells into values
and back: assigning, comparing, printing or encoding a cell is refused or shows nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Never, Protocol, TypeGuard, TypeVar, overload
from uuid import UUID

import msgspec
from sqlalchemy import LargeBinary
from sqlalchemy.orm import mapped_column

from app.crypto.derive import SHORT_BYTES, short_digest
from app.crypto.framing import frame, frame_parts, int64, template
from app.crypto.labels import Label
from app.permissions import Compartment
from app.store.models import ErasedPart

T = TypeVar("T")

SHORT = 32
NOTES = 256
"""Steps, in bytes, to which short records and notes are padded."""

_NO_SEAL = bytes(SHORT_BYTES)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a sealed value lives. Bound into the seal, so that it opens nowhere else."""

    organisation: UUID
    table: str
    column: str
    case_id: UUID
    row_id: UUID
    compartment: str
    part: UUID
    epoch: int

    def __bytes__(self) -> bytes:
        """The frame of the address: no two addresses give the same bytes."""
        return frame(
            Label.CELL,
            self.organisation,
            self.table,
            self.column,
            self.case_id,
            self.row_id,
            self.compartment,
            self.part,
            self.epoch,
        )


class Addressed(Protocol):
    """A row with sealed cells: a case's, or the organisation's own."""

    __tablename__: str

    @property
    def id(self) -> UUID:
        """The row's id, made before its insert."""

    @property
    def case_id(self) -> UUID:
        """The case, or ``ORGANISATION``."""

    @property
    def part(self) -> UUID:
        """The part of the scope, or ``NO_PART``."""


class SealedCell(Generic[T]):
    """One sealed value in one row. Slotted, so that no encoder can walk into it."""

    __slots__ = ("field", "record")

    def __init__(self, record: Addressed, field: SealedField[T]) -> None:
        self.record = record
        self.field = field

    def address(self, organisation: UUID, epoch: int) -> Address:
        """Return this cell's address in an organisation and at an epoch."""
        record = self.record
        return Address(
            organisation,
            record.__tablename__,
            self.field.name,
            record.case_id,
            record.id,
            self.field.compartment.value,
            record.part,
            epoch,
        )

    def address_bytes(self, organisation: UUID, epoch: int) -> bytes:
        """Return the bytes of ``address``, by the template of the cells of a column."""
        record = self.record
        place = self.field.place(organisation, record.__tablename__)
        id_, case_id, part = record.id, record.case_id, record.part
        row = id_.int.to_bytes(16)
        case = row if case_id is id_ else case_id.int.to_bytes(16)
        return place % (case, row, part.int.to_bytes(16), int64(epoch))

    @property
    def envelope(self) -> bytes | None:
        """The sealed bytes as stored, or None where nothing was ever sealed."""
        value: bytes | None = getattr(self.record, self.field.slot)
        return value

    @envelope.setter
    def envelope(self, sealed: bytes) -> None:
        setattr(self.record, self.field.slot, sealed)
        if is_digested(self.record):
            self.record.seals = seals_of(self.record)

    def is_in_place(self, envelope: bytes) -> bool:
        """Return whether an envelope is the one that its row was written with.

        A row without digests (housekeeping) says yes: the envelope's own seal is all there is.
        """
        record = self.record
        if not is_digested(record):
            return True
        at = self.field.position * SHORT_BYTES
        seals = record.seals
        return seals is not None and seals[at : at + SHORT_BYTES] == short_digest(envelope)

    def __repr__(self) -> str:
        return f"<sealed {self.record.__tablename__}.{self.field.name}>"


class SealedField(Generic[T]):
    """Declares a sealed column of one typed record (a frozen dataclass) in one compartment.

    ``part`` names the erasure share that takes part in its key, where that is not its
    compartment's: a cell that is kept for longer or shorter than the others. A cell of the
    directory has no share: its part says with what it is emptied.
    """

    def __init__(
        self,
        kind: type[T],
        compartment: Compartment,
        *,
        step: int = SHORT,
        part: ErasedPart | None = None,
    ) -> None:
        self.kind = kind
        self.compartment = compartment
        self.part: ErasedPart | Compartment = part or compartment
        self.step = step
        self._places: dict[tuple[int, str], bytes] = {}
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(kind)

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self.name = name
        self.slot = f"_{name}"
        column = mapped_column(
            f"{name}_sealed",
            LargeBinary,
            nullable=True,
            info={"shows": "sealed", "why": self.compartment.value},
        )
        setattr(owner, self.slot, column)
        if not hasattr(owner, "__housekeeping__") and "seals" not in owner.__dict__:
            owner.seals = mapped_column(
                LargeBinary,
                nullable=True,
                info={"shows": "key", "why": "a digest of each sealed cell, under the row's MAC"},
            )
        fields = dict(getattr(owner, "__sealed_fields__", {}))
        self.position = len(fields)
        fields[name] = self
        owner.__sealed_fields__ = fields

    @overload
    def __get__(self, record: None, owner: type[object]) -> SealedField[T]: ...
    @overload
    def __get__(self, record: Addressed, owner: type[object]) -> SealedCell[T]: ...
    def __get__(
        self, record: Addressed | None, owner: type[object]
    ) -> SealedField[T] | SealedCell[T]:
        return self if record is None else SealedCell(record, self)

    def __set__(self, record: Addressed, value: Never) -> None:
        message = f"{self.name} is sealed; use vault.seal(record.{self.name}, value)"
        raise TypeError(message)

    def __eq__(self, other: object) -> bool:
        message = f"{self.name} is sealed and cannot be compared; use its blind index"
        raise TypeError(message)

    __hash__ = object.__hash__

    def place(self, organisation: UUID, table: str) -> bytes:
        """Return the template of the addresses of a column: case, row, part and epoch are left."""
        whose = organisation.int
        known = self._places.get((whose, table))
        if known is None:
            column = frame(Label.CELL, organisation, table, self.name)
            known = template(column, UUID, UUID)
            known += template(frame_parts(self.compartment.value), UUID, int)
            self._places[whose, table] = known
        return known

    def encode(self, value: T) -> bytes:
        """Return the value's bytes; refuses a value of another type."""
        if not isinstance(value, self.kind):
            message = f"{self.name} takes a {self.kind.__name__}"
            raise TypeError(message)
        return self._encoder.encode(value)

    def decode(self, data: bytes) -> T:
        """Return the value; raises ``msgspec.ValidationError`` where the bytes are another type."""
        return self._decoder.decode(data)


class Digested(Addressed, Protocol):
    """A row that keeps a digest of each of its sealed cells."""

    seals: bytes | None


def is_digested(record: object) -> TypeGuard[Digested]:
    """Return whether a row keeps digests of its sealed cells."""
    return hasattr(record, "seals")


def seals_of(record: Addressed) -> bytes:
    """Return the digests of a row's sealed cells, in their order; zeros for an empty cell."""
    envelopes = (getattr(record, one.slot) for one in sealed_fields(type(record)).values())
    return b"".join(_NO_SEAL if sealed is None else short_digest(sealed) for sealed in envelopes)


def sealed_fields(model: type[object]) -> dict[str, SealedField[object]]:
    """Return the sealed fields that a model declares, by name."""
    fields: dict[str, SealedField[object]] = getattr(model, "__sealed_fields__", {})
    return fields
