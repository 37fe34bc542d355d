"""Rows of members, teams, credentials and sessions. What a row says of a person is sealed.

Knows tables and cell types; no keys, no passphrases, no rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped

from app.permissions import Compartment, Role
from app.store.base import (
    NO_PART,
    ORGANISATION,
    Record,
    Versioned,
    choice,
    index_column,
    key_column,
    plain,
)
from app.store.sealed import NOTES, SealedField


class MemberStatus(StrEnum):
    """Invited until a lead has certified the keys; removed for good."""

    INVITED = "invited"
    ACTIVE = "active"
    REMOVED = "removed"


class Place(StrEnum):
    """Which of the account's two slots opens this member. Never stands in a column."""

    FIRST = "1"
    SECOND = "2"


@dataclass(frozen=True, slots=True)
class TeamName:
    """What a team is called; sealed, because names of teams tell of places."""

    name: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What is kept about a member. ``pair`` and ``place`` are always filled, and of fixed width.

    ``pair`` is the member of the account's other slot, or random where there is none.
    """

    called: str
    pair: UUID
    place: Place = Place.FIRST


@dataclass(frozen=True, slots=True)
class Notice:
    """What the leads are to know; an empty ``code`` is nothing. The member is always filled."""

    code: str
    member_id: UUID


class DirectoryRecord(Record):
    """A row sealed under the directory key: it belongs to the organisation, not to a case."""

    __abstract__ = True

    @property
    def case_id(self) -> UUID:
        """Stand where a case id would; the table has no such column."""
        return ORGANISATION

    @property
    def part(self) -> UUID:
        """Stand where the part of a scope would."""
        return NO_PART


class Team(DirectoryRecord, Versioned):
    """A small group within the organisation; a case belongs to one team."""

    __tablename__ = "teams"

    founded_on: Mapped[date] = plain("lists are sorted by it; the day only")

    name = SealedField(TeamName, Compartment.DIRECTORY, step=NOTES)


class Member(DirectoryRecord, Versioned):
    """Somebody with an account. The role that counts for keys is the one that is certified."""

    __tablename__ = "members"
    __table_args__ = (Index("ix_members_team", "team_id", "role", "status"),)

    team_id: Mapped[UUID] = plain("work is handed out within a team", ForeignKey("teams.id"))
    role: Mapped[Role] = plain("the gate asks for it at every request", choice(Role))
    status: Mapped[MemberStatus] = plain("a removed member is refused", choice(MemberStatus))
    joined_on: Mapped[date] = plain("lists are sorted by it; the day only")
    removed_on: Mapped[date | None] = plain("from when nothing may be granted; the day only")
    login_index: Mapped[bytes] = index_column("HMAC of the sign-in name; unique", unique=True)
    standing: Mapped[bytes] = index_column(
        "HMAC over team, role and status, so that a writer of the database promotes nobody"
    )

    profile = SealedField(Profile, Compartment.DIRECTORY, step=NOTES)


class Credential(Record):
    """How a member's passphrases are checked and their keys kept. ``id`` is the member's id."""

    __tablename__ = "credentials"

    salt: Mapped[bytes] = key_column("of Argon2id; public by nature")
    memory_kib: Mapped[int] = plain("cost of Argon2id; bound to the slots, floors checked")
    iterations: Mapped[int] = plain("cost of Argon2id; bound to the slots, floors checked")
    lanes: Mapped[int] = plain("cost of Argon2id; bound to the slots, floors checked")
    pepper_id: Mapped[int] = plain("which pepper seals the slots")
    slot_0: Mapped[bytes] = key_column("verifier and wrapped keys, sealed under the pepper")
    slot_1: Mapped[bytes] = key_column("the same shape, always filled, whether used or not")


class MemberSession(Record):
    """One sign-in that still holds. ``id`` comes from the token and leads nowhere back."""

    __tablename__ = "sessions"
    __housekeeping__ = "sign-in and sign-out say in the trail what a session's row cannot"

    member_id: Mapped[UUID] = plain(
        "all sessions of a member end at once", ForeignKey("members.id"), index=True
    )
    opened_at: Mapped[datetime] = plain("shown to its owner; to the minute")
    seen_at: Mapped[datetime] = plain("idle sessions end; to the minute")
    ends_at: Mapped[datetime] = plain("no session outlives it; to the minute", index=True)
    keys_sealed: Mapped[bytes] = key_column("private keys, under the token and the boot key")
    lead_sealed: Mapped[bytes | None] = key_column("a lead's second key, likewise, minutes only")
    lead_until: Mapped[datetime | None] = plain("when the second unlock lapses; to the minute")


class SignInCounter(Record):
    """How often a sign-in name, known or not, was lately tried in vain. ``id`` is an HMAC."""

    __tablename__ = "sign_in_counters"
    __housekeeping__ = "counts attempts, each of which stands in the trail"

    failures: Mapped[int] = plain("makes the next attempt wait")
    last_at: Mapped[datetime] = plain("failures fade with time; to the minute", index=True)


class Alert(DirectoryRecord):
    """Written at every sign-in, almost always saying nothing: only opening tells which ones do."""

    __tablename__ = "alerts"
    __forgotten__ = "a month after it was raised"
    __housekeeping__ = "one row a sign-in, which stands in the trail itself"

    raised_on: Mapped[date] = plain("the day; kept for a month")
    settled: Mapped[bool] = plain("whether the worker has done what it asks, which may be nothing")

    notice = SealedField(Notice, Compartment.DIRECTORY, step=NOTES)
