"""Rows of emergencies: the two decisions by which work begins before vetting ends."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Mapped

from app.cases.models import FreeText
from app.permissions import Compartment, Role
from app.store.base import (
    CaseRecord,
    Mark,
    Ordered,
    Versioned,
    always,
    choice,
    never,
    plain,
)
from app.store.sealed import NOTES, SealedField


class EmergencyDecision(CaseRecord, Ordered, Versioned):
    """One of the two decisions: a coordinator's or a lead's.

    Both have one ``request_id``, the id of the first, which is also the part under which the
    reasons are sealed: a lead who decides reads the reason and the summary, and nothing else.
    """

    __tablename__ = "emergency_decisions"
    __mark__ = Mark(
        because="a decision that lapsed or was replaced counts",
        when=always,
        for_good=never,
    )

    request_id: Mapped[UUID] = plain("random; the first of the two decisions", index=True)
    decided_as: Mapped[Role] = plain("a coordinator and a lead must both decide", choice(Role))
    decided_by: Mapped[UUID] = plain("random; who decided")
    decided_on: Mapped[date] = plain("a first decision lapses when no second one follows")
    hours: Mapped[int] = plain("for how long work may go on without vetting")
    began_alone: Mapped[bool] = plain("whether work began before the other side decided")

    reason = SealedField(FreeText, Compartment.ACCOUNT, step=NOTES)

    @property
    def part(self) -> UUID:
        """The request: both reasons are sealed under a scope of its own."""
        return self.request_id
