"""Base classes of all tables: ids made before insert, versions, and a reason for each plain column.

Each column says what it shows a thief: ``plain(why)``, ``index_column(why)`` or
``key_column(why)``; everything else is a ``SealedField``. The data inventory is rendered from
these words, and a wall test refuses a column without them. Knows no keys.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from sqlalchemy import (
    DateTime,
    Dialect,
    Enum,
    FromClause,
    LargeBinary,
    MetaData,
    Text,
    Uuid,
    func,
    inspect,
    select,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedColumn,
    Session,
    declared_attr,
    mapped_column,
)
from sqlalchemy.types import TypeDecorator

from app.permissions import MemberRoles, TeamRole, read_roles, written_roles
from app.store.kept_statements import KeptStatement, connection_of

NAMING = {
    "pk": "pk_%(table_name)s",
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
}

NO_PART = UUID(int=0)
"""The part of a scope that covers a whole case."""

ORGANISATION = UUID(int=0)
"""Stands where a case id would, for what belongs to no case."""


def new_id() -> UUID:
    """Return 128 bits from the system's random source, in the usual spelling.

    Not a version-4 UUID: six fixed bits would be six bits less to guess.
    """
    return UUID(bytes=secrets.token_bytes(16))


def choice(states: type[StrEnum]) -> Enum:
    """Return a column type that stores the short values of an enumeration as text."""
    return Enum(
        states,
        native_enum=False,
        length=24,
        create_constraint=False,
        values_callable=lambda kind: [member.value for member in kind],
    )


class Moment(TypeDecorator[datetime]):
    """A point in time, aware and in UTC on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse naive times: they would mean another hour on another host."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a moment needs its time zone"
            raise ValueError(message)
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """SQLite forgets the zone; what was bound was UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class RolesText(TypeDecorator[MemberRoles]):
    """A member's roles, as one text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: MemberRoles | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write the set in its one spelling."""
        return None if value is None else written_roles(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> MemberRoles | None:  # noqa: ARG002
        """Read what was written; of anything else no role, and the row's MAC is wrong."""
        try:
            return None if value is None else read_roles(value)
        except ValueError:
            return frozenset()


def plain(why: str, *args: Any, unproved: str | None = None, **kwargs: Any) -> MappedColumn[Any]:
    """Declare a column that a thief can read, with the reason why it must be plain.

    ``unproved``: why the row's MAC leaves the column out.
    """
    info = {"shows": "plain", "why": why, "unproved": unproved}
    return mapped_column(*args, info=info, **kwargs)


def index_column(why: str, *args: Any, **kwargs: Any) -> MappedColumn[Any]:
    """Declare a keyed look-up value: equal inputs look equal, nothing more without the key."""
    return mapped_column(*args, info={"shows": "index", "why": why}, **kwargs)


def key_column(why: str, *args: Any, **kwargs: Any) -> MappedColumn[Any]:
    """Declare key material: public keys, signatures, and secrets wrapped to someone."""
    return mapped_column(*args, info={"shows": "key", "why": why}, **kwargs)


class Base(DeclarativeBase):
    """The main database."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's name
        UUID: Uuid(),
        datetime: Moment(),
        frozenset[TeamRole]: RolesText(),
    }


class Versioned:
    """A record that changes: its version is what ``If-Match`` is compared with.

    The database compares it too (``version_id_col``), so that two changes at once cannot both win,
    and the MAC over the row is of one of them. A record without it is never changed, once written.
    """

    @declared_attr
    def version(cls) -> Mapped[int]:  # noqa: N805
        """Counts the changes of this row, from 1."""
        return plain("tells a stale change from a fresh one", nullable=False)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, object]:  # noqa: N805
        return {"version_id_col": cls.version}


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """Rows that carry no MAC and no digest in the log: why, and what follows from that.

    ``written``: what one INSERT, UPDATE or DELETE by somebody who writes to the database does;
    ``bounded``: what limits or finds it. The data inventory shows all three.
    """

    because: str
    written: str
    bounded: str


@dataclass(frozen=True, slots=True)
class Mark:
    """When the version that a row gets is marked in the keystore: no older one counts from then on.

    ``because``: what an older version of the row would allow. ``when`` is asked of a changed row,
    as it is about to be written; ``for_good`` whether a restore may not take the mark back either.
    """

    because: str
    when: Callable[..., bool]
    for_good: Callable[..., bool]


def always(record: Record) -> bool:  # noqa: ARG001
    """Every change of such a row is marked."""
    return True


def never(record: Record) -> bool:  # noqa: ARG001
    """No change of such a row is."""
    return False


def has_changed(record: Record, *names: str) -> bool:
    """Return whether one of these attributes was set to another value since the last flush."""
    attributes = inspect(record).attrs
    return any(attributes[name].history.has_changes() for name in names)


class Record(Base):
    """A row with an id that exists before the insert: sealed values are bound to it.

    It carries a MAC over its plain columns (see ``store.authenticated``), unless the model says in
    ``__housekeeping__`` or ``__proved_by__`` why it needs none.
    """

    __abstract__ = True

    if TYPE_CHECKING:
        row_mac: bytes
        seals: bytes | None

    def __init_subclass__(cls, **options: object) -> None:
        if "__tablename__" in cls.__dict__ and not (
            hasattr(cls, "__housekeeping__") or hasattr(cls, "__proved_by__")
        ):
            proof = key_column(
                "BLAKE2b over the row's plain columns, under a row key", LargeBinary, nullable=False
            )
            proof.column.info["unproved"] = "it is the proof"
            cls.row_mac = proof  # type: ignore[assignment]
        super().__init_subclass__(**options)

    @declared_attr
    def id(cls) -> Mapped[UUID]:  # noqa: N805 - SQLAlchemy passes the class
        """The row's random id."""
        return plain("random; says nothing", primary_key=True)

    def __init__(self, **values: object) -> None:
        values.setdefault("id", new_id())
        super().__init__(**values)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {inspect(self).identity or 'unsaved'}>"


class Ordered:
    """A record that lists show in the order in which it was added.

    Rows hold no time finer than a day. ``sequence`` is one more than the highest of its table when
    the row is inserted; two that were added at once, on two hosts, may share it.
    """

    @declared_attr
    def sequence(cls) -> Mapped[int]:  # noqa: N805
        """Counts the rows of this table."""
        return plain(
            "the order in which rows were added, and no time", nullable=False, default=0, index=True
        )


@cache
def _highest_in(table: FromClause) -> KeptStatement:
    return KeptStatement(select(func.max(table.c.sequence)))


def number_in_order(session: Session) -> None:
    """Give the new rows of ordered tables the next numbers, in the order of their adding.

    Runs before their MAC is computed; asks the database once a table and transaction.
    """
    last: dict[str, int] = session.info.setdefault("sequences", {})
    fresh = [row for row in session.new if isinstance(row, Ordered)]
    for row in sorted(fresh, key=lambda row: inspect(row).insert_order):
        table = inspect(row).mapper.local_table
        if table.name not in last:
            ((highest,),) = _highest_in(table).rows(connection_of(session), {})
            last[table.name] = cast("int", highest or 0)
        last[table.name] += 1
        row.sequence = last[table.name]


class CaseRecord(Record):
    """A row that belongs to exactly one case and is sealed under its keys."""

    __abstract__ = True

    @declared_attr
    def case_id(cls) -> Mapped[UUID]:  # noqa: N805
        """The case that this row belongs to."""
        return plain("random; ties rows of a case together", index=True)

    @property
    def part(self) -> UUID:
        """The scope's part under which this row is sealed; the whole case unless overridden."""
        return NO_PART
