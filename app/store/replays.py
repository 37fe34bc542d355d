"""What was answered to requests that may be repeated, kept for two days.

The row's key says nothing without the root key, and the answer opens for the member alone who
asked: a code that is shown once must not lie about in the clear. Knows no HTTP.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped

from app.store.base import Base, index_column, key_column, plain

DAYS_KEPT = 2


class Replay(Base):
    """One request that was carried out, and its sealed answer."""

    __tablename__ = "idempotency_keys"
    __housekeeping__ = "the unit that wrote it has the events of what was done"

    id: Mapped[bytes] = index_column(
        "HMAC of member, route and key, under a key from the root key",
        LargeBinary(32),
        primary_key=True,
    )
    answer: Mapped[bytes] = key_column(
        "the answer, sealed under a key of the member's own", LargeBinary
    )
    created_on: Mapped[date] = plain("kept for two days", index=True)
