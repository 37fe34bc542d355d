"""Rows of registrations. Knows tables and cell types; no rules, no codes.

A code itself is never stored: the row has a keyed hash of the half that finds it and one of the
half that proves it, and the second is deleted as soon as the code is used or revoked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.permissions import Compartment
from app.store.base import (
    CaseRecord,
    Mark,
    Ordered,
    Versioned,
    choice,
    index_column,
    plain,
)
from app.store.sealed import NOTES, SealedField


class CodeKind(StrEnum):
    """A *pre* code is for someone still in service, a *full* one for someone who has left."""

    PRE = "pre"
    FULL = "full"


class RegistrationStatus(StrEnum):
    """The status of a registration."""

    REQUESTED = "requested"
    SUBMITTED = "submitted"
    ISSUED = "issued"
    DELIVERED = "delivered"
    REDEEMED = "redeemed"
    REVOKED = "revoked"
    EXPIRED = "expired"
    REFUSED = "refused"
    DISPUTED = "disputed"
    REPLACED = "replaced"


ENDED: Final = frozenset(
    {
        RegistrationStatus.REDEEMED,
        RegistrationStatus.REVOKED,
        RegistrationStatus.EXPIRED,
        RegistrationStatus.REFUSED,
        RegistrationStatus.DISPUTED,
        RegistrationStatus.REPLACED,
    }
)
"""From any of these on the code opens nothing more."""


class RevocationReason(StrEnum):
    """Why a code is revoked. No free text: a member who revokes may hold no key to seal it."""

    LOST = "lost"
    EXPOSED = "exposed"
    ISSUED_IN_ERROR = "issued_in_error"
    NOT_CLEARED = "not_cleared"
    SUPERSEDED = "superseded"
    NOT_NEEDED = "not_needed"


class DisputeReason(StrEnum):
    """What is wrong with the use of a code. No free text, as with a revocation."""

    USED_BY_ANOTHER = "used_by_another"
    HANDED_TO_ANOTHER = "handed_to_another"


@dataclass(frozen=True, slots=True)
class MoveNote:
    """What a registrar wrote at a move: why, or how a code was handed over."""

    to: RegistrationStatus
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RegistrationNotes:
    """The notes of a registration, oldest first."""

    notes: tuple[MoveNote, ...] = ()


class Registration(CaseRecord, Ordered, Versioned):
    """One code for one case, from the request to its end."""

    __tablename__ = "registrations"
    __mark__ = Mark(
        because="a code that was spent or withdrawn is good again",
        when=lambda registration: registration.suspended or registration.status in ENDED,
        for_good=lambda registration: registration.status in ENDED,
    )
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        Index("ix_registrations_ending", "status", "expires_on"),
    )

    team_id: Mapped[UUID] = plain("random; its registrars may revoke without a key to the case")
    number: Mapped[int] = plain("counts the registrations of a case, so that two never race")
    kind: Mapped[CodeKind] = plain("shown to the member who redeems", choice(CodeKind))
    status: Mapped[RegistrationStatus] = plain(
        "moves are decided by it, and redemption holds no key", choice(RegistrationStatus)
    )
    requested_by: Mapped[UUID] = plain("random; who requested it")
    requested_on: Mapped[date] = plain("lists are sorted by it; the day only")
    moved_on: Mapped[date] = plain("the day of the last move; retention counts from it")
    expires_on: Mapped[date | None] = plain(
        "shown to the member who redeems the code; the last day"
    )
    made_here: Mapped[bool] = plain("whether the code was made here or is the authority's")
    suspended: Mapped[bool] = plain("redemption holds no key to see that they have not left")
    replaces: Mapped[UUID | None] = plain("random; the disputed code that this one is for")
    redeemed_by: Mapped[UUID | None] = plain("random; who took the code, should it be disputed")
    dispute: Mapped[DisputeReason | None] = plain(
        "why its use is disputed; revocation shows as much", choice(DisputeReason)
    )
    coordinator_disputes: Mapped[UUID | None] = plain("random; two must say so, by two roles")
    registrar_disputes: Mapped[UUID | None] = plain("random; two must say so, by two roles")
    locator: Mapped[bytes | None] = index_column("HMAC of the half that finds it", unique=True)
    proof: Mapped[bytes | None] = index_column(
        "HMAC of the half that proves it, with row, kind and last day; gone once used or revoked"
    )

    notes = SealedField(RegistrationNotes, Compartment.REGISTRATION, step=NOTES)

    @property
    def part(self) -> UUID:
        """A registration has a scope of its own."""
        return self.id
