"""``python -m tools.soak``: mixed load on two processes, and verifications under it.

Four clients log intakes, add notes, book deposits, read, and all of them check in on one and the
same leg, on PostgreSQL and over two processes, while the jobs run. Verification that cries
tampering where nobody tampered would be switched off; this is the control. It runs during the load
as well. Exit code 1 where anything was found, lost or doubled.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.hosts import Home, Server, end_by_exception, found_home, padauk, serving
from tests.support.postgres import fresh_database, start_postgres
from tests.support.world import World
from tests.support.writers import Found, Leg, Writers, await_jobs, depart, inspect

JOBS_SECONDS: Final = 900.0
"""Longer than one look at the whole log takes after an hour."""
SOUND: Final = frozenset({0, 4})
"""Exit codes of a verification under load: the newest leaves may lie under no signature yet."""


@dataclass(frozen=True, slots=True)
class SoakResult:
    """What a soak left: the load, what was found after it, and how verifications under it ended."""

    crowd: Writers
    found: Found
    ended: list[int]
    resident: list[list[int]]
    """Megabytes of each process of the server, at the beginning and at the end of the load."""

    @property
    def held(self) -> bool:
        """Whether nothing was found, lost or doubled."""
        missing = self.found.lost(self.crowd) + self.found.doubled(self.crowd)
        sound = self.found.verdict.sound and set(self.ended) <= SOUND
        return sound and not missing + self.found.shares_missing


def found_on_road(folder: Path, *urls: str) -> tuple[Home, Leg]:
    """Found a home in which somebody is on the road."""
    legs: list[Leg] = []

    def prepare(world: World) -> None:
        legs.append(depart(world))

    return found_home(folder, *urls, prepare=prepare), legs[0]


def soak(home: Home, leg: Leg, seconds: float, processes: int = 2) -> SoakResult:
    """Serve and load a home for so long, verify again and again, and once more at the end."""
    before = frozenset(inspect(home).ids["case"] | inspect(home).ids["note"])
    ended: list[int] = []
    with serving(home, processes) as server:
        crowd = Writers(lambda: [home.port], home, leg=leg, there_before=before)
        crowd.start()
        crowd.await_acked(10)
        first = _resident(server)
        until = time.monotonic() + seconds
        while time.monotonic() < until or not ended:
            verified = padauk(home, "audit", "verify", "--database", seconds=None)
            ended.append(verified.returncode)
        resident = [first, _resident(server)]
        crowd.stop()
        await_jobs(home, limit=JOBS_SECONDS)
    return SoakResult(crowd, inspect(home), ended, resident)


def _resident(server: Server) -> list[int]:
    """Return the megabytes of memory of each process that serves, the parent first."""
    found = []
    for pid in [server.process.pid, *server.children()]:
        status = Path(f"/proc/{pid}/status").read_text("ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        found.append(int(line.split()[1]) // 1024)
    return found


def main() -> int:
    """Soak for as long as was asked, print what was found, and return 0 where all of it held."""
    parser = argparse.ArgumentParser(prog="tools.soak", description=main.__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    asked = parser.parse_args()
    end_by_exception()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        server = stack.enter_context(start_postgres(durable=True))
        urls = [fresh_database(server, name) for name in ("soak", "soak_keys")]
        home, leg = found_on_road(folder / "home", *urls)
        soaked = soak(home, leg, asked.minutes * 60)
    crowd, found = soaked.crowd, soaked.found
    kinds = sorted({act.kind for act in crowd.acked})
    print(", ".join(f"{crowd.count(kind)} x {kind}" for kind in kinds))
    print(f"statuses {crowd.statuses}; verifications under load ended with {soaked.ended}")
    took = sorted(act.milliseconds for act in crowd.acked)
    p50, p99 = (took[len(took) * part // 100] for part in (50, 99))
    print(f"writes: p50 {p50:.0f} ms, p99 {p99:.0f} ms, slowest response {crowd.slowest:.1f} s")
    print(f"memory of the processes, first and last: {soaked.resident} MB")
    lost, doubled = found.lost(crowd), found.doubled(crowd)
    print(f"lost {lost}, doubled {doubled}, shares missing {found.shares_missing}")
    verdict = found.verdict
    told = "sound" if verdict.sound else verdict.findings[:10]
    print(f"verification: {told}, {verdict.leaves} leaves, {verdict.rows} rows")
    return 0 if soaked.held else 1


if __name__ == "__main__":
    sys.exit(main())
