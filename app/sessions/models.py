"""Rows of sessions. Knows tables; no keys, no rules."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped

from app.store.base import Housekeeping, Record, key_column, plain


class MemberSession(Record):
    """A session. ``id`` is derived from the token, one way."""

    __tablename__ = "sessions"
    __housekeeping__ = Housekeeping(
        because="sign-in and sign-out are in the log",
        written="UPDATE: an idle session goes on; DELETE: a member is signed out",
        bounded=(
            "keys open with the token alone, until the session's own end, to which they are sealed"
        ),
    )

    member_id: Mapped[UUID] = plain(
        "all sessions of a member end at once", ForeignKey("members.id"), index=True
    )
    opened_at: Mapped[datetime] = plain("shown to its owner; to the minute")
    seen_at: Mapped[datetime] = plain("idle sessions end; to the minute")
    ends_at: Mapped[datetime] = plain("no session outlives it; to the minute", index=True)
    keys_sealed: Mapped[bytes] = key_column("private keys, under the token and the boot key")
    lead_sealed: Mapped[bytes | None] = key_column("a lead's second key, likewise, minutes only")
    lead_until: Mapped[datetime | None] = plain("when the step-up ends; to the minute")
