"""Rows of the blind index."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.store.base import Housekeeping, Record, choice, index_column, plain


class SearchKind(StrEnum):
    """What a case can be searched by. Names: whole ones, of the person and of relatives."""

    PHONE = "phone"
    NRC = "nrc"
    SERVICE_NUMBER = "service_number"
    HANDLE = "handle"
    NAME = "name"


class IndexedKind(StrEnum):
    """What a case has tokens for in the blind index."""

    PHONE = "phone"
    NRC = "nrc"
    SERVICE_NUMBER = "service_number"
    HANDLE = "handle"
    NAME = "name"
    RELATIVE = "relative"
    """The whole name of a relative."""
    PERSON = "person"
    """A whole name together with what makes it one person's: see ``casework.likeness``."""


class IndexToken(Record):
    """A truncated keyed hash of one normalised value of a case."""

    __tablename__ = "blind_index"
    __housekeeping__ = Housekeeping(
        because="follows from sealed values, whose writing is in the trail",
        written="UPDATE or DELETE: a person is not found, a duplicate not noticed",
        bounded=(
            "`padauk reindex` makes them again from the sealed values; a planted one finds "
            "nobody whose name does not fit"
        ),
    )
    __table_args__ = (Index("ix_blind_index_probe", "kind", "version", "token", "number"),)

    kind: Mapped[IndexedKind] = plain("which kind of value", choice(IndexedKind))
    version: Mapped[int] = plain("the version of the index: the search key's epoch, and its width")
    token: Mapped[int] = index_column("HMAC cut to so few bits that several cases share it")
    number: Mapped[int] = plain("the order of cases, as they have it: the newest are found first")
    case_id: Mapped[UUID] = plain("random; the case", index=True)
