"""Clients that write while servers are killed, and what the databases say of it afterwards.

- A writer sends an act with an Idempotency-Key until it reads a 2xx, however long that takes, and
  then the next: intakes, notes on cases, deposits into a fund.
- Lost: a client read a 2xx, and the row is not there. Doubled: more rows than acts.

Knows tokens, addresses and tables; starts and ends no server.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from itertools import count
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.audit.checkpoints import log_verifier
from app.audit.verify import LogVerification, verify_log, verify_rows
from app.cases.models import Case, CaseNote
from app.cli.audit import log_keys
from app.cli.home import build, read_root_key
from app.deployment import Deployment
from app.ledger.models import EntryKind, Fund, JournalEntry
from app.models import authenticated_models
from app.permissions import Role
from app.store.jobs import list_runs
from app.vault.models import ScopeRow
from app.watch.models import CheckIn
from benchmarks.stock import intake
from tests.support.hosts import Home, sign_in
from tests.support.journey import Journey
from tests.support.served import serve
from tests.support.world import World

PATIENCE: Final = 90.0
"""Seconds after which an act that nobody answered fails the trial."""
AMOUNT: Final = 1_000

Ports = Callable[[], Sequence[int]]
"""Where to send to, asked for each try: the first that answers is taken."""


@dataclass
class AcknowledgedAct:
    """One act whose success a client was given."""

    kind: str
    id: UUID
    milliseconds: float
    tries: int
    replayed: bool


class ActRefused(RuntimeError):
    """An act met a response that no outage explains."""


@dataclass(frozen=True)
class Leg:
    """A leg that is under way, and the word by which somebody on it says that all is well."""

    id: str
    word: str


def depart(world: World) -> Leg:
    """Bring a case as far as a leg that has departed."""
    with serve(world) as served:
        journey = Journey(served)
        for step in (journey.log_intake, journey.triage_and_assign, journey.vet):
            step()
        at = f"/cases/{journey.case_id}"
        due = (world.clock() + timedelta(hours=4)).isoformat()
        first: dict[str, Any] = {"kind": "vehicle", "place": "the well", "instructions": "wait"}
        first |= {"due_at": due, "grace_minutes": 60}
        body = {"origin": "the market", "destination": "the blue door", "legs": [first]}
        word = served.post(journey.coordinator, f"{at}/plans", body)["safe_word"]
        leg = served.get(journey.coordinator, f"{at}/plan")["legs"][0]
        escort = {"volunteer_id": str(journey.escort.id)}
        path = f"/legs/{leg['id']}/escort"
        served.post(journey.coordinator, path, escort, based_on=leg["version"])
        for to in ("ready", "departed"):
            version = served.get(journey.coordinator, f"/legs/{leg['id']}")["version"]
            path = f"/legs/{leg['id']}/moves"
            served.post(journey.coordinator, path, {"to": to}, based_on=version)
        return Leg(leg["id"], word)


@dataclass
class Writers:
    """Clients in threads, each with an act in hand at any time: writers, and some who only read."""

    ports: Ports
    home: Home
    writers: int = 4
    leg: Leg | None = None
    there_before: frozenset[UUID] = frozenset()
    readers: int = 0
    acked: list[AcknowledgedAct] = field(default_factory=list)
    reads: list[float] = field(default_factory=list)
    """Milliseconds of each read of a reader."""
    failures: list[str] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    slowest: float = 0.0
    """Seconds until the slowest response, or until a client gave it up."""
    _stopped: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)

    def start(self) -> None:
        """Sign in, open a fund and begin to write."""
        port = self.ports()[0]
        self.tokens = {
            role: sign_in(port, self.home.login(role))
            for role in (Role.COORDINATOR, Role.TREASURER)
        }
        fund = {"name": "Winter concert", "currency": "MMK"}
        self.fund_id = str(self._until_done("fund", Role.TREASURER, "/funds", fund).id)
        for target in [self._write] * self.writers + [self._read_on] * self.readers:
            thread = threading.Thread(target=target, daemon=True)
            thread.start()
            self._threads.append(thread)

    def await_acked(self, more: int) -> None:
        """Wait until so many further acts were acknowledged."""
        wanted, begun = self.count() + more, time.monotonic()
        while self.count() < wanted and not self.failures:
            if time.monotonic() - begun > PATIENCE:
                message = f"{self.count()} acts in {PATIENCE} s"
                raise ActRefused(message)
            time.sleep(0.05)

    def stop(self) -> None:
        """Let every writer end the act that it has in hand; raises what any of them met."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(PATIENCE + 10)
        if self.failures:
            raise ActRefused(self.failures[0])

    def count(self, kind: str | None = None) -> int:
        return sum(kind in {None, act.kind} for act in self.acked)

    def _write(self) -> None:
        try:
            case: UUID | None = None
            while not self._stopped.is_set():
                number = next(self._numbers)
                if case is None or number % 3 == 0:
                    made = self._until_done("case", Role.COORDINATOR, "/cases", intake(number))
                    case = made.id
                elif number % 3 == 1:
                    note = {"text": f"Called back, {number}; calm."}
                    made = self._until_done("note", Role.COORDINATOR, f"/cases/{case}/notes", note)
                else:
                    money = {"amount": AMOUNT, "source": "events"}
                    path = f"/funds/{self.fund_id}/deposits"
                    made = self._until_done("deposit", Role.TREASURER, path, money)
                self.acked.append(made)
                if self.leg is not None:
                    self.acked.append(self._check_in(self.leg))
                    self._read(case)
        except Exception as failure:  # noqa: BLE001 - told by stop()
            self.failures.append(f"{type(failure).__name__}: {failure}")

    def _check_in(self, leg: Leg) -> AcknowledgedAct:
        path = f"/legs/{leg.id}/check-ins"
        return self._until_done("check-in", Role.COORDINATOR, path, {"word": leg.word})

    def _read(self, case: UUID) -> None:
        for path in (f"/cases/{case}", "/cases?limit=20", "/legs/watch"):
            self._get(path)

    def _read_on(self) -> None:
        try:
            while not self._stopped.is_set():
                case = next((act.id for act in reversed(self.acked) if act.kind == "case"), None)
                for path in ("/cases?limit=20", *([f"/cases/{case}"] if case else [])):
                    sent = time.monotonic()
                    self._get(path)
                    self.reads.append((time.monotonic() - sent) * 1000)
        except Exception as failure:  # noqa: BLE001 - told by stop()
            self.failures.append(f"{type(failure).__name__}: {failure}")

    def _get(self, path: str) -> None:
        headers = {"authorization": f"Bearer {self.tokens[Role.COORDINATOR]}"}
        answer = send(self.ports()[0], "GET", f"/api{path}", None, headers)
        if answer is not None and answer[0] not in {200, 503}:
            message = f"GET {path}: {answer[:2]}"
            raise ActRefused(message)

    def _until_done(self, kind: str, role: Role, path: str, body: Any) -> AcknowledgedAct:
        headers = {
            "authorization": f"Bearer {self.tokens[role]}",
            "content-type": "application/json",
            "idempotency-key": f"trial-{kind}-{next(self._numbers)}",
        }
        begun, tries = time.monotonic(), 0
        while time.monotonic() - begun < PATIENCE:
            for port in self.ports():
                tries += 1
                sent = time.monotonic()
                answer = send(port, "POST", f"/api{path}", body, headers)
                self.slowest = max(self.slowest, time.monotonic() - sent)
                if answer is None:
                    continue
                status, told, replayed = answer
                self.statuses[status] = self.statuses.get(status, 0) + 1
                if status in {200, 201}:
                    took = (time.monotonic() - sent) * 1000
                    return AcknowledgedAct(kind, UUID(told["id"]), took, tries, replayed)
                if status not in {409, 429, 503}:
                    raise ActRefused(f"{kind}: {status} {told}")
            time.sleep(0.05)
        raise ActRefused(f"{kind}: no 2xx in {PATIENCE} s")


