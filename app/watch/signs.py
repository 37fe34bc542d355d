"""What was heard on the legs of a list, and has been looked at by no planner yet.

A check-in that does not open may be a duress word: it counts as one. Opens check-ins of a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.relocation.models import Leg
from app.watch.models import UNSEEN, CheckIn, CheckInRecord, Word
from app.work import Work


@dataclass(frozen=True, slots=True)
class Signs:
    """Of one leg: whether duress and how much else waits to be looked at; the last contact."""

    duress: bool = False
    not_understood: int = 0
    last_contact_at: datetime | None = None


def list_signs(work: Work, legs: Sequence[Leg]) -> dict[UUID, Signs]:
    """Return what was heard on each of these legs: one query."""
    found = {leg.id: Signs() for leg in legs}
    rows = work.session.scalars(select(CheckIn).where(CheckIn.leg_id.in_(found))).all()
    opened = work.vault.open_listed([row.record for row in rows], polled=True)
    for row, record in zip(rows, opened, strict=True):
        found[row.leg_id] = _with(found[row.leg_id], record)
    return found


def _with(signs: Signs, record: CheckInRecord | None) -> Signs:
    if record is None:
        return replace(signs, duress=True)
    unseen = record.seen_by == UNSEEN
    contacts = [signs.last_contact_at] if signs.last_contact_at is not None else []
    if record.is_contact:
        contacts.append(record.at)
    return Signs(
        signs.duress or (unseen and record.word is Word.DURESS),
        signs.not_understood + (unseen and record.word is Word.NOT_UNDERSTOOD),
        max(contacts, default=None),
    )
