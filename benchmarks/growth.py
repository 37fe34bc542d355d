"""``make bench ARGS=--growth``: clients over 10^3, 10^4, 10^5 cases, while others work too.

- Cases are sealed for real, by a member, through the service that intakes go through. They are kept
  in a cache folder, never in the repository; a run that was broken off goes on where it stopped,
  and a larger size begins with a copy of the next smaller one. A server of PostgreSQL, which syncs
  every commit, lies there too and takes a copy of them.
- Measured on a copy: intakes, notes and deposits of two clients and the reads of a third, alone,
  beside the jobs, and beside ``padauk backup`` and ``padauk audit verify --database``, each of them
  again and again. The phases take turns, so that what else the machine does falls on all alike.

A hundred thousand cases take an hour and some gigabytes; nothing here runs in CI but the smallest
size of its test. Everybody in it is fictional.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import MetaData, func, select

from app.backup.copies import copy_in
from app.cases.models import Case
from app.cli.home import build, read_root_key
from app.cli.member import open_locally
from app.deployment import Deployment
from app.intake.schemas import CaseCreate
from app.intake.service import open_case
from app.models import metadata
from app.permissions import Role
from app.principal import NOBODY
from app.store.engine import build_engine
from app.store.migrate import Line
from app.store.models import KeystoreBase
from app.work import begin_work, unit_of_work
from app.worker import sequence_log
from benchmarks.stock import intake
from tests.support.hosts import PADAUK, Home, found_home, free_port, serving
from tests.support.postgres import drop_database, fresh_database, start_postgres
from tests.support.writers import Writers

SIZES: Final = (1_000, 10_000, 100_000)
CACHE_VARIABLE: Final = "PADAUK_GROWTH_CACHE"
_BATCH: Final = 50
_TOLD_EVERY: Final = 1_000
_WRITERS: Final = 2
_WHOLE: Final = "whole"
_PARTS: Final[tuple[tuple[Line, MetaData, str], ...]] = (
    ("main", metadata, "padauk.db"),
    ("keystore", KeystoreBase.metadata, "keystore.db"),
)

Tell = Callable[[str], None]
PHASES: Final[dict[str, tuple[bool, tuple[str, ...]]]] = {
    "alone": (False, ()),
    "sequencer": (True, ()),
    "backup": (True, ("backup", "--to", "{folder}")),
    "verification": (True, ("audit", "verify", "--database")),
}
"""By name: whether the jobs run in the server, and the command that runs beside it."""


@dataclass(slots=True)
class Turn:
    """What one turn of a phase saw: milliseconds of each act, and the runs of the command."""

    writes: list[float]
    reads: list[float]
    seconds: list[float] = field(default_factory=list)
    megabytes: float = 0
    """The most memory that a run of the command took."""


def cache_folder(given: Path | None) -> Path:
    """Return where grown databases are kept: as given, as the environment says, or the user's."""
    named = os.environ.get(CACHE_VARIABLE)
    folder = given or (Path(named) if named else Path.home() / ".cache" / "padauk-growth")
    repository = Path(__file__).resolve().parent.parent
    if folder.resolve().is_relative_to(repository):
        message = "the cache must lie outside the repository"
        raise ValueError(message)
    return folder.resolve()


@contextmanager
def database_server(cache: Path, database: str) -> Iterator[str | None]:
    """Run the server of the cache's PostgreSQL databases; yields None for SQLite."""
    if database == "sqlite":
        yield None
        return
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() == 0:
        cache.chmod(0o711)  # PostgreSQL runs as another user then
    with start_postgres(kept=cache / "postgresql", durable=True) as server:
        yield server


def grow(cache: Path, size: int, tell: Tell) -> Home:
    """Return a home with so many cases on SQLite, made as far as it is not there yet."""
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = cache / f"sqlite-{size}"
    if not folder.exists():
        smaller = cache / f"sqlite-{size // 10}"
        draft = Path(tempfile.mkdtemp(prefix=".growing-", dir=cache)) / "home"
        if is_whole(smaller):
            shutil.copytree(smaller, draft)
            (draft / _WHOLE).unlink()
        else:
            found_home(draft)
        draft.rename(folder)
        draft.parent.rmdir()
    home = Home(folder, 0)
    if not is_whole(folder):
        _fill(home, size, tell)
        (folder / _WHOLE).touch()
    return home


