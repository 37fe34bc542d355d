"""The demo's organisation: its members, teams and funds, and a clock that can be set.

A journey is a generator that yields the time of its next event, then makes it. Journeys are
advanced in the order of those times, so that the log reads as if they had happened. Knows
members and units of work; no case.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from app.accounts.admission import Admission
from app.demo.admission import admit_member
from app.deployment import Deployment
from app.ledger.models import DepositSource
from app.ledger.service import deposit, open_fund
from app.permissions import Role, roles_in
from app.principal import Principal
from app.totality import require_rows
from app.vault.keyring import MemberSecrets
from app.work import ANY_VERSION, Work, begin_work, unit_of_work

MEMBERS_BY_ROLE: tuple[tuple[Role, tuple[str, ...]], ...] = (
    (Role.VOLUNTEER, ("sparrow", "mynah", "egret")),
    (Role.COORDINATOR, ("heron", "stork")),
    (Role.VETTER, ("owl", "kite")),
    (Role.REGISTRAR, ("wren",)),
    (Role.TREASURER, ("magpie", "drongo")),
    (Role.AUDITOR, ("swift",)),
    (Role.ADMINISTRATOR, ("weaver",)),
)
require_rows(
    "MEMBERS_BY_ROLE",
    dict(MEMBERS_BY_ROLE),
    [role for role in Role if role is not Role.LEAD],
    file="app/demo/organisation.py",
)
_FUND = 900_000_000
"""In minor units: nine million kyat."""


class SettableClock:
    """A clock that shows the time that was last set."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """Return the time that was set."""
        return self.at


@dataclass(frozen=True, slots=True)
class DemoMember:
    """A member of the demo, with the passphrase that `padauk demo` prints."""

    login: str
    role: Role
    team: int
    principal: Principal
    passphrase: str = field(repr=False)
    secrets: MemberSecrets = field(repr=False)


Journey = Iterator[datetime]


@dataclass
class DemoOrganisation:
    """A deployment with members to act as, and a clock to set."""

    deployment: Deployment
    clock: SettableClock
    members: dict[str, DemoMember] = field(default_factory=dict)
    funds: dict[int, UUID] = field(default_factory=dict)

    @contextmanager
    def work_as(self, member: DemoMember) -> Iterator[Work]:
        """Open a unit of work as a member, with their real keys."""
        with self.deployment.sessions() as session:
            work = begin_work(
                session, self.deployment, member.principal, member.secrets, based_on=ANY_VERSION
            )
            with unit_of_work(work):
                yield work

    def of(self, role: Role, number: int = 1, *, team: int = 1) -> DemoMember:
        """Return the nth member of a role in a team."""
        found = [p for p in self.members.values() if p.role is role and p.team == team]
        return found[(number - 1) % len(found)]

    def add(self, login: str, role: Role, team: int, admission: Admission) -> DemoMember:
        """Add a member who was just admitted."""
        member = admission.member
        principal = Principal(
            member.id, member.roles, member.team_id, stepped_up=admission.keys.lead is not None
        )
        added = DemoMember(login, role, team, principal, admission.passphrase, admission.keys)
        self.members[login] = added
        return added

    def admit_members(
        self, lead: DemoMember, teams: Iterable[UUID], progress: Callable[[], None]
    ) -> None:
        """Admit the members of each team, certified by the lead, and open a fund for each."""
        for team, team_id in enumerate(teams, 1):
            for role, names in MEMBERS_BY_ROLE:
                for name in names:
                    login = name if team == 1 else f"{name}-{team}"
                    with self.work_as(lead) as work:
                        admission = admit_member(
                            work,
                            roles=roles_in(team_id, role),
                            login=login,
                            display_name=login.title(),
                        )
                    self.add(login, role, team, admission)
                    progress()
            with self.work_as(self.of(Role.TREASURER, team=team)) as work:
                fund = open_fund(work, "General fund", "MMK")
                work.session.flush()
                deposit(work, fund.id, _FUND, DepositSource.EVENTS)
                self.funds[team] = fund.id

    def run_journeys(
        self, journeys: Iterable[Journey], until: datetime, progress: Callable[[], None]
    ) -> None:
        """Advance the journeys in the order of their next events, up to ``until``."""
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
