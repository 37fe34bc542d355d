"""Rows of the blind index."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.store.base import Record, choice, index_column, plain


class SearchKind(StrEnum):
    """What a case can be searched by. All but names have a blind index."""

    PHONE = "phone"
    NRC = "nrc"
    SERVICE_NUMBER = "service_number"
    HANDLE = "handle"
    NAME = "name"


class IndexToken(Record):
    """A truncated keyed hash of one normalised value of a case."""

    __tablename__ = "blind_index"
    __housekeeping__ = "follows from sealed values, whose writing is in the trail"
    __table_args__ = (Index("ix_blind_index_probe", "kind", "version", "token"),)

    kind: Mapped[SearchKind] = plain("which kind of value", choice(SearchKind))
    version: Mapped[int] = plain("the version of the search key")
    token: Mapped[int] = index_column("HMAC cut to so few bits that several cases share it")
    case_id: Mapped[UUID] = plain("random; the case", index=True)
