"""Starts the three sides over one database and times them in turn, round after round."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

import msgspec
import psycopg
from sqlalchemy.engine import make_url

from benchmarks.ground import SIDES, Ask, Ready, Side
from benchmarks.load import Act, Timed, burst
from tests.support.postgres import fresh_database, start_postgres

DATABASES: Final = ("sqlite", "postgresql")
_WARM: Final = 8
_STOP_SECONDS: Final = 20
_numbers = count()


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is to be timed."""

    databases: Sequence[str] = DATABASES
    acts: Sequence[Act] = ()
    connections: Sequence[int] = (1, 16)
    requests: int = 200
    sign_ins: int = 8
    rounds: int = 3
    cases: int = 300
    argon2_memory_kib: int = 64 * 1024
    argon2_iterations: int = 3
    key_rows: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """One act over one database at so many connections: what each side took in each round."""

    database: str
    act: Act
    connections: int
    requests: int
    rounds: dict[Side, list[Timed]] = field(default_factory=lambda: {side: [] for side in SIDES})


@dataclass(frozen=True, slots=True)
class Served:
    """A side that is being served."""

    pid: int
    ready: Ready
    backends: Callable[[], Iterable[int]]


def run(plan: Plan, tell: Callable[[str], None]) -> Iterator[Cell]:
    """Yield each cell when all its rounds are done."""
    for database in plan.databases:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            server = stack.enter_context(start_postgres(durable=True)) if _served(database) else ""
            sides: dict[Side, Served] = {}
            for side in SIDES:
                tell(f"{database}: founding {side}")
                sides[side] = stack.enter_context(_side(plan, side, folder, server))
            for act in plan.acts:
                for connections in plan.connections:
                    tell(f"{database}: {act} at {connections}")
                    yield _timed(plan, Cell(database, act, connections, _many(plan, act)), sides)


def _served(database: str) -> bool:
    return database == "postgresql"


def _many(plan: Plan, act: Act) -> int:
    return plan.sign_ins if act == "sign-in" else plan.requests


def _timed(plan: Plan, cell: Cell, sides: dict[Side, Served]) -> Cell:
    for number in range(-1, plan.rounds):
        # The side that comes first in a round does not in the next; the first round only warms up.
        order = SIDES[number % len(SIDES) :] + SIDES[: number % len(SIDES)]
        warming = number < 0
        if warming and cell.act == "sign-in":
            continue
        for side in order:
            served = sides[side]
            timed = burst(
                served.ready,
                cell.act,
                requests=min(_WARM, cell.requests) if warming else cell.requests,
                connections=min(cell.connections, cell.requests),
                server=served.pid,
                backends=served.backends,
            )
            if not warming:
                cell.rounds[side].append(timed)
    return cell


@contextmanager
def _side(plan: Plan, side: Side, folder: Path, server: str) -> Iterator[Served]:
    """Found and serve a side in a process of its own until the block ends."""
    main, keys = (_fresh(side, kind, folder, server) for kind in ("main", "keys"))
    ask = Ask(
        side, main, keys, plan.cases, plan.argon2_memory_kib, plan.argon2_iterations, plan.key_rows
    )
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.side"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(msgspec.json.encode(ask) + b"\n")
            process.stdin.flush()
            said = process.stdout.readline()
            assert said, f"{side} did not come up; its error stands above"
            ready = msgspec.json.decode(said, type=Ready)
            yield Served(process.pid, ready, _backends(server, [main, keys]))
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)


def _fresh(side: Side, kind: str, folder: Path, server: str) -> str:
    name = f"{side}_{kind}_{next(_numbers)}"
    return fresh_database(server, name) if server else f"sqlite:///{folder}/{name}.db"


def _backends(server: str, urls: list[str]) -> Callable[[], Iterable[int]]:
    """Return what lists the database's own processes for these databases; none for SQLite."""
    if not server:
        return tuple
    url = make_url(server)
    where = psycopg.conninfo.make_conninfo(
        user=url.username, dbname=url.database, host=str(url.query["host"])
    )
    names = [make_url(each).database for each in urls]

    def listed() -> list[int]:
        with psycopg.connect(where, autocommit=True) as connection:
            query = "SELECT pid FROM pg_stat_activity WHERE datname = ANY(%s)"
            return [pid for (pid,) in connection.execute(query, (names,))]

    return listed
