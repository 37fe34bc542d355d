"""Destroy what edits replaced, 30 days after the edit.

- A hold on the case, or on the part that a value is of, keeps it.
- The value goes with its row, under the case's event. The part's erasure share stays, since the
  value that replaced it lives under the same: what is left in a backup opens until the part goes.
- A row that somebody altered is left out, so that another day in it shortens no time. It goes with
  the case, and verification names it until then.

Knows rows; opens nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from app.audit.events import EventKind
from app.cases.models import ReplacedCell
from app.retention.holds import read_holds
from app.retention.schedule import REPLACED_DAYS
from app.store.authenticated import leave_out_altered
from app.store.models import ErasedPart
from app.work import Work

_KEPT: Final = timedelta(days=REPLACED_DAYS)


def destroy_replaced(work: Work, case_ids: Sequence[UUID]) -> None:
    """Delete what edits of these cases replaced long enough ago. A step of the daily pass."""
    old = select(ReplacedCell).where(
        ReplacedCell.case_id.in_(case_ids), ReplacedCell.replaced_on <= work.today() - _KEPT
    )
    rows = leave_out_altered(work.session, work.session.scalars(old).all())
    if not rows:
        return
    held: defaultdict[UUID, set[ErasedPart | None]] = defaultdict(set)
    for hold in read_holds(work, {row.case_id for row in rows}):
        held[hold.case_id].add(hold.what)
    gone: Counter[UUID] = Counter()
    for row in rows:
        if held[row.case_id].isdisjoint({None, ErasedPart(row.field)}):
            work.session.delete(row)
            gone[row.case_id] += 1
    for case_id, count in gone.items():
        work.trail.record(EventKind.CASE_REPLACED_ERASED, case_id, count=count)
