"""``make bench ARGS=--growth``: how writes fare over 10^3, 10^4, 10^5 cases, while others work too.

- Cases are sealed for real, by a member, through the service that intakes go through. They are kept
  in a cache folder, never in the repository; a run that was broken off goes on where it stopped,
  and a larger size begins with a copy of the next smaller one.
- Measured on a copy: intakes, notes and deposits of two clients, alone, beside the jobs, beside
  ``padauk backup`` and beside ``padauk audit verify --database``, each of them again and again.

A hundred thousand cases take a quarter of an hour and some gigabytes; nothing here runs in CI but
the smallest size of its test. Everybody in it is fictional.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import func, select

from app.cases.models import Case
from app.cli.home import build, read_root_key
from app.cli.member import open_locally
from app.deployment import Deployment
from app.intake.schemas import CaseCreate
from app.intake.service import open_case
from app.permissions import Role
from app.principal import NOBODY
from app.work import begin_work, unit_of_work
from app.worker import sequence_log
from benchmarks.stock import intake
from tests.support.hosts import PADAUK, Home, found_home, free_port, serving
from tests.support.writers import Acked, Crowd

SIZES: Final = (1_000, 10_000, 100_000)
CACHE_VARIABLE: Final = "PADAUK_GROWTH_CACHE"
_BATCH: Final = 50
_TOLD_EVERY: Final = 1_000
_CLIENTS: Final = 2

Tell = Callable[[str], None]
PHASES: Final[dict[str, tuple[bool, tuple[str, ...]]]] = {
    "alone": (False, ()),
    "sequencer": (True, ()),
    "backup": (True, ("backup", "--to", "{folder}")),
    "verification": (True, ("audit", "verify", "--database")),
}
"""By name: whether the jobs run in the server, and the command that runs beside it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What writes took in one phase, and how long the command beside them ran, in seconds."""

    cases: int
    phase: str
    each: list[float]
    command: list[float]

    def cells(self) -> tuple[str, ...]:
        """Return the figure as a row of the table; milliseconds."""
        p50, p99 = (quantile(self.each, part) for part in (0.5, 0.99))
        ran = f"{len(self.command)} x {statistics.mean(self.command):.1f} s" if self.command else ""
        writes = str(len(self.each))
        return (str(self.cases), self.phase, writes, p50, p99, f"{max(self.each):.0f}", ran)


def cache_folder(given: Path | None) -> Path:
    """Return where grown databases are kept: as given, as the environment says, or the user's."""
    named = os.environ.get(CACHE_VARIABLE)
    folder = given or (Path(named) if named else Path.home() / ".cache" / "padauk-growth")
    repository = Path(__file__).resolve().parent.parent
    if folder.resolve().is_relative_to(repository):
        message = "the cache must lie outside the repository"
        raise ValueError(message)
    return folder.resolve()


def grow(cache: Path, size: int, tell: Tell) -> Home:
    """Return a home with so many cases, made as far as it is not there yet."""
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = cache / f"sqlite-{size}"
    if not folder.exists():
        smaller = cache / f"sqlite-{size // 10}"
        draft = Path(tempfile.mkdtemp(prefix=".growing-", dir=cache)) / "home"
        if is_whole(smaller):
            shutil.copytree(smaller, draft)
            (draft / "whole").unlink()
        else:
            found_home(draft)
        draft.rename(folder)
        draft.parent.rmdir()
    home = Home(folder, 0)
    if not is_whole(folder):
        _fill(home, size, tell)
        (folder / "whole").write_text(str(size), encoding="ascii")
    return home


def is_whole(folder: Path) -> bool:
    """Return whether a database has grown to its size."""
    return (folder / "whole").exists()


def _fill(home: Home, size: int, tell: Tell) -> None:
    settings = home.settings
    deployment = build(settings, read_root_key(settings))
    try:
        who = home.login(Role.VOLUNTEER)
        principal, secrets = open_locally(deployment, who.login, who.passphrase)
        with deployment.sessions() as session:
            there = int(session.scalar(select(func.count()).select_from(Case)) or 0)
        begun, first = time.monotonic(), there
        while there < size:
            with deployment.sessions() as session:
                work = begin_work(session, deployment, principal, secrets)
                with unit_of_work(work):
                    for number in range(there, min(there + _BATCH, size)):
                        body = msgspec.json.encode(intake(number))
                        open_case(work, CaseCreate.model_validate_json(body).to_intake())
            there = min(there + _BATCH, size)
            if there % _TOLD_EVERY == 0:
                pace = (time.monotonic() - begun) / (there - first) * 1000
                tell(f"{there} of {size} cases, {pace:.1f} ms each")
        while _sequence(deployment):
            pass
    finally:
        deployment.close()


def _sequence(deployment: Deployment) -> int:
    with deployment.sessions() as session:
        work = begin_work(session, deployment, NOBODY)
        with unit_of_work(work):
            return sequence_log(work)


def measure(
    home: Home, size: int, seconds: float, tell: Tell, phases: Sequence[str] = tuple(PHASES)
) -> Iterator[Figure]:
    """Yield what writes take in each phase, on a copy of a grown home that is gone afterwards."""
    for phase in phases:
        with tempfile.TemporaryDirectory(prefix=".measuring-", dir=home.folder.parent) as folder:
            copy = Home(Path(folder) / "home", free_port())
            shutil.copytree(home.folder, copy.folder)
            copy.change(port=copy.port)
            tell(f"{size} cases, {phase}")
            yield _measure(copy, size, phase, seconds)


def _measure(home: Home, size: int, phase: str, seconds: float) -> Figure:
    jobs, command = PHASES[phase]
    words = [word.format(folder=home.folder.parent / "copies") for word in command]
    ran: list[float] = []
    with serving(home, jobs=jobs):
        crowd = Crowd(lambda: [home.port], home, writers=_CLIENTS)
        crowd.start()
        crowd.await_acked(20)
        warm = crowd.count()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if words:
                ran.append(_run(home, words))
            else:
                time.sleep(0.2)
        acked: list[Acked] = crowd.acked[warm:]
        crowd.stop()
    return Figure(size, phase, [act.milliseconds for act in acked], ran)


def _run(home: Home, words: list[str]) -> float:
    begun = time.monotonic()
    order = [PADAUK, *words, "--home", str(home.folder)]
    ended = subprocess.run(order, check=False, capture_output=True, text=True)  # noqa: S603 - ours
    # 4 is a sound log with a tail that no checkpoint covers yet: writes go on meanwhile.
    assert ended.returncode in {0, 4}, ended.stdout + ended.stderr
    return time.monotonic() - begun


def quantile(each: Sequence[float], part: float) -> str:
    """Return a quantile in whole milliseconds."""
    ordered = sorted(each)
    return f"{ordered[min(int(len(ordered) * part), len(ordered) - 1)]:.0f}"
