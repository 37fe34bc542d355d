"""Founds what one side is measured over: members, cases that its reader has met, open sessions.

Runs in the process that then serves, so that a side reads what it wrote itself. Passphrases are
stretched at the cost that is asked for; nothing that is timed needs Argon2 but a sign-in.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import text

from app.accounts.logins import login_index
from app.audit.writes import note_writes
from app.casework import held
from app.clock import utc_now
from app.crypto.passwords import SALT_BYTES
from app.crypto.root import RootKey
from app.deployment import Deployment
from app.intake.schemas import CaseCreate
from app.intake.service import open_case
from app.models import metadata
from app.permissions import Role, roles_in
from app.principal import Principal
from app.search import service as search
from app.search.models import SearchKind
from app.settings import Settings
from app.store.base import new_id
from app.store.models import KeystoreBase
from app.work import begin_work, unit_of_work
from benchmarks import bare
from benchmarks.bare_tables import Bare, BareMember
from benchmarks.stock import intake, phone
from tests.support.founding import found
from tests.support.world import Clock, Person, World

Side = Literal["ours", "unsealed", "bare"]
SIDES: Final[tuple[Side, ...]] = ("ours", "unsealed", "bare")

_BATCH: Final = 50
_BARE_MEMBERS: Final = 16


class Ask(msgspec.Struct, frozen=True):
    """What a side is to found."""

    side: Side
    database_url: str
    keystore_url: str
    cases: int
    argon2_memory_kib: int
    argon2_iterations: int
    key_rows: bool = True


class Ready(msgspec.Struct, frozen=True):
    """What a client needs: who may do what, and what there is to be read."""

    port: int
    opener: str
    reader: str
    logins: list[tuple[str, str]]
    cases: list[str]
    phones: list[str]


@dataclass(frozen=True, slots=True)
class Ground:
    """A founded side: its deployment, tokens, sign-ins and cases.

    ``newcomer`` is a coordinator who has not met any case yet; the bare side has none.
    """

    deployment: Deployment
    opener: str
    reader: str
    logins: list[tuple[str, str]]
    cases: list[str]
    newcomer: str = ""

    def ready(self, port: int) -> Ready:
        """Return what to tell the client."""
        numbers = [phone(number) for number in range(len(self.cases))]
        return Ready(port, self.opener, self.reader, self.logins, self.cases, numbers)


def lay(ask: Ask) -> Ground:
    """Make the tables, members, cases and sessions of one side, in empty databases."""
    settings = Settings(
        environment="test",
        organisation_id=UUID("5a0c0ffe-0000-4000-8000-00000000abcd"),
        organisation_root="0" * 64,
        database_url=ask.database_url,
        keystore_url=ask.keystore_url,
        argon2_memory_kib=ask.argon2_memory_kib,
        argon2_iterations=ask.argon2_iterations,
        session_idle_minutes=60,
        searches_per_day=1_000_000,
    )
    root = RootKey(secrets.token_bytes(32))
    ground = _lay_bare(settings, root, ask) if ask.side == "bare" else _lay(settings, root, ask)
    if not settings.is_sqlite:
        with ground.deployment.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    return ground


def _lay(settings: Settings, root: RootKey, ask: Ask) -> Ground:
    founded = found(settings, root, Clock(utc_now()))
    deployment = Deployment.build(founded.settings, root)
    note_writes(deployment.sessions)
    world = World(deployment, Clock(utc_now()), founded)
    author, reader = world.member(Role.VOLUNTEER), world.member(Role.COORDINATOR)
    cases: list[str] = []
    for start in range(0, ask.cases, _BATCH):
        with world.work_as(author) as work:
            for number in range(start, min(start + _BATCH, ask.cases)):
                draft = CaseCreate.model_validate_json(msgspec.json.encode(intake(number)))
                cases.append(str(open_case(work, draft.to_intake()).id))
    _meet(world, reader)
    # Cases opened while timing are another team's: what is read stays as it is.
    opener = world.member(Role.VOLUNTEER, team=2)
    logins = [(person.login, person.passphrase) for person in founded.people]
    newcomer = world.member(Role.COORDINATOR, 2)
    return Ground(
        deployment,
        world.token(opener),
        world.token(reader),
        logins,
        cases,
        world.token(newcomer),
    )


def _meet(world: World, reader: Person) -> None:
    """Let the reader rewrap every grant and index every case, as days would."""
    with world.work_as(reader) as work:
        held.list_summaries(work, held.list_cases(work, limit=100_000))
    complete = False
    while not complete:
        with world.work_as(reader) as work:
            complete = search.search(work, SearchKind.PHONE, phone(0)).complete


def _lay_bare(settings: Settings, root: RootKey, ask: Ask) -> Ground:
    deployment = Deployment.build(settings, root)
    metadata.create_all(deployment.engine)
    KeystoreBase.metadata.create_all(deployment.keystore.engine)
    deployment.create_secrets()
    Bare.metadata.create_all(deployment.engine)
    teams = (new_id(), new_id())
    author = _bare_member(deployment, teams[0], Role.VOLUNTEER, "author")
    reader = _bare_member(deployment, teams[0], Role.COORDINATOR, "reader")
    opener = _bare_member(deployment, teams[1], Role.VOLUNTEER, "opener")
    others = [
        _bare_member(deployment, teams[1], Role.VOLUNTEER, f"member-{number}")
        for number in range(_BARE_MEMBERS)
    ]
    with deployment.sessions() as session, session.begin():
        session.add_all(member for member, _ in (author, reader, opener, *others))
        session.flush()
        opens = bare.open_session(session, deployment, opener[0])
        reads = bare.open_session(session, deployment, reader[0])
    principal = Principal(author[0].id, roles_in(teams[0], Role.VOLUNTEER), teams[0])
    cases: list[str] = []
    with unit_of_work(begin_work(deployment.sessions(), deployment, principal)) as work:
        for number in range(ask.cases):
            draft = CaseCreate.model_validate_json(msgspec.json.encode(intake(number)))
            cases.append(str(bare.add_case(work, draft.to_intake()).id))
    return Ground(deployment, opens, reads, [login for _, login in others], cases)


def _bare_member(
    deployment: Deployment, team_id: UUID, role: Role, login: str
) -> tuple[BareMember, tuple[str, str]]:
    salt, passphrase = secrets.token_bytes(SALT_BYTES), secrets.token_urlsafe(24)
    cost = deployment.argon2_cost
    stretched = deployment.stretchers.members.stretch_now(
        passphrase, salt=salt, cost=cost, floor=deployment.argon2_floor
    )
    member = BareMember(
        id=new_id(),
        team_id=team_id,
        role=role,
        login_index=login_index(deployment, login),
        salt=salt,
        memory_kib=cost.memory_kib,
        iterations=cost.iterations,
        verifier=stretched.verifier,
    )
    return member, (login, passphrase)
