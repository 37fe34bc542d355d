"""Tables that belong to no domain: leases of jobs, answers kept for repeated requests."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped

from app.store.base import Base, index_column, key_column, plain


class JobLease(Base):
    """Who may run a job until when, and when it last ran."""

    __tablename__ = "job_leases"
    __housekeeping__ = "says which process runs a job, nothing of anyone"

    name: Mapped[str] = plain("the job", String(40), primary_key=True)
    holder: Mapped[UUID] = plain("random; the process that runs it")
    until: Mapped[datetime] = plain("when the lease lapses")
    ran_at: Mapped[datetime] = plain("when it was last begun")


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
