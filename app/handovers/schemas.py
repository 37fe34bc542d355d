"""Requests and responses of handing work over. No name and no word of a case is in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from app.cases.models import CaseStatus
from app.handovers.service import Holding, Outcome, Piece
from app.http.paging import PageRequest
from app.http.schema import Schema
from app.vault.models import GrantReason


class HandoverCreate(Schema):
    """Whose work goes to whom; with ``dry_run`` nothing is written."""

    from_id: UUID
    to_id: UUID
    dry_run: bool = False


class PieceRead(Schema):
    """One piece of work and what comes of it."""

    case_id: UUID
    reason: GrantReason
    about: UUID
    outcome: Outcome

    @classmethod
    def of(cls, piece: Piece) -> PieceRead:
        """Return a piece of work."""
        return cls(
            case_id=piece.case_id, reason=piece.reason, about=piece.about, outcome=piece.outcome
        )


class HandoverRead(Schema):
    """What was handed over, or would be. ``left``: how many pieces a further call hands over."""

    dry_run: bool
    handed_over: int
    left: int
    items: list[PieceRead]

    @classmethod
    def of(cls, pieces: Sequence[Piece], *, dry_run: bool) -> HandoverRead:
        """Return the pieces and their counts."""
        counts = Counter(piece.outcome for piece in pieces)
        return cls(
            dry_run=dry_run,
            handed_over=counts[Outcome.HANDED_OVER],
            left=counts[Outcome.LEFT],
            items=[PieceRead.of(piece) for piece in pieces],
        )


class HoldingsQuery(PageRequest):
    """A page of open cases: of one team if named, and only those that nobody holds."""

    team_id: UUID | None = None
    unheld: bool = False


class HoldingRead(Schema):
    """An open case by its id and status, and the members who hold it."""

    case_id: UUID
    team_id: UUID
    status: CaseStatus
    opened_on: date
    holders: list[UUID]

    @classmethod
    def of(cls, holding: Holding) -> HoldingRead:
        """Return a case and its holders."""
        case = holding.case
        return cls(
            case_id=case.id,
            team_id=case.team_id,
            status=case.status,
            opened_on=case.opened_on,
            holders=holding.holders,
        )
