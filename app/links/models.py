"""Rows of links between two cases."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.cases.models import FreeText
from app.permissions import Compartment
from app.store.base import CaseRecord, Ordered, Versioned, choice, plain
from app.store.sealed import NOTES, SealedField


class LinkKind(StrEnum):
    """Why two cases belong together."""

    FAMILY = "family"
    FELLOW_TRAVELLERS = "fellow_travellers"
    SAME_EVENT = "same_event"


class CaseLink(CaseRecord, Ordered, Versioned):
    """Two cases that belong together; one row for both directions, until it is ended.

    Cases that are linked again after that have another row.
    """

    __tablename__ = "case_links"
    __unmarked__ = "a link that was ended shows danger again, and nothing else"

    other_id: Mapped[UUID] = plain("random; the other case", index=True)
    kind: Mapped[LinkKind] = plain("family, fellow travellers or the same event", choice(LinkKind))
    linked_by: Mapped[UUID] = plain("random; who linked them")
    linked_on: Mapped[date] = plain("the day only")
    ended_on: Mapped[date | None] = plain("the day it ended; danger is shown no longer")
    ended_by: Mapped[UUID | None] = plain("random; who ended it")

    ended_because = SealedField(FreeText, Compartment.ACCOUNT, step=NOTES)


_not_ended = CaseLink.ended_on.is_(None)
Index(
    "uq_case_links_live",
    CaseLink.case_id,
    CaseLink.other_id,
    unique=True,
    sqlite_where=_not_ended,
    postgresql_where=_not_ended,
)
