"""What the bare side keeps: the same facts in plain columns. Knows nothing of keys."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Dialect, Index, MetaData, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from app.cases.models import CaseStatus, Channel, RankBand, RegionGroup, Standing
from app.permissions import Role
from app.store.base import Moment, choice


class Several(TypeDecorator[tuple[Any, ...]]):
    """Several values in one column, as JSON."""

    impl = JSON
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[Any, ...]:  # noqa: ARG002
        """Return what was put in: a tuple."""
        return tuple(value)


class Bare(DeclarativeBase):
    """Tables of their own names beside the application's: only theirs are written."""

    __housekeeping__ = "this side has no trail"
    metadata = MetaData()
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's name
        UUID: Uuid(),
        datetime: Moment(),
        tuple[Any, ...]: Several(),
        CaseStatus: choice(CaseStatus),
        Role: choice(Role),
        Channel: choice(Channel),
        Standing: choice(Standing),
        RankBand: choice(RankBand),
        RegionGroup: choice(RegionGroup),
    }


class BareMember(Bare):
    """A member, with the verifier of a passphrase."""

    __tablename__ = "bare_members"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    team_id: Mapped[UUID]
    role: Mapped[Role]
    login_index: Mapped[bytes] = mapped_column(unique=True)
    salt: Mapped[bytes]
    memory_kib: Mapped[int]
    iterations: Mapped[int]
    verifier: Mapped[bytes]


class BareSession(Bare):
    """A session, found by the digest of its token."""

    __tablename__ = "bare_sessions"

    id: Mapped[bytes] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(index=True)
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class BareCase(Bare):
    """A case in plain columns; lists of a person's own in JSON."""

    __tablename__ = "bare_cases"
    __table_args__ = (Index("ix_bare_cases_team", "team_id", "opened_on", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    team_id: Mapped[UUID]
    status: Mapped[CaseStatus]
    opened_on: Mapped[date]
    moved_on: Mapped[date]
    opened_by: Mapped[UUID]
    triaged_on: Mapped[date | None]
    merged_into: Mapped[UUID | None]
    emergency_until: Mapped[datetime | None]
    call_sign: Mapped[str]
    standing: Mapped[Standing]
    urgent: Mapped[bool]
    people: Mapped[int]
    infants: Mapped[int]
    infants_until: Mapped[tuple[Any, ...]]
    language: Mapped[str]
    half_year: Mapped[str]
    rank_band: Mapped[RankBand]
    region_group: Mapped[RegionGroup]
    name: Mapped[str]
    name_burmese: Mapped[str | None]
    name_as_written: Mapped[str | None]
    nrc: Mapped[str | None]
    service: Mapped[str | None]
    service_number: Mapped[str | None]
    unit: Mapped[str | None]
    born_on: Mapped[str | None]
    age: Mapped[int | None]
    age_stated_on: Mapped[date | None]
    relatives: Mapped[tuple[Any, ...]]
    channel: Mapped[Channel]
    phones: Mapped[tuple[Any, ...]]
    handles: Mapped[tuple[Any, ...]]
    safe_times: Mapped[str | None]
    contacted_by: Mapped[str | None]
    says: Mapped[str]
    says_as_written: Mapped[str | None]
    needs: Mapped[tuple[Any, ...]]
    risks: Mapped[tuple[Any, ...]]
    health: Mapped[str | None]
    as_written: Mapped[tuple[Any, ...]]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name


class BarePhone(Bare):
    """A telephone number of a case, normalised, for the exact search."""

    __tablename__ = "bare_phones"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(index=True)
    number: Mapped[str] = mapped_column(index=True)
