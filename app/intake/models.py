"""Rows of intake: likely duplicates that were found, and those that were dismissed."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.cases.models import FreeText
from app.permissions import Compartment
from app.store.base import CaseRecord, Housekeeping, Record, Versioned, index_column, plain
from app.store.sealed import NOTES, SealedField


class DuplicateMatch(CaseRecord, Versioned):
    """Two cases that are likely one person. They stay so until merged, dismissed or corrected.

    Where their teams hold only one each, a coordinator of either must agree to look first.
    """

    __tablename__ = "duplicate_matches"
    __unmarked__ = "is written and deleted, never changed"
    __table_args__ = (UniqueConstraint("case_id", "other_id"),)

    other_id: Mapped[UUID] = plain("random; the other case", index=True)
    found_on: Mapped[date] = plain("the day only")
    agreed_by: Mapped[UUID | None] = plain("random; who of the first case's team agreed to look")
    other_agreed_by: Mapped[UUID | None] = plain("random; who of the other case's team agreed")


class MatchToken(Record):
    """One identifier of a case: a truncated hash that finds candidates, and an exact tag.

    By them two cases are compared that nobody holds both of.
    """

    __tablename__ = "match_tokens"
    __housekeeping__ = Housekeeping(
        because="follows from sealed values, whose writing is in the trail",
        written="UPDATE or DELETE: a likely duplicate of an intake is not noticed",
        bounded="`padauk reindex`, as for the search index",
    )
    __table_args__ = (Index("ix_match_tokens_probe", "version", "token"),)

    case_id: Mapped[UUID] = plain("random; the case", index=True)
    version: Mapped[int] = plain("the version of the index: the search key's epoch, and its width")
    token: Mapped[int] = index_column("HMAC cut to so few bits that several cases share it")
    proof: Mapped[bytes] = index_column(
        "HMAC with the row's id: compared with the key, and alike in no two rows without it"
    )


class DuplicateDismissal(CaseRecord, Versioned):
    """A likely duplicate that a member found to be another person, and why."""

    __tablename__ = "duplicate_dismissals"
    __unmarked__ = "is written once"
    __table_args__ = (UniqueConstraint("case_id", "other_id"),)

    other_id: Mapped[UUID] = plain("random; the case that is not the same person", index=True)
    dismissed_by: Mapped[UUID] = plain("random; who looked")
    dismissed_on: Mapped[date] = plain("the day only")

    reason = SealedField(FreeText, Compartment.ACCOUNT, step=NOTES)
