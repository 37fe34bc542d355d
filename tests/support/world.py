"""A founded organisation to test in: two teams, members for each role, real keys.

Founded once a database and session by the same services as a real one, then copied for each test.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from app.accounts.models import Member
from app.audit.events import EventKind
from app.audit.writes import note_writes
from app.crypto.root import RootKey
from app.crypto.signing import SigningKey
from app.deployment import Deployment
from app.permissions import Role, roles_in
from app.principal import NOBODY, Principal
from app.sessions.service import open_session
from app.settings import Settings
from app.store.base import Base
from app.store.models import KeystoreBase
from app.totality import require_rows
from app.vault.keyring import MemberSecrets
from app.work import ANY_VERSION, Work, begin_work, unit_of_work
from tests.support.cases import open_bare_case

BEGINNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MEMBERS_BY_ROLE: tuple[tuple[Role, int], ...] = (
    (Role.VOLUNTEER, 3),
    (Role.COORDINATOR, 2),
    (Role.VETTER, 2),
    (Role.REGISTRAR, 1),
    (Role.TREASURER, 2),
    (Role.AUDITOR, 1),
    (Role.ADMINISTRATOR, 1),
)
require_rows(
    "MEMBERS_BY_ROLE",
    dict(MEMBERS_BY_ROLE),
    [role for role in Role if role is not Role.LEAD],
    file="tests/support/world.py",
)


@dataclass
class Clock:
    """A clock that moves when a test says so."""

    at: datetime = BEGINNING

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass(frozen=True)
class Person:
    """A member, with what only they know."""

    id: UUID
    role: Role
    team_id: UUID
    login: str
    passphrase: str
    secrets: MemberSecrets

    @property
    def principal(self) -> Principal:
        return Principal(
            self.id,
            roles_in(self.team_id, self.role),
            self.team_id,
            None,
            self.secrets.lead is not None,
        )


@dataclass(frozen=True)
class Founded:
    """What a founding leaves behind, to be copied for each test."""

    settings: Settings
    root: RootKey
    people: tuple[Person, ...]
    teams: tuple[UUID, ...]
    root_signing: SigningKey
    recovery_kit: tuple[str, ...] = ()


@dataclass
class World:
    """One test's own copy of the organisation."""

    deployment: Deployment
    clock: Clock
    founded: Founded
    files: tuple[Path, ...] = ()
    facts: Any = None
    """What was told of a world that was prepared, such as the ids of its cases."""
    _tokens: dict[UUID, str] = field(default_factory=dict)

    @property
    def people(self) -> tuple[Person, ...]:
        return self.founded.people

    def member(self, role: Role | str, number: int = 1, *, team: int = 1) -> Person:
        """The nth member of a role in a team; leads belong to none in particular."""
        found = [
            person
            for person in self.people
            if person.role == Role(role)
            and (person.role is Role.LEAD or person.team_id == self.founded.teams[team - 1])
        ]
        return found[number - 1]

    @contextmanager
    def work_as(self, person: Person | None, based_on: int | None = ANY_VERSION) -> Iterator[Work]:
        """A real unit of work with the member's real keys, committed at the end."""
        with self.deployment.sessions() as session:
            work = begin_work(
                session,
                self.deployment,
                person.principal if person else NOBODY,
                person.secrets if person else None,
                based_on=based_on,
            )
            with unit_of_work(work):
                yield work

    def token(self, person: Person, *, stepped_up: bool = False) -> str:
        """A bearer token of a session opened by the same service as sign-in's."""
        if stepped_up or person.id not in self._tokens:
            keys = person.secrets
            if not stepped_up:
                keys = MemberSecrets(keys.work, keys.sign)
            with self.work_as(person) as work:
                member = work.session.get_one(Member, person.id)
                token = open_session(work, member, keys).token
                work.trail.record(EventKind.SESSION_OPENED)
            if stepped_up:
                return token
            self._tokens[person.id] = token
        return self._tokens[person.id]

    def close(self) -> None:
        """Close it, and let go what SQLAlchemy compiled for its engines and would keep."""
        self.deployment.close()
        for mapper in (*Base.registry.mappers, *KeystoreBase.registry.mappers):
            mapper._compiled_cache.clear()

    def open_case(self, by: Person | None = None, **cells: Any) -> UUID:
        """A case logged by a volunteer, held by them and by their team's coordinators."""
        author = by or self.member(Role.VOLUNTEER)
        holders = [
            person
            for person in self.people
            if person.role is Role.COORDINATOR and person.team_id == author.team_id
        ]
        with self.work_as(author) as work:
            return open_bare_case(work, [author, *holders], **cells)


def copy_sqlite(founded: Founded, source: Path, target: Path) -> Settings:
    """A private copy of the founded files."""
    for name in ("main.db", "keystore.db"):
        shutil.copy(source / name, target / name)
    return founded.settings.model_copy(
        update={
            "database_url": f"sqlite:///{target}/main.db",
            "keystore_url": f"sqlite:///{target}/keystore.db",
        }
    )


def open_world(founded: Founded, settings: Settings, files: tuple[Path, ...] = ()) -> World:
    """A deployment over a copy, with a clock of its own."""
    clock = Clock()
    deployment = Deployment.build(settings, founded.root, boot_key=bytes(32), clock=clock)
    note_writes(deployment.sessions)
    return World(deployment, clock, founded, files)
