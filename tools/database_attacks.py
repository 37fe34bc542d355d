"""``python -m tools.database_attacks``: stops, freezes and fills the database while clients write.

- PostgreSQL is stopped at once, as by a power cut of its host, and started again, several times.
- Its backends are frozen: they answer nothing and end nothing, and no connection breaks.
- The disk under it, or under SQLite, is full, and is freed again (a small tmpfs: needs root).

Two processes on PostgreSQL, one on SQLite; clients log intakes, add notes, book deposits and check
in on one leg. Prints what they had read a 2xx for, what of it is lost or doubled, the slowest
response and the slowest answer of the health page. Exit code 1 where anything was lost, doubled or
not sound. By hand: `make crash` runs it after the kills; the first and the last also run as tests.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg

from tests.support.hosts import Home, Server, end_by_exception, serving, status_of
from tests.support.postgres import SUPERUSER, create_cluster, fresh_database, server_user
from tests.support.postgres import server_binaries as binaries_in
from tests.support.writers import Found, Leg, Writers, await_jobs, inspect
from tools.crash_table import line
from tools.drill import Cluster
from tools.soak import found_on_road

FROZEN_SECONDS: Final = 55.0
"""Longer than a request is waited for, so that its answer is seen."""
POSTGRES_DISK: Final = "400m"
SQLITE_DISK: Final = "120m"
"""More than what readiness wants to see free."""
COLUMNS: Final = (
    "attack", "acked", "of these check-ins", "503", "lost", "doubled", "verification",
    "slowest response", "slowest health", "first write after", "load",
)  # fmt: skip
BALLAST: Final = "ballast"


@dataclass
class Health:
    """Asks the health page all the time, in a thread, and keeps the slowest answer."""

    port: int
    slowest: float = 0.0
    silent: int = 0
    _stopped: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Ask until ``stop``."""
        while not self._stopped.wait(0.2):
            begun = time.monotonic()
            self.silent += status_of(self.port, "/api/health") is None
            self.slowest = max(self.slowest, time.monotonic() - begun)

    def stop(self) -> None:
        """Ask no more."""
        self._stopped.set()


@dataclass(frozen=True, slots=True)
class Target:
    """What is attacked: a home in which somebody is on the road, and its PostgreSQL if it has."""

    home: Home
    leg: Leg
    folder: Path
    cluster: Cluster | None = None

    @property
    def server(self) -> Cluster:
        """The PostgreSQL; raises ValueError on SQLite."""
        if self.cluster is None:
            raise ValueError(self.home)
        return self.cluster


Attack = Callable[[Target, Server, Writers], None]
"""Does its harm under load, and returns when it is over."""


def stop_at_once(ground: Target, _server: Server, crowd: Writers, times: int = 4) -> None:
    """Stop the database without a checkpoint and start it again, some times."""
    for _ in range(times):
        crowd.await_acked(40)
        ground.server.stop_at_once()
        time.sleep(2)
        ground.server.start()


def freeze(ground: Target, _server: Server, crowd: Writers) -> None:
    """Let every backend answer nothing for longer than a request is waited for."""
    crowd.await_acked(40)
    frozen = _backends(ground.server)
    for pid in frozen:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(FROZEN_SECONDS)
    finally:
        for pid in frozen:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _backends(cluster: Cluster) -> list[int]:
    where = f"host={cluster.folder} user={SUPERUSER} dbname=postgres"
    query = "SELECT pid FROM pg_stat_activity WHERE datname LIKE 'attacked%'"
    with psycopg.connect(where) as asked:
        return [row[0] for row in asked.execute(query).fetchall()]


def fill_disk(ground: Target, _server: Server, crowd: Writers) -> None:
    """Leave no room on the disk for ten seconds, with writes under way, and free it again."""
    crowd.await_acked(40)
    ballast = ground.folder / BALLAST
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(64 * 1024))
    time.sleep(10)
    ballast.unlink()


def refuse_growth(_ground: Target, server: Server, crowd: Writers, seconds: float = 10.0) -> None:
    """Let no file of the server grow, as on a disk without room; needs no root."""
    crowd.await_acked(40)
    pid, hard = server.process.pid, resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, hard))
    time.sleep(seconds)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


ATTACKS: Final[dict[str, tuple[str, Attack, str | None]]] = {
    "PostgreSQL stopped at once x 4": ("postgresql", stop_at_once, None),
    "PostgreSQL's backends frozen": ("postgresql", freeze, None),
    "PostgreSQL's disk full, then freed": ("postgresql", fill_disk, POSTGRES_DISK),
    "SQLite's disk full, then freed": ("sqlite", fill_disk, SQLITE_DISK),
    "SQLite's files may not grow, then may": ("sqlite", refuse_growth, None),
}
"""By name: the database, what is done to it, and the size of a disk of its own."""


