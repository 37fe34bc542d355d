"""What registration takes and gives over HTTP. Only ``CodeShown`` ever holds a code."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.http.schema import Code, LongText, Reason, Schema, Version
from app.registration.models import (
    MOVES,
    CodeKind,
    MoveNote,
    Registration,
    RegistrationState,
    RevocationReason,
)
from app.registration.redemption import Redemption
from app.registration.service import LONGEST_DAYS, USUAL_DAYS, state_on


class RequestRegistration(Schema):
    """Which code is asked for."""

    kind: CodeKind


class MoveRegistration(Schema):
    """What a registrar did with a request, and why."""

    to: Literal[RegistrationState.SUBMITTED, RegistrationState.REFUSED]
    reason: Reason | None = None


class IssueCode(Schema):
    """For how many days the code is to last."""

    valid_for_days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = USUAL_DAYS


class DeliverCode(Schema):
    """How the code was handed over; kept sealed."""

    handed_over: LongText


class RevokeRegistration(Schema):
    """Why a code or a request is taken back."""

    reason: RevocationReason


class RedeemCode(Schema):
    """A code as it was read or typed."""

    code: Code


class RegistrationReceipt(Schema):
    """How a registration stands."""

    id: UUID
    case_id: UUID
    version: Version
    kind: CodeKind
    state: RegistrationState
    requested_on: date
    moved_on: date
    expires_on: date | None


class NoteShown(Schema):
    """What a registrar wrote at a move."""

    to: RegistrationState
    text: str
    at: datetime


class RegistrationShown(RegistrationReceipt):
    """A registration with its notes, as registrars see it."""

    notes: list[NoteShown]


class CodeShown(RegistrationReceipt):
    """A fresh code. It is nowhere else, and is not shown again."""

    code: str


class RedemptionShown(Schema):
    """Valid or not; of a valid code its kind and its last day, and nothing else."""

    valid: bool
    kind: CodeKind | None
    expires_on: date | None


class MovesShown(Schema):
    """Where a registration may go from where it stands."""

    moves: dict[RegistrationState, list[RegistrationState]]


def registration_receipt(registration: Registration, today: date) -> RegistrationReceipt:
    """Return how a registration stands today."""
    return RegistrationReceipt(
        id=registration.id,
        case_id=registration.case_id,
        version=registration.version,
        kind=registration.kind,
        state=state_on(registration, today),
        requested_on=registration.requested_on,
        moved_on=registration.moved_on,
        expires_on=registration.expires_on,
    )


def registration_shown(
    registration: Registration, notes: tuple[MoveNote, ...], today: date
) -> RegistrationShown:
    """Return a registration and its opened notes."""
    return RegistrationShown(
        **registration_receipt(registration, today).model_dump(),
        notes=[NoteShown(to=note.to, text=note.text, at=note.at) for note in notes],
    )


def code_shown(registration: Registration, code: str, today: date) -> CodeShown:
    """Return a registration and the code just issued for it."""
    return CodeShown(**registration_receipt(registration, today).model_dump(), code=code)


def redemption_shown(redemption: Redemption) -> RedemptionShown:
    """Return what a verifier learns."""
    return RedemptionShown(
        valid=redemption.valid, kind=redemption.kind, expires_on=redemption.expires_on
    )


def moves_shown() -> MovesShown:
    """Return the table of moves."""
    return MovesShown(moves={was: list(become) for was, become in MOVES.items()})
