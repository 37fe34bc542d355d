"""The stage: an organisation with a cast, a clock that plays time, and journeys that take turns.

Journeys are generators that yield when their next event happens; the stage lets the earliest go
first, so that the log reads as if it had happened. Knows members and units of work; no story.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from app.accounts.admission import Admission, admit_member
from app.deployment import Deployment
from app.ledger.models import DepositSource
from app.ledger.service import deposit, open_fund
from app.permissions import Role
from app.vault.keyring import MemberSecrets
from app.work import ANY_VERSION, Principal, Work, begin_work, unit_of_work

CAST: tuple[tuple[Role, tuple[str, ...]], ...] = (
    (Role.VOLUNTEER, ("sparrow", "mynah", "egret")),
    (Role.COORDINATOR, ("heron", "stork")),
    (Role.VETTER, ("owl", "kite")),
    (Role.REGISTRAR, ("wren",)),
    (Role.TREASURER, ("magpie", "drongo")),
    (Role.AUDITOR, ("swift",)),
    (Role.ADMINISTRATOR, ("weaver",)),
)
_FUND = 900_000_000
"""In minor units: nine million kyat."""


class StageClock:
    """A clock that shows whatever the play has come to."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """Return the moment that is being played."""
        return self.at


@dataclass(frozen=True, slots=True)
class Player:
    """A member of the cast, with the passphrase that is printed for visitors."""

    login: str
    role: Role
    team: int
    principal: Principal
    passphrase: str = field(repr=False)
    secrets: MemberSecrets = field(repr=False)


Journey = Iterator[datetime]


@dataclass
class Stage:
    """Where the journeys are played."""

    deployment: Deployment
    clock: StageClock
    players: dict[str, Player] = field(default_factory=dict)
    funds: dict[int, UUID] = field(default_factory=dict)

    @contextmanager
    def work_as(self, player: Player) -> Iterator[Work]:
        """One unit of work of a member, with their real keys."""
        with self.deployment.sessions() as session:
            work = begin_work(
                session, self.deployment, player.principal, player.secrets, based_on=ANY_VERSION
            )
            with unit_of_work(work):
                yield work

    def of(self, role: Role, number: int = 1, *, team: int = 1) -> Player:
        """Return the nth member of a role in a team."""
        found = [p for p in self.players.values() if p.role is role and p.team == team]
        return found[(number - 1) % len(found)]

    def join(self, login: str, role: Role, team: int, admission: Admission) -> Player:
        """Add someone who was admitted to the cast."""
        member = admission.member
        principal = Principal(
            member.id, role, member.team_id, stepped_up=admission.keys.lead is not None
        )
        player = Player(login, role, team, principal, admission.passphrase, admission.keys)
        self.players[login] = player
        return player

    def admit_cast(self, lead: Player, teams: Iterable[UUID], progress: Callable[[], None]) -> None:
        """Admit the cast of each team, certified by the lead, and give each team a fund."""
        for team, team_id in enumerate(teams, 1):
            for role, names in CAST:
                for name in names:
                    login = name if team == 1 else f"{name}-{team}"
                    with self.work_as(lead) as work:
                        admission = admit_member(
                            work,
                            team_id=team_id,
                            role=role,
                            login=login,
                            display_name=login.title(),
                        )
                    self.join(login, role, team, admission)
                    progress()
            with self.work_as(self.of(Role.TREASURER, team=team)) as work:
                fund = open_fund(work, "General fund", "MMK")
                work.session.flush()
                deposit(work, fund.id, _FUND, DepositSource.EVENTS)
                self.funds[team] = fund.id

    def play(
        self, journeys: Iterable[Journey], until: datetime, progress: Callable[[], None]
    ) -> None:
        """Let the journeys take turns by the time of their next event, as far as ``until``."""
        order = count()
        waiting: list[tuple[datetime, int, Journey]] = []
        for journey in journeys:
            first = next(journey, None)
            if first is not None:
                waiting.append((first, next(order), journey))
        heapq.heapify(waiting)
        while waiting and waiting[0][0] <= until:
            at, _, journey = heapq.heappop(waiting)
            self.clock.at = max(self.clock.at, at)
            following = next(journey, None)
            progress()
            if following is not None:
                heapq.heappush(waiting, (following, next(order), journey))


def offset(text: str) -> timedelta:
    """Return the span that a scenario writes as ``30h`` or ``132.5d``."""
    number = float(text[:-1])
    return timedelta(hours=number) if text.endswith("h") else timedelta(days=number)
