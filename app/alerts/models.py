"""Rows of alerts. Most say nothing; only opening one tells. Knows tables and cell types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Mapped

from app.accounts.models import DirectoryRecord
from app.permissions import Compartment
from app.store.base import plain
from app.store.sealed import NOTES, SealedField


@dataclass(frozen=True, slots=True)
class Notice:
    """What the leads are to know; an empty ``code`` is nothing. The member is always filled."""

    code: str
    member_id: UUID


class Alert(DirectoryRecord):
    """Written at every sign-in, almost always saying nothing: only opening tells which ones do."""

    __tablename__ = "alerts"
    __forgotten__ = "a month after it was raised"
    __housekeeping__ = "one row a sign-in, which stands in the trail itself"

    raised_on: Mapped[date] = plain("the day; kept for a month")
    settled: Mapped[bool] = plain("whether the worker has done what it asks, which may be nothing")

    notice = SealedField(Notice, Compartment.DIRECTORY, step=NOTES)
