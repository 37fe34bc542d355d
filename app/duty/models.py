"""Rows of duties: one for each team. Knows tables; no rules."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Mapped

from app.store.base import (
    Mark,
    Record,
    Versioned,
    always,
    choice,
    never,
    plain,
)


class DutyStart(StrEnum):
    """How somebody came to be on duty; *fell*: who was before them can no longer be."""

    TAKEN = "taken"
    ACCEPTED = "accepted"
    FELL = "fell"


class TeamDuty(Record, Versioned):
    """Who has the watch of a team. ``id`` is the team's id, so that no team has two.

    Without ``member_id`` and ``began_at``: nobody had it yet. With ``began_at`` alone: nobody can.
    """

    __tablename__ = "team_duties"
    __mark__ = Mark(
        because="who had the watch before has it again",
        when=always,
        for_good=never,
    )

    member_id: Mapped[UUID | None] = plain("random; who is on duty")
    began_by: Mapped[DutyStart | None] = plain("taken, accepted or fallen", choice(DutyStart))
    began_at: Mapped[datetime | None] = plain("since when; to the minute")
    offered_to: Mapped[UUID | None] = plain("random; who is to accept it")
    offered_at: Mapped[datetime | None] = plain("when it was offered; to the minute")
