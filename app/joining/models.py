"""Rows of invitations. Neither the link nor the words are kept. Knows tables and cell types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from app.accounts.models import DirectoryRecord
from app.permissions import Compartment, MemberRoles
from app.store.base import (
    Mark,
    Ordered,
    Versioned,
    always,
    index_column,
    key_column,
    plain,
)
from app.store.sealed import NOTES, SealedField


@dataclass(frozen=True, slots=True)
class Invited:
    """How colleagues will call the newcomer."""

    display_name: str


class Invitation(DirectoryRecord, Ordered, Versioned):
    """An invitation to join, by a link and six words. It ends when used, withdrawn, or in time."""

    __tablename__ = "invitations"
    __mark__ = Mark(
        because="an invitation that was used or withdrawn lets somebody in",
        when=always,
        for_good=always,
    )

    roles: Mapped[MemberRoles] = plain("what the newcomer will be, as the member's row says later")
    made_by: Mapped[UUID] = plain("random; who invited, whom the leads may have to ask")
    made_at: Mapped[datetime] = plain("it holds for 72 hours; to the minute")
    tries: Mapped[int] = plain("how often words were tried: few are allowed")
    ended_at: Mapped[datetime | None] = plain("from then on it opens nothing; to the minute")
    member_id: Mapped[UUID | None] = plain("random; who came by it")
    link_index: Mapped[bytes] = index_column("HMAC of the link's secret; unique", unique=True)
    words_proof: Mapped[bytes] = key_column("HMAC of the link's secret and the six words")

    invited = SealedField(Invited, Compartment.DIRECTORY, step=NOTES)
