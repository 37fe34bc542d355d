"""Responses that several domains share: a table of moves, and what is open on a case."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Self, TypeVar
from uuid import UUID

from app.casework.moves import Move, MoveTable, Trigger
from app.casework.open_work import OpenKind, OpenThing
from app.http.schema import Reason, Schema
from app.permissions import Permission

S = TypeVar("S", bound=StrEnum)


class MoveRuleRead(Schema):
    """One allowed move, from a status to another.

    ``needs`` is the permission to make it, null where only the program itself makes it. A move
    with another ``trigger`` than ``manual`` belongs to that act and cannot be requested by itself.
    Members who took one of the ``barred`` steps in the same record cannot make it.
    """

    source: str
    target: str
    needs: Permission | None
    trigger: Trigger
    barred: list[str]
    needs_reason: bool

    @classmethod
    def of(cls, move: Move[S]) -> Self:
        """Return an allowed move."""
        return cls(
            source=move.source.value,
            target=move.target.value,
            needs=move.needs,
            trigger=move.trigger,
            barred=sorted(move.barred),
            needs_reason=move.needs_reason,
        )


class MoveRuleListRead(Schema):
    """Every allowed move of one kind of record."""

    items: list[MoveRuleRead]

    @classmethod
    def of(cls, table: MoveTable[S]) -> Self:
        """Return a table of moves."""
        return cls(items=[MoveRuleRead.of(move) for move in table])


class OpenThingRead(Schema):
    """One thing that is open on a case, and its status."""

    kind: OpenKind
    id: UUID
    status: str


class OpenWorkRead(Schema):
    """What is open on a case: who is on the road, plans, aid, codes."""

    items: list[OpenThingRead]

    @classmethod
    def of(cls, found: Iterable[OpenThing]) -> Self:
        """Return what is open on a case."""
        return cls(items=[OpenThingRead(kind=o.kind, id=o.id, status=o.status) for o in found])


class OpenThingReason(Schema):
    """Why one thing may stay open when a case is closed."""

    id: UUID
    reason: Reason
