"""Registrations and their states. Knows rows, cells and the table of moves; no rules, no codes.

A code itself stands nowhere: the row has a keyed hash of the half that finds it and one of the
half that proves it, and the second goes as soon as the code is used or taken back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.permissions import Compartment
from app.store.base import CaseRecord, Versioned, choice, index_column, plain
from app.store.sealed import NOTES, SealedField


class CodeKind(StrEnum):
    """A *pre* code may be given to someone still in service, a *full* one to who has left."""

    PRE = "pre"
    FULL = "full"


class RegistrationState(StrEnum):
    """Where a registration stands."""

    REQUESTED = "requested"
    SUBMITTED = "submitted"
    ISSUED = "issued"
    DELIVERED = "delivered"
    REDEEMED = "redeemed"
    REVOKED = "revoked"
    EXPIRED = "expired"
    REFUSED = "refused"


_S = RegistrationState

MOVES: Final[Mapping[RegistrationState, tuple[RegistrationState, ...]]] = MappingProxyType(
    {
        _S.REQUESTED: (_S.SUBMITTED, _S.REFUSED, _S.REVOKED),
        _S.SUBMITTED: (_S.ISSUED, _S.REFUSED, _S.REVOKED),
        _S.ISSUED: (_S.DELIVERED, _S.REDEEMED, _S.REVOKED, _S.EXPIRED),
        _S.DELIVERED: (_S.REDEEMED, _S.REVOKED, _S.EXPIRED),
        _S.REDEEMED: (),
        _S.REVOKED: (),
        _S.EXPIRED: (),
        _S.REFUSED: (),
    }
)
"""From where to where. Refused is somebody's no to a request; revoked is taking it back."""

CODE_ALIVE: Final = frozenset({_S.ISSUED, _S.DELIVERED})
"""Where a code can still be redeemed, unless its last day is over."""

WORKED_ON: Final = frozenset({_S.REQUESTED, _S.SUBMITTED, _S.ISSUED})
"""Where registrars still have something to do, and so hold a grant."""


class RevocationReason(StrEnum):
    """Why a code is taken back. Words have no place here: who revokes may hold no key to seal."""

    LOST = "lost"
    EXPOSED = "exposed"
    ISSUED_IN_ERROR = "issued_in_error"
    NOT_CLEARED = "not_cleared"
    SUPERSEDED = "superseded"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True)
class MoveNote:
    """What a registrar wrote at a move: why, or how a code was handed over."""

    to: RegistrationState
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RegistrationNotes:
    """The notes of a registration, oldest first."""

    notes: tuple[MoveNote, ...] = ()


class Registration(CaseRecord, Versioned):
    """One code for one case, from the request to its end."""

    __tablename__ = "registrations"
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        Index("ix_registrations_ending", "state", "expires_on"),
    )

    team_id: Mapped[UUID] = plain("random; its registrars may revoke without a key to the case")
    number: Mapped[int] = plain("counts the registrations of a case, so that two never race")
    kind: Mapped[CodeKind] = plain("told to whoever redeems the code", choice(CodeKind))
    state: Mapped[RegistrationState] = plain(
        "moves are decided by it, and redemption holds no key", choice(RegistrationState)
    )
    requested_by: Mapped[UUID] = plain("random; who asked for it")
    requested_on: Mapped[date] = plain("lists are sorted by it; the day only")
    moved_on: Mapped[date] = plain("the day of the last move; retention counts from it")
    expires_on: Mapped[date | None] = plain("told to whoever redeems the code; the last day")
    locator: Mapped[bytes | None] = index_column("HMAC of the half that finds it", unique=True)
    proof: Mapped[bytes | None] = index_column(
        "HMAC of the half that proves it, with row, kind and last day; gone once used or revoked"
    )

    notes = SealedField(RegistrationNotes, Compartment.REGISTRATION, step=NOTES)

    @property
    def part(self) -> UUID:
        """A registration has a scope of its own."""
        return self.id
