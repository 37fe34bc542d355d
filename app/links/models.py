"""Rows of links between two cases."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from app.store.base import CaseRecord, Ordered, Versioned, choice, plain


class LinkKind(StrEnum):
    """Why two cases belong together."""

    FAMILY = "family"
    FELLOW_TRAVELLERS = "fellow_travellers"
    SAME_EVENT = "same_event"


class CaseLink(CaseRecord, Ordered, Versioned):
    """Two cases that belong together; one row for both directions."""

    __tablename__ = "case_links"
    __table_args__ = (UniqueConstraint("case_id", "other_id"),)

    other_id: Mapped[UUID] = plain("random; the other case", index=True)
    kind: Mapped[LinkKind] = plain("family, fellow travellers or the same event", choice(LinkKind))
    linked_by: Mapped[UUID] = plain("random; who linked them")
    linked_on: Mapped[date] = plain("the day only")
    ended_on: Mapped[date | None] = plain("the day it ended; danger is shown no longer")
    ended_by: Mapped[UUID | None] = plain("random; who ended it")