def send(
    port: int, method: str, path: str, body: Any, headers: dict[str, str]
) -> tuple[int, Any, bool] | None:
    """Send one request; returns status, content and whether it was replayed, None unanswered."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    with closing(connection):
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            told = json.loads(answer.read())
        except (OSError, HTTPException, ValueError):
            return None
        return answer.status, told, answer.getheader("idempotency-replayed") == "true"


@dataclass
class Found:
    """What the databases hold after a trial."""

    ids: dict[str, set[UUID]]
    balance: int
    shares_missing: int
    verdict: LogVerification

    def lost(self, crowd: Writers) -> int:
        """Return how many acts that were acknowledged are not there."""
        return sum(act.id not in self.ids[act.kind] for act in crowd.acked)

    def doubled(self, crowd: Writers) -> int:
        """Return how many more rows there are than acts; also where money does not add up."""
        rows = set().union(*self.ids.values()) - crowd.there_before
        adrift = self.balance != AMOUNT * crowd.count("deposit")
        return len(rows - {act.id for act in crowd.acked}) + adrift


def inspect(home: Home) -> Found:
    """Read both databases of a home from outside, and verify the log and every row."""
    settings = home.settings
    deployment = build(settings, read_root_key(settings))
    try:
        with deployment.open_snapshot() as session:
            ids = {
                "case": set(session.scalars(select(Case.id))),
                "note": set(session.scalars(select(CaseNote.id))),
                "deposit": set(
                    session.scalars(
                        select(JournalEntry.id).where(JournalEntry.kind == EntryKind.DEPOSIT)
                    )
                ),
            }
            ids["check-in"] = set(session.scalars(select(CheckIn.id)))
            balance = int(session.scalar(select(func.sum(Fund.balance))) or 0)
            shares = set(session.scalars(select(ScopeRow.share_id).distinct()))
            there = deployment.keystore.find(shares)
            return Found(ids, balance, len(shares - set(there)), _verify(session, deployment))
    finally:
        deployment.close()


def _verify(session: Session, deployment: Deployment) -> LogVerification:
    verdict = verify_log(session, log_verifier(deployment.log_signing_key.public))
    verify_rows(
        session,
        verdict,
        organisation=deployment.organisation,
        log_keys=log_keys(session, deployment, verdict),
        models=authenticated_models(),
    )
    return verdict


def await_jobs(home: Home, limit: float = 75.0) -> float:
    """Wait until no event waits and no job fails; returns after how many seconds.

    A jump of a clock stays on record among the jobs, and is none of them.

    Raises AssertionError after the limit.
    """
    settings = home.settings
    deployment = build(settings, read_root_key(settings))
    begun = time.monotonic()
    try:
        while True:
            with deployment.open_snapshot() as session:
                verdict = verify_log(session, log_verifier(deployment.log_signing_key.public))
                runs = [run for run in list_runs(session) if run.name != clock.DOUBT]
                failing = [run.name for run in runs if run.failures]
            if not verdict.unsequenced and verdict.covered == verdict.leaves and not failing:
                return time.monotonic() - begun
            if time.monotonic() - begun > limit:
                message = f"{verdict.unsequenced} events wait; jobs that fail: {failing}"
                raise AssertionError(message)
            time.sleep(0.2)
    finally:
        deployment.close()
