"""Homes of a deployment, and the processes of `padauk serve` that run from them.

A home has its own settings, root key, boot key and, where its settings name a file for it, clock.
Several homes over one pair of databases are several hosts.

Knows processes, files and addresses; knows no case.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final

from app.cli.home import ROOT_KEY_FILE, build, write_settings
from app.clock import utc_now
from app.crypto.root import create_root_key_file
from app.permissions import Role
from app.settings import SETTINGS_FILE, Settings
from app.store.base import new_id
from tests.support.founding import found
from tests.support.world import Clock, World

PADAUK: Final = str(Path(sys.prefix) / "bin" / "padauk")
MEMBERS_FILE: Final = "members.json"
"""Sign-in names and passphrases, by role: everybody here is fictional."""
START_SECONDS: Final = 120.0
STOP_SECONDS: Final = 60.0
COMMAND_SECONDS: Final = 300.0


class NotServed(RuntimeError):
    """A server ended, or was not ready in time; carries what it wrote."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Login:
    """What a member signs in with."""

    login: str
    passphrase: str


@dataclass(frozen=True)
class Home:
    """The folder of one host, and the port that it serves on."""

    folder: Path
    port: int

    @property
    def settings(self) -> Settings:
        return Settings.load(self.folder)

    def login(self, role: Role) -> Login:
        """The first member of a role in the first team."""
        kept = json.loads((self.folder / MEMBERS_FILE).read_text(encoding="utf-8"))
        return Login(**kept[role.value])

    def change(self, **values: Any) -> None:
        """Write the settings again, with some of them changed."""
        kept = self.settings.model_dump(exclude_defaults=True) | values
        (self.folder / SETTINGS_FILE).unlink()
        write_settings(self.folder, kept)


def found_home(
    folder: Path,
    database_url: str | None = None,
    keystore_url: str | None = None,
    *,
    prepare: Callable[[World], None] | None = None,
) -> Home:
    """Found an organisation in a new folder, on SQLite unless addresses are given.

    `prepare` may work in it, before any process serves it.
    """
    folder.mkdir(parents=True)
    root_key = create_root_key_file(folder / ROOT_KEY_FILE)
    values: dict[str, Any] = {
        "environment": "test",
        "organisation_id": new_id(),
        "organisation_root": "0" * 64,
        "database_url": database_url or f"sqlite:///{folder}/padauk.db",
        "keystore_url": keystore_url or f"sqlite:///{folder}/keystore.db",
        "root_key_file": ROOT_KEY_FILE,
        "boot_key_file": folder / "boot.key",
        "argon2_memory_kib": 8,
        "argon2_iterations": 1,
        "session_idle_minutes": 60,
        "daily_megabytes": 1_000_000,
        "port": free_port(),
    }
    founded = found(Settings(**values), root_key, Clock(utc_now()), by_migrations=True)
    if prepare is not None:
        world = World(build(founded.settings, root_key), Clock(utc_now()), founded)
        prepare(world)
        world.close()
    values["boot_key_file"] = "boot.key"
    if database_url is None:
        values |= {"database_url": "sqlite:///padauk.db", "keystore_url": "sqlite:///keystore.db"}
    write_settings(folder, values | {"organisation_root": founded.settings.organisation_root})
    members: dict[str, dict[str, str]] = {}
    for person in founded.people:
        login = Login(person.login, person.passphrase)
        members.setdefault(person.role.value, asdict(login))
    (folder / MEMBERS_FILE).write_text(json.dumps(members), encoding="utf-8")
    return Home(folder, values["port"])


def another_host(home: Home, folder: Path, **changed: Any) -> Home:
    """Set up a second host of a deployment: the same keys and settings, but for what is changed."""
    folder.mkdir()
    for name in (ROOT_KEY_FILE, "boot.key", MEMBERS_FILE, SETTINGS_FILE):
        if (home.folder / name).exists():
            shutil.copy2(home.folder / name, folder / name)
    other = Home(folder, free_port())
    other.change(port=other.port, **changed)
    return other


class Server:
    """`padauk serve` of a home: one process, or a parent with several."""

    def __init__(self, home: Home, processes: int = 1, *, jobs: bool = True) -> None:
        self.home = home
        self._log = (home.folder / "serve.log").open("ab")
        self._order = [PADAUK, "serve", "--home", str(home.folder), "--processes", str(processes)]
        if not jobs:
            self._order.append("--no-jobs")
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._order,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def restart(self) -> float:
        """Start it again; returns after how many seconds it was ready."""
        self.process = self._start()
        return self.await_ready()

    def await_ready(self) -> float:
        """Wait until the server says that it is ready; returns the seconds that took."""
        begun = time.monotonic()
        while time.monotonic() - begun < START_SECONDS:
            if self.process.poll() is not None:
                raise NotServed(self.log())
            if status_of(self.home.port, "/api/health/ready") == 200:
                return time.monotonic() - begun
            time.sleep(0.05)
        raise NotServed(f"not ready in {START_SECONDS} s: {self.log()}")

    def log(self) -> str:
        return (self.home.folder / "serve.log").read_text(encoding="utf-8", errors="replace")[
            -4000:
        ]

    def kill(self) -> None:
        """End the server and all its processes as a power cut would."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(STOP_SECONDS)

    def ask_to_stop(self, number: signal.Signals) -> int:
        """Send a signal and wait for the end: SIGINT to all processes, as a terminal sends it.

        Returns the exit code.
        """
        if number is signal.SIGINT:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def children(self) -> list[int]:
        """Return the processes that serve for the parent, without helpers of Python's own."""
        proc = Path("/proc")
        listed = proc / f"{self.process.pid}/task/{self.process.pid}/children"
        spawned = [int(word) for word in listed.read_text("ascii").split()]
        return [pid for pid in spawned if b"spawn_main" in (proc / f"{pid}/cmdline").read_bytes()]

    def close(self) -> None:
        """End what still runs."""
        self.kill()
        self._log.close()


@contextmanager
def serving(home: Home, processes: int = 1, *, jobs: bool = True) -> Iterator[Server]:
    """Serve a home in processes of its own until the block ends."""
    server = Server(home, processes, jobs=jobs)
    try:
        server.await_ready()
        yield server
    finally:
        server.close()


def padauk(
    home: Home, *words: str, seconds: float | None = COMMAND_SECONDS
) -> subprocess.CompletedProcess[str]:
    """Run another command of the program on a home, to its end; None waits without a limit."""
    order = [PADAUK, *words, "--home", str(home.folder)]
    return subprocess.run(order, capture_output=True, text=True, check=False, timeout=seconds)


def end_by_exception() -> None:
    """Let SIGTERM end this process by an exception, so that what it started is ended too."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


def status_of(port: int, path: str) -> int | None:
    """Return the status of a GET without a session; None where nobody answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def sign_in(port: int, who: Login) -> str:
    """Return a token of a new session."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        body = json.dumps(asdict(who))
        connection.request("POST", "/api/sessions", body, {"content-type": "application/json"})
        answer = connection.getresponse()
        told = json.loads(answer.read())
        assert answer.status == 201, told
        return str(told["token"])
    finally:
        connection.close()
