"""``python -m tools.crash_table``: kills servers while clients write, and counts what was lost.

Starts ``padauk serve`` on SQLite and on PostgreSQL, with one and two processes, sends it intakes,
notes and deposits from several clients, ends it by a signal, starts it again, and so on. Prints the
table of attacks: what clients had read a 2xx for, what of it is not there, what is there twice.
Exit code 1 where anything was lost, doubled, left without its share or not sound.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from tests.support.hosts import Home, Server, end_by_exception, found_home
from tests.support.postgres import fresh_database, start_postgres
from tests.support.writers import Found, Writers, await_jobs, inspect

SETUPS: Final = (("sqlite", 1), ("postgresql", 1), ("postgresql", 2))
SIGNALS: Final = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
_numbers = count()


@dataclass(frozen=True, slots=True)
class Trial:
    """One attack on one setup, and what it left."""

    setup: str
    attack: str
    stops: int
    acked: int
    in_flight: int
    had_committed: int
    lost: int
    doubled: int
    shares_missing: int
    slowest_start: float
    jobs_after: float
    exit_codes: frozenset[int]
    found: Found

    @property
    def held(self) -> bool:
        """Whether nothing was lost, doubled, left without its share, or altered."""
        return self.found.verdict.sound and not self.lost + self.doubled + self.shares_missing


def try_attack(
    home: Home,
    processes: int,
    signals: Sequence[signal.Signals],
    seconds: float = 3.0,
) -> Trial:
    """Serve, write, stop by each signal in turn and start again, then count."""
    server = Server(home, processes)
    crowd = Writers(lambda: [home.port], home)
    starts, codes = [], set()
    try:
        starts.append(server.await_ready())
        crowd.start()
        for number in signals:
            time.sleep(seconds)
            if number is signal.SIGKILL:
                server.kill()
            else:
                codes.add(server.ask_to_stop(number))
            starts.append(server.restart())
        time.sleep(1)
        crowd.stop()
        jobs_after = await_jobs(home)
        codes.add(server.ask_to_stop(signal.SIGTERM))
    finally:
        server.close()
    return _count(home, processes, signals, crowd, (max(starts), jobs_after, frozenset(codes)))


def _count(
    home: Home,
    processes: int,
    signals: Sequence[signal.Signals],
    crowd: Writers,
    seen: tuple[float, float, frozenset[int]],
) -> Trial:
    found = inspect(home)
    retried = [act for act in crowd.acked if act.tries > 1]
    return Trial(
        f"{'SQLite' if home.settings.is_sqlite else 'PostgreSQL'}, {processes} proc.",
        " ".join(sorted({number.name for number in signals})),
        len(signals),
        crowd.count(),
        len(retried),
        sum(act.replayed for act in retried),
        found.lost(crowd),
        found.doubled(crowd),
        found.shares_missing,
        *seen,
        found,
    )


@contextmanager
def fresh_home(folder: Path, server: str | None) -> Iterator[Home]:
    """Found a home in a new folder: on SQLite, or on two new databases of a server."""
    number = next(_numbers)
    urls = [] if server is None else [
        fresh_database(server, f"trial_{number}"), fresh_database(server, f"trial_{number}_keys"),
    ]  # fmt: skip
    yield found_home(folder / f"home-{number}", *urls)


def main() -> int:
    """Run the attacks, print the table, and return 0 where all of it held."""
    parser = argparse.ArgumentParser(prog="tools.crash_table", description=main.__doc__)
    parser.add_argument("--stops", type=int, default=5, help="by each signal, on each setup")
    parser.add_argument("--seconds", type=float, default=3.0, help="of writing before each stop")
    parser.add_argument("--only", choices=["sqlite", "postgresql"], help="one database")
    parser.add_argument("--processes", type=int, choices=[1, 2], help="one number of processes")
    parser.add_argument(
        "--signal", choices=[number.name for number in SIGNALS], help="one way of ending it"
    )
    asked = parser.parse_args()
    end_by_exception()
    print(line(COLUMNS), line("---" for _ in COLUMNS), sep="\n", flush=True)
    trials = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crash-")))
        postgres = None
        if asked.only != "sqlite":
            postgres = stack.enter_context(start_postgres(durable=True))
        for database, processes in SETUPS:
            if asked.only not in {None, database} or asked.processes not in {None, processes}:
                continue
            for number in SIGNALS:
                if asked.signal not in {None, number.name}:
                    continue
                server = postgres if database == "postgresql" else None
                home = stack.enter_context(fresh_home(folder, server))
                trial = try_attack(home, processes, [number] * asked.stops, asked.seconds)
                trials.append(trial)
                print(row(trial), flush=True)
    return 0 if all(trial.held for trial in trials) else 1


COLUMNS: Final = (
    "setup", "attack", "acked", "in flight (had committed)", "lost", "doubled", "shares missing",
    "verification", "slowest start", "jobs again",
)  # fmt: skip


def row(trial: Trial) -> str:
    """Return a trial as a row of the table."""
    verdict = trial.found.verdict
    cells = (
        trial.setup,
        f"{trial.attack} x {trial.stops}",
        trial.acked,
        f"{trial.in_flight} ({trial.had_committed})",
        trial.lost,
        trial.doubled,
        trial.shares_missing,
        f"{'sound' if verdict.sound else verdict.findings[:3]}, {verdict.rows} rows",
        f"{trial.slowest_start:.1f} s",
        f"{trial.jobs_after:.1f} s",
    )
    return line(cells)


def line(cells: Iterable[object]) -> str:
    """Return cells as a line of a table."""
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    sys.exit(main())