@contextmanager
def disk(folder: Path, size: str | None) -> Iterator[Path]:
    """Yield a folder, on a small disk of its own where a size is given."""
    folder.mkdir()
    if size is not None:
        _run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        if size is not None:
            _run("umount", "--lazy", str(folder))


def _run(*order: str) -> None:
    subprocess.run(order, check=True)


@contextmanager
def target_of(database: str, base: Path, size: str | None) -> Iterator[Target]:
    """Yield a new home in which somebody is on the road, on the database to be attacked."""
    with ExitStack() as stack:
        if database == "sqlite":
            folder = stack.enter_context(disk(base / "disk", size))
            home, leg = found_on_road(folder / "home")
            yield Target(home, leg, folder)
            return
        user = server_user()
        base.chmod(0o755)  # the server runs as another user
        binaries = binaries_in(base, user)
        folder = stack.enter_context(disk(base / "server", size))
        if user is not None:
            shutil.chown(folder, user)
        folder.chmod(0o700)
        create_cluster(binaries, folder / "data", user)
        cluster = Cluster(folder, binaries, user)
        stack.callback(cluster.kill)
        cluster.start()
        urls = [fresh_database(cluster.address, name) for name in ("attacked", "attacked_keys")]
        home, leg = found_on_road(base / "home", *urls)
        yield Target(home, leg, folder, cluster)


@dataclass(frozen=True, slots=True)
class AttackResult:
    """What an attack left."""

    crowd: Writers
    health: Health
    found: Found
    first: float
    """Seconds from the end of the harm to the next acknowledged write."""

    @property
    def held(self) -> bool:
        """Whether nothing was lost, doubled, left without its share, or altered."""
        missing = self.found.lost(self.crowd) + self.found.doubled(self.crowd)
        return self.found.verdict.sound and not missing + self.found.shares_missing


def attack(ground: Target, harm: Attack, processes: int = 1) -> AttackResult:
    """Serve and load a home, do harm to its database, and count once it serves again."""
    home = ground.home
    there = inspect(home).ids
    health = Health(home.port)
    with serving(home, processes) as server:
        crowd = Writers(
            lambda: [home.port], home, leg=ground.leg,
            there_before=frozenset(there["case"] | there["note"]),
        )  # fmt: skip
        crowd.start()
        threading.Thread(target=health.watch, daemon=True).start()
        harm(ground, server, crowd)
        over = time.monotonic()
        crowd.await_acked(1)
        first = time.monotonic() - over
        crowd.await_acked(40)
        health.stop()
        crowd.stop()
        await_jobs(home)
    return AttackResult(crowd, health, inspect(home), first)


def row(name: str, seen: AttackResult) -> str:
    """Return an attack as a row of the table."""
    crowd, verdict = seen.crowd, seen.found.verdict
    cells = (
        name, crowd.count(), crowd.count("check-in"), crowd.statuses.get(503, 0),
        seen.found.lost(crowd), seen.found.doubled(crowd),
        f"{'sound' if verdict.sound else verdict.findings[:3]}, {verdict.rows} rows",
        f"{crowd.slowest:.1f} s", f"{seen.health.slowest:.2f} s, {seen.health.silent} silent",
        f"{seen.first:.1f} s", f"{os.getloadavg()[0]:.1f}",
    )  # fmt: skip
    return line(cells)


def main() -> int:
    """Run the attacks, print the table, and return 0 where all of it held."""
    parser = argparse.ArgumentParser(prog="tools.database_attacks", description=main.__doc__)
    parser.add_argument("--only", choices=sorted(ATTACKS), action="append", help="one attack")
    chosen = parser.parse_args().only or list(ATTACKS)
    end_by_exception()
    print(line(COLUMNS), line("---" for _ in COLUMNS), sep="\n", flush=True)
    held = True
    for name in chosen:
        if ATTACKS[name][2] is not None and os.geteuid() != 0:
            print(f"not tried, needs root for a small disk: {name}", flush=True)
            continue
        database, harm, size = ATTACKS[name]
        with (
            tempfile.TemporaryDirectory(prefix="attack-") as base,
            target_of(database, Path(base), size) as ground,
        ):
            seen = attack(ground, harm, 2 if database == "postgresql" else 1)
        held &= seen.held
        print(row(name, seen), flush=True)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
