"""Rows of reports. Knows tables; no rules. A published report is never computed a second time."""

from __future__ import annotations

from datetime import date

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped

from app.store.base import Record, plain


class PublishedReport(Record):
    """The casework report of one finished half-year, as auditors read it."""

    __tablename__ = "published_reports"

    half_year: Mapped[str] = plain("the period", String(6), unique=True)
    total: Mapped[int | None] = plain("already redacted; it is what auditors read")
    tables: Mapped[dict[str, dict[str, int | None]]] = plain(
        "already redacted; it is what auditors read", JSON
    )
    made_on: Mapped[date] = plain("the day")
