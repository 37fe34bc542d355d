"""Rows of members, teams and credentials. What a row says of a person is sealed.

Knows tables and cell types; no keys, no passphrases, no rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped

from app.permissions import Compartment, MemberRoles
from app.store.base import (
    NO_PART,
    ORGANISATION,
    Mark,
    Ordered,
    Record,
    Versioned,
    always,
    choice,
    has_changed,
    index_column,
    key_column,
    never,
    plain,
)
from app.store.sealed import NOTES, SealedField


class MemberStatus(StrEnum):
    """Invited until a lead has certified the keys; suspended for hours; removed for good."""

    INVITED = "invited"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REMOVED = "removed"


SHUT_OUT = frozenset({MemberStatus.SUSPENDED, MemberStatus.REMOVED})
"""Whom no session, no sign-in and no grant lets in."""


class CredentialSlot(StrEnum):
    """Which of a credential's two slots opens this member. Sealed; no column shows it."""

    FIRST = "1"
    SECOND = "2"


@dataclass(frozen=True, slots=True)
class TeamName:
    """A team's name; sealed, because names of teams tell of places."""

    name: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What is kept about a member. ``pair`` and ``slot`` are always filled, and of fixed width.

    ``pair`` is the member of the account's other slot, or random where there is none.
    """

    display_name: str
    pair: UUID
    slot: CredentialSlot = CredentialSlot.FIRST


class DirectoryRecord(Record):
    """A row sealed under the directory key: it belongs to the organisation, not to a case."""

    __abstract__ = True

    @property
    def case_id(self) -> UUID:
        """``ORGANISATION``; the table has no column of cases."""
        return ORGANISATION

    @property
    def part(self) -> UUID:
        """``NO_PART``; the table has no column of parts."""
        return NO_PART


class Team(DirectoryRecord, Ordered, Versioned):
    """A small group within the organisation; a case belongs to one team."""

    __tablename__ = "teams"
    __unmarked__ = "an older row has an older name"

    founded_on: Mapped[date] = plain("lists are sorted by it; the day only")

    name = SealedField(TeamName, Compartment.DIRECTORY, step=NOTES)


class Member(DirectoryRecord, Ordered, Versioned):
    """A person with an account. Keys are sealed only to the certified roles."""

    __tablename__ = "members"
    __mark__ = Mark(
        because="a member who was removed or suspended is back, or has roles that they lost",
        when=lambda member: has_changed(member, "roles", "status", "team_id"),
        for_good=always,
    )

    team_id: Mapped[UUID] = plain(
        "their own team, where they act unless they say otherwise", ForeignKey("teams.id")
    )
    roles: Mapped[MemberRoles] = plain("roles and teams; read at every request, before the route")
    status: Mapped[MemberStatus] = plain("a removed member is refused", choice(MemberStatus))
    joined_on: Mapped[date] = plain("lists are sorted by it; the day only")
    removed_on: Mapped[date | None] = plain("from when nothing may be granted; the day only")
    login_index: Mapped[bytes] = index_column("HMAC of the sign-in name; unique", unique=True)

    profile = SealedField(Profile, Compartment.DIRECTORY, step=NOTES)


class Suspension(Record, Versioned):
    """A member shut out at once, by one lead or by two coordinators, until it is undone."""

    __tablename__ = "suspensions"
    __mark__ = Mark(
        because="a suspension that was undone can be undone again, by who had agreed to it",
        when=always,
        for_good=never,
    )

    member_id: Mapped[UUID] = plain("random; who is shut out", index=True)
    asked_by: Mapped[UUID] = plain("random; the lead, or the first of two coordinators")
    asked_at: Mapped[datetime] = plain("a second coordinator has a day; to the minute")
    agreed_by: Mapped[UUID | None] = plain("random; the second coordinator")
    began_at: Mapped[datetime | None] = plain(
        "another lead may undo it for 72 hours; to the minute"
    )
    was: Mapped[MemberStatus | None] = plain(
        "what the member is again once it is undone", choice(MemberStatus)
    )
    ended_by: Mapped[UUID | None] = plain("random; who undid it")
    ended_at: Mapped[datetime | None] = plain("when it was undone; to the minute")


class Credential(Record, Versioned):
    """How a member's passphrases are checked and their keys kept. ``id`` is the member's id."""

    __tablename__ = "credentials"
    __mark__ = Mark(because="a replaced passphrase opens again", when=always, for_good=always)

    pepper_id: Mapped[int] = plain("which pepper seals the slots")
    slot_0: Mapped[bytes] = key_column("salt, cost, verifier and wrapped keys, under the pepper")
    slot_1: Mapped[bytes] = key_column("the same shape, always filled, whether used or not")
