"""Tables that belong to no domain: leases of jobs, answers kept for repeated requests."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, LargeBinary, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.store.base import NAMING, Base, index_column, key_column, plain


class JobRun(Base):
    """When a job last began, succeeded and failed. Which process runs it is a lock's business."""

    __tablename__ = "job_runs"
    __housekeeping__ = "says when a job ran, nothing of anyone"

    name: Mapped[str] = plain("the job", String(40), primary_key=True)
    began_at: Mapped[datetime] = plain("when it was last begun; it is due again some time later")
    succeeded_at: Mapped[datetime | None] = plain("health and doctor compare it with the time")
    failed_at: Mapped[datetime | None] = plain("when it last failed")
    failures: Mapped[int] = plain("how often it failed since it last succeeded")
    failure: Mapped[str | None] = plain("the kind of the last error, no message", String(80))


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


class Counter(Base):
    """How often something was counted within its window of time. ``id`` is an HMAC."""

    __tablename__ = "counters"
    __housekeeping__ = "counts attempts, each of which is in the trail"

    id: Mapped[UUID] = index_column("HMAC of what is counted", primary_key=True)
    count: Mapped[int] = plain("a limit or a delay follows from it")
    last_at: Mapped[datetime] = plain("when it was last raised; to the minute", index=True)


class KeystoreBase(DeclarativeBase):
    """The keystore's own metadata: it never shares a file or a dump with the main database."""

    metadata = MetaData(naming_convention=NAMING)


class ErasureShare(KeystoreBase):
    """A random share without which a case's data keys cannot be derived."""

    __tablename__ = "erasure_shares"

    id: Mapped[UUID] = mapped_column(
        primary_key=True, info={"shows": "plain", "why": "random; a case names it"}
    )
    share: Mapped[bytes] = mapped_column(
        LargeBinary, info={"shows": "key", "why": "useless without a scope secret"}
    )
    made_on: Mapped[date] = mapped_column(
        Date, info={"shows": "plain", "why": "finds shares that no case ever took"}
    )