def is_whole(folder: Path) -> bool:
    """Return whether a database has grown to its size."""
    return (folder / _WHOLE).exists()


def grow_on(server: str, grown: Home, tell: Tell) -> Home:
    """Return a grown home with its databases on a server, copied there once, as a restore does."""
    folder = grown.folder.with_name(grown.folder.name.replace("sqlite", "postgresql"))
    if not is_whole(folder):
        tell(f"copying {grown.folder.name} to PostgreSQL")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(grown.folder, folder, ignore=shutil.ignore_patterns("*.db*", _WHOLE))
        urls = [fresh_database(server, name) for name in _names(folder)]
        Home(folder, 0).change(database_url=urls[0], keystore_url=urls[1])
        for url, (line, tables, file) in zip(urls, _PARTS, strict=True):
            engine = build_engine(url)
            copy_in(grown.folder / file, line, tables, engine)
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("ANALYZE")
            engine.dispose()
        (folder / _WHOLE).touch()
    return Home(folder, 0)


def _names(folder: Path) -> tuple[str, str]:
    """Return the names of a home's databases on a server."""
    name = folder.name.replace("-", "_").strip("._")
    return name, f"{name}_keys"


def _copy(source: Home, folder: Path, server: str | None) -> Home:
    """Copy a home and its databases."""
    shutil.copytree(source.folder, folder)
    copy = Home(folder, free_port())
    changed: dict[str, object] = {"port": copy.port}
    if server is not None:
        pairs = zip(_names(folder), _names(source.folder), strict=True)
        main, keystore = (fresh_database(server, new, old) for new, old in pairs)
        changed |= {"database_url": main, "keystore_url": keystore}
    copy.change(**changed)
    return copy


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
    home: Home,
    seconds: float,
    server: str | None = None,
    phases: Sequence[str] = tuple(PHASES),
    rounds: int = 1,
) -> Iterator[tuple[str, Turn]]:
    """Yield what clients met, phase by phase, on a copy of a grown home that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=".measuring-", dir=home.folder.parent) as folder:
        copy = _copy(home, Path(folder) / "measured", server)
        try:
            for phase in [*phases] * rounds:
                yield phase, _measure(copy, phase, seconds)
        finally:
            if server is not None:
                for name in _names(copy.folder):
                    drop_database(server, name)


def _measure(home: Home, phase: str, seconds: float) -> Turn:
    jobs, command = PHASES[phase]
    copies = home.folder.parent / "copies"
    words = [word.format(folder=copies) for word in command]
    ran: list[tuple[float, float]] = []
    with serving(home, jobs=jobs):
        crowd = Writers(lambda: [home.port], home, writers=_WRITERS, readers=1)
        crowd.start()
        crowd.await_acked(20)
        warm, read = crowd.count(), len(crowd.reads)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if words:
                ran.append(_run(home, words))
                shutil.rmtree(copies, ignore_errors=True)
            else:
                time.sleep(0.2)
        writes = [act.milliseconds for act in crowd.acked[warm:]]
        reads = crowd.reads[read:]
        crowd.stop()
    took = [seconds for seconds, _ in ran]
    return Turn(writes, reads, took, max((peak for _, peak in ran), default=0))


def _run(home: Home, words: list[str]) -> tuple[float, float]:
    """Run a command to its end; returns its seconds and the most memory it took, in megabytes."""
    begun = time.monotonic()
    order = [PADAUK, *words, "--home", str(home.folder)]
    with tempfile.TemporaryFile() as told:
        started = subprocess.Popen(order, stdout=told, stderr=told)  # noqa: S603 - ours
        _, status, used = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        # 4 is a sound log with a tail that no checkpoint covers yet: writes go on meanwhile.
        assert started.returncode in {0, 4}, told.read().decode(errors="replace")
    return time.monotonic() - begun, used.ru_maxrss / 1024
