"""The one type of table that says which moves a record may make. Knows no rows and no keys.

- A table is total: every status has a row; the row of a final status is empty. A status without a
  row is refused when the module is imported.
- The table that a service checks is the table that the API serves and that the documents draw.
- Who may make a move is a permission; a move that belongs to another act (triage, vetting, a
  reroute) names that act as its trigger and is refused when it is requested by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Generic, TypeVar

from app.permissions import Permission
from app.totality import require_rows

S = TypeVar("S", bound=StrEnum)


class Trigger(StrEnum):
    """The act that a move belongs to."""

    MANUAL = "manual"
    TRIAGE = "triage"
    MERGER = "merger"
    VETTING = "vetting"
    RETENTION = "retention"
    REROUTE = "reroute"
    NEWS = "news"
    ISSUE = "issue"
    DELIVERY = "delivery"
    REDEMPTION = "redemption"
    EXPIRY = "expiry"
    REVOCATION = "revocation"
    DISPUTE = "dispute"
    APPROVAL = "approval"
    PAYMENT = "payment"
    CONFIRMATION = "confirmation"
    RELEASE = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(Generic[S]):
    """One allowed move.

    ``needs`` is the permission to make it; None for a move that only the worker makes.
    ``barred`` names acts: a member who took one of them in this record may not make the move.
    """

    source: S
    target: S
    needs: Permission | None
    trigger: Trigger = Trigger.MANUAL
    barred: frozenset[str] = frozenset()
    needs_reason: bool = False


class MoveTable(Generic[S]):
    """The moves of one kind of record, by status."""

    def __init__(self, statuses: type[S], rows: Mapping[S, Iterable[Move[S]]]) -> None:
        """Take the rows; raises ``RowMissing``. A final status has an empty row."""
        package = statuses.__module__.rpartition(".")[0].replace(".", "/")
        require_rows("MOVES", rows, statuses, file=f"{package}/moves.py, empty for a final status")
        self.statuses = statuses
        self._rows: Mapping[S, tuple[Move[S], ...]] = MappingProxyType(
            {status: tuple(rows[status]) for status in statuses}
        )

    def __iter__(self) -> Iterator[Move[S]]:
        for row in self._rows.values():
            yield from row

    def find(self, source: S, target: S, trigger: Trigger | None = None) -> Move[S] | None:
        """Return the move from one status to another, or None where there is none.

        Two acts may make the same move: with ``trigger``, the one that belongs to that act.
        """
        fitting = (move for move in self._rows[source] if trigger in (None, move.trigger))
        return next((move for move in fitting if move.target is target), None)

    def find_manual(self, source: S, target: S) -> Move[S] | None:
        """Return the move if it can be requested by itself, else None."""
        return self.find(source, target, Trigger.MANUAL)

    def targets(self, source: S) -> frozenset[S]:
        """Return the statuses that a record may go to from a status."""
        return frozenset(move.target for move in self._rows[source])
