"""Counts in the keystore: how often something stands, whatever is deleted in the main database.

- A MAC sees no absence. Where a row that is missing would allow what it forbade, how many there
  must be is counted under a mark, in the unit that adds the row (``store.marks``).
- A count is of a kind and of one id. It changes with the commit, and never falls below 0.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.store.mark_reader import MarkReader, Place, Promised


def add_to_count(session: Session, kind: str, about: UUID, adds: int) -> None:
    """Let a count be so much higher, or lower, from this commit on."""
    marks: dict[Place, Promised] = session.info.setdefault("marks", {})
    before = marks.get((kind, about.hex), Promised())
    marks[kind, about.hex] = Promised(adds=before.adds + adds)


def read_count(marks: MarkReader, kind: str, about: UUID) -> int:
    """Return a count."""
    return marks.least(kind, about.hex)
