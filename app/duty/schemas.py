"""Requests and responses of duties. Knows ids and times only."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from app.duty.holding import Holding
from app.duty.models import DutyStart
from app.http.schema import Schema, Version


class DutyOfferCreate(Schema):
    """The coordinator of the team who is to accept the duty."""

    member_id: UUID


class DutyRead(Schema):
    """Who is on duty in a team, since when and how; null where it has no active coordinator.

    ``started_by`` and ``since`` are null for a duty that fell within the last minute, and for one
    that nobody took yet: it lies with the first coordinator.
    """

    team_id: UUID
    member_id: UUID | None
    started_by: DutyStart | None = None
    since: datetime | None = None
    offered_to: UUID | None = None
    offered_at: datetime | None = None
    version: Version

    @classmethod
    def of(cls, holding: Holding) -> Self:
        """Return who is on duty."""
        read = cls(team_id=holding.team_id, member_id=holding.member_id, version=holding.version)
        row = holding.row
        if row is None or holding.fell:
            return read
        written = {
            "started_by": row.began_by,
            "since": row.began_at,
            "offered_to": row.offered_to,
            "offered_at": row.offered_at,
        }
        return read.model_copy(update=written)
