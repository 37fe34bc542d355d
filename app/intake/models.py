"""Rows of intake: likely duplicates that were dismissed."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from app.cases.models import FreeText
from app.permissions import Compartment
from app.store.base import CaseRecord, plain
from app.store.sealed import NOTES, SealedField


class DuplicateDismissal(CaseRecord):
    """A likely duplicate that a member found to be another person, and why."""

    __tablename__ = "duplicate_dismissals"
    __table_args__ = (UniqueConstraint("case_id", "other_id"),)

    other_id: Mapped[UUID] = plain("random; the case that is not the same person", index=True)
    dismissed_by: Mapped[UUID] = plain("random; who looked")
    dismissed_on: Mapped[date] = plain("the day only")

    reason = SealedField(FreeText, Compartment.ACCOUNT, step=NOTES)
