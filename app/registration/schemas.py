"""Requests and responses of registration. Only ``CodeRead`` ever holds a code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field

from app.http.proposed_ids import ProposedId
from app.http.schema import Code, LongText, Reason, Schema, Version
from app.registration.models import (
    CodeKind,
    DisputeReason,
    MoveNote,
    Registration,
    RegistrationStatus,
    RevocationReason,
)
from app.registration.moves import ManualTarget
from app.registration.recording import MOST_ROWS, CodeRow, RowResult
from app.registration.redemption import Redemption
from app.registration.service import LONGEST_DAYS, USUAL_DAYS, IssuedCode, status_on


class RegistrationCreate(Schema):
    """Which kind of code is requested."""

    id: ProposedId = None
    kind: Annotated[CodeKind, Field(examples=["full"])]


class RegistrationMoveCreate(Schema):
    """What a registrar did with a request, and why."""

    to: Annotated[ManualTarget, Field(examples=["submitted"])]
    reason: Annotated[Reason, Field(examples=["Sent by courier"])] | None = None


class CodeCreate(Schema):
    """For how many days the code is to last."""

    valid_for_days: Annotated[int, Field(ge=1, le=LONGEST_DAYS, examples=[30])] = USUAL_DAYS


class RecordedCodeCreate(Schema):
    """The code that the authority gave, and its last day where it has one."""

    code: Annotated[Code, Field(examples=["QA-2027-004411"])]
    expires_on: date | None = None


class CodeRowCreate(RecordedCodeCreate):
    """One row of the authority's file, and the request that it answers."""

    registration_id: UUID

    def to_row(self) -> CodeRow:
        """Return the row as the service takes it."""
        return CodeRow(self.registration_id, self.code, self.expires_on)


class RecordedCodeListCreate(Schema):
    """The rows of the authority's file. A dry run, unless told otherwise, records nothing."""

    rows: Annotated[tuple[CodeRowCreate, ...], Field(min_length=1, max_length=MOST_ROWS)]
    dry_run: bool = True


class RecordedCodeRowRead(Schema):
    """What became of one row of the file; ``problem`` is the code of why it was left out."""

    row: int
    registration_id: UUID
    recorded: bool
    problem: str | None
    title: str | None


class RecordedCodeListRead(Schema):
    """What became of a file: with ``dry_run``, what would."""

    dry_run: bool
    recorded: int
    refused: int
    items: list[RecordedCodeRowRead]

    @classmethod
    def of(cls, results: Sequence[RowResult], *, dry_run: bool) -> Self:
        """Return the results of the rows, in order, numbered from 1."""
        items = [
            RecordedCodeRowRead(
                row=number,
                registration_id=result.registration_id,
                recorded=result.refusal is None,
                problem=result.refusal.code if result.refusal else None,
                title=result.refusal.title if result.refusal else None,
            )
            for number, result in enumerate(results, 1)
        ]
        recorded = sum(item.recorded for item in items)
        return cls(dry_run=dry_run, recorded=recorded, refused=len(items) - recorded, items=items)


class DisputeCreate(Schema):
    """What is wrong with the use of a code."""

    reason: Annotated[DisputeReason, Field(examples=["used_by_another"])]


class DeliveryCreate(Schema):
    """How the code was handed over; kept sealed."""

    handed_over: Annotated[LongText, Field(examples=["Read aloud over the phone, twice"])]


class RevocationCreate(Schema):
    """Why a code or a request is revoked."""

    reason: Annotated[RevocationReason, Field(examples=["lost"])]


class RedemptionCreate(Schema):
    """A code as it was read or typed."""

    code: Annotated[Code, Field(examples=["Q3YSB-QAXSW-S8GJ9-KJ7Z3-FH4M5"])]


class RegistrationStateRead(Schema):
    """A registration without what registrars wrote."""

    id: UUID
    case_id: UUID
    version: Version
    kind: CodeKind
    status: RegistrationStatus
    requested_on: date
    moved_on: date
    expires_on: date | None
    made_here: bool
    suspended: bool
    replaces: UUID | None
    redeemed_by: UUID | None
    dispute: DisputeReason | None
    coordinator_disputes: UUID | None
    registrar_disputes: UUID | None

    @classmethod
    def of(cls, registration: Registration, today: date) -> Self:
        """Return a registration with its status of today."""
        return cls(**_state(registration, today))


class RegistrationSummary(RegistrationStateRead):
    """A registration in a list."""


class RegistrationNoteRead(Schema):
    """What a registrar wrote at a move."""

    to: RegistrationStatus
    text: str
    at: datetime

    @classmethod
    def of(cls, note: MoveNote) -> Self:
        """Return an opened note."""
        return cls(to=note.to, text=note.text, at=note.at)


class RegistrationRead(RegistrationStateRead):
    """A registration with its notes, as registrars see it."""

    notes: list[RegistrationNoteRead]

    @classmethod
    def of_opened(
        cls, registration: Registration, notes: tuple[MoveNote, ...], today: date
    ) -> Self:
        """Return a registration and its opened notes."""
        return cls(
            **_state(registration, today), notes=[RegistrationNoteRead.of(note) for note in notes]
        )


class CodeRead(RegistrationStateRead):
    """A new code. It is stored nowhere and is not shown again."""

    code: str

    @classmethod
    def of_issued(cls, issued: IssuedCode, today: date) -> Self:
        """Return a registration and the code just issued for it."""
        return cls(**_state(issued.registration, today), code=issued.code)


class RedemptionRead(Schema):
    """Valid or not; of a valid code its kind and its last day, and nothing else."""

    valid: bool
    kind: CodeKind | None
    expires_on: date | None

    @classmethod
    def of(cls, redemption: Redemption) -> Self:
        """Return the result of redeeming a code."""
        return cls(valid=redemption.valid, kind=redemption.kind, expires_on=redemption.expires_on)


def _state(registration: Registration, today: date) -> dict[str, Any]:
    return {
        "id": registration.id,
        "case_id": registration.case_id,
        "version": registration.version,
        "kind": registration.kind,
        "status": status_on(registration, today),
        "requested_on": registration.requested_on,
        "moved_on": registration.moved_on,
        "expires_on": registration.expires_on,
        "made_here": registration.made_here,
        "suspended": registration.suspended,
        "replaces": registration.replaces,
        "redeemed_by": registration.redeemed_by,
        "dispute": registration.dispute,
        "coordinator_disputes": registration.coordinator_disputes,
        "registrar_disputes": registration.registrar_disputes,
    }
