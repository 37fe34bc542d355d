"""``python -m tools.drill``: kills a primary under load and promotes its standby.

Real PostgreSQL: a primary and a synchronous standby (``pg_basebackup`` and
``synchronous_standby_names``), both stores in both, two hosts that name both servers in their
addresses. The primary is killed, the standby promoted by ``pg_ctl promote``; nobody restarts a host
or changes a setting. Prints what clients had read a 2xx for, what of it is lost or doubled, and how
long nothing could be written. Exit code 1 where anything was lost, doubled or not sound. By hand,
never in CI.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.support.hosts import Home, Server, another_host, end_by_exception, found_home
from tests.support.postgres import (
    ALWAYS,
    DURABLE,
    SUPERUSER,
    await_ready,
    create_cluster,
    fresh_database,
    server_binaries,
    server_user,
)
from tests.support.writers import Writers, await_jobs, inspect

STANDBY: Final = "standby"
_STREAMING_SECONDS: Final = 30.0


@dataclass
class Cluster:
    """One PostgreSQL server: its folder holds its data, its socket and its log."""

    folder: Path
    binaries: Path
    user: int | None
    _server: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def data(self) -> Path:
        """The folder of its data."""
        return self.folder / "data"

    @property
    def address(self) -> str:
        """Its address for SQLAlchemy."""
        url = make_url("postgresql+psycopg://")
        url = url.set(username=SUPERUSER, database="postgres", query={"host": str(self.folder)})
        return url.render_as_string(hide_password=False)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = ALWAYS | DURABLE | {"unix_socket_directories": str(self.folder)}
        settings["shared_buffers"] = "128MB"
        switches = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        log = self.folder / "log"
        with log.open("ab") as sink:
            self._server = subprocess.Popen(
                [self.binaries / "postgres", "-D", self.data, *switches],
                stdin=subprocess.DEVNULL, stdout=sink, stderr=sink,
                user=self.user, cwd=self.folder, start_new_session=True,
            )  # fmt: skip
        await_ready(self._server, self.folder, log)

    def copy_to(self, standby: Cluster) -> None:
        """Make a standby of this server: a base backup that goes on to stream."""
        where = f"host={self.folder} user={SUPERUSER} application_name={STANDBY}"
        options = ("--wal-method=stream", "--write-recovery-conf", "--checkpoint=fast")
        standby.run("pg_basebackup", "-D", str(standby.data), "-d", where, *options)

    def make_synchronous(self) -> None:
        """Let every commit wait for the standby, and wait until it streams."""
        with psycopg.connect(
            f"host={self.folder} user={SUPERUSER} dbname=postgres", autocommit=True
        ) as asked:
            named = sql.SQL("ALTER SYSTEM SET synchronous_standby_names = {}")
            asked.execute(named.format(sql.Literal(f"FIRST 1 ({STANDBY})")))
            asked.execute("SELECT pg_reload_conf()")
            deadline = time.monotonic() + _STREAMING_SECONDS
            state = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
            while asked.execute(state).fetchone() is None:
                if time.monotonic() > deadline:
                    sys.exit("the standby does not stream")
                time.sleep(0.1)

    def promote(self) -> None:
        """Make a standby the primary; returns when it is."""
        self.run("pg_ctl", "promote", "-D", str(self.data))

    def kill(self) -> None:
        """End the server and all its backends as a power cut would."""
        if self._server is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()

    def stop_at_once(self) -> None:
        """Let the server drop all it does, without a checkpoint; the next start recovers."""
        self.run("pg_ctl", "stop", "-m", "immediate", "-D", str(self.data))
        if self._server is not None:
            self._server.wait()

    def run(self, program: str, *words: str) -> None:
        """Run one of PostgreSQL's programs as the server's user; raises where it fails."""
        order = [str(self.binaries / program), *words]
        subprocess.run(
            order, check=True, user=self.user, cwd=self.folder, stdout=subprocess.DEVNULL
        )


def main() -> int:
    """Walk the failover, print what it did, and return 0 where all of it held."""
    parser = argparse.ArgumentParser(prog="tools.drill", description=main.__doc__)
    parser.add_argument(
        "--acts", type=int, default=200, help="acknowledged before the kill, and after"
    )
    parser.add_argument("--pause", type=float, default=2.0, help="seconds until somebody promotes")
    asked = parser.parse_args()
    end_by_exception()
    with ExitStack() as stack:
        base = Path(tempfile.mkdtemp(prefix="drill-"))
        stack.callback(shutil.rmtree, base, ignore_errors=True)
        primary, standby = _clusters(base)
        stack.callback(standby.kill)
        stack.callback(primary.kill)
        primary.start()
        home = _found(base, primary, standby)
        primary.copy_to(standby)
        standby.start()
        primary.make_synchronous()
        print("primary and synchronous standby stream; two hosts start", flush=True)
        hosts = [Server(home)]
        stack.callback(hosts[0].close)
        hosts[0].await_ready()  # it makes the boot key, which the other host is given
        hosts.append(Server(another_host(home, base / "host-b")))
        stack.callback(hosts[1].close)
        hosts[1].await_ready()
        crowd = Writers(lambda: [host.home.port for host in hosts], home)
        crowd.start()
        crowd.await_acked(asked.acts)
        return _fail_over(primary, standby, crowd, home, asked)


def _fail_over(
    primary: Cluster, standby: Cluster, crowd: Writers, home: Home, asked: argparse.Namespace
) -> int:
    before = crowd.count()
    primary.kill()
    killed = time.monotonic()
    time.sleep(asked.pause)
    standby.promote()
    promoted = time.monotonic()
    at = crowd.count()
    crowd.await_acked(1)
    first = time.monotonic()
    crowd.await_acked(asked.acts)
    crowd.stop()
    jobs_after = await_jobs(home)
    found = inspect(home)
    retried = [act for act in crowd.acked if act.tries > 1]
    lost, doubled = found.lost(crowd), found.doubled(crowd)
    print(
        f"acknowledged before the kill {before}, until the promotion {at}, in all {crowd.count()}"
    )
    print(f"in flight {len(retried)}, of which {sum(a.replayed for a in retried)} had committed")
    print(f"lost {lost}, doubled {doubled}, shares missing {found.shares_missing}")
    print(
        f"promoted {promoted - killed:.1f} s after the kill, written {first - promoted:.2f} s later"
    )
    print(f"log sequenced and signed again after {jobs_after:.1f} s; statuses {crowd.statuses}")
    verdict = found.verdict
    print(
        "verification:", "sound" if verdict.sound else verdict.findings[:5], f"{verdict.rows} rows"
    )
    return int(bool(lost or doubled or found.shares_missing or not verdict.sound))


def _clusters(base: Path) -> tuple[Cluster, Cluster]:
    user = server_user()
    if user is not None:
        os.chown(base, user, -1)
    binaries = server_binaries(base, user)
    clusters = []
    for name in ("primary", STANDBY):
        folder = base / name
        folder.mkdir(mode=0o700)
        if user is not None:
            os.chown(folder, user, -1)
        clusters.append(Cluster(folder, binaries, user))
    create_cluster(binaries, clusters[0].data, user)
    return clusters[0], clusters[1]


def _found(base: Path, primary: Cluster, standby: Cluster) -> Home:
    """Found an organisation on the primary; its settings then name both servers."""
    urls = [fresh_database(primary.address, name) for name in ("padauk", "padauk_keys")]
    home = found_home(base / "host-a", *urls)
    both = {"host": f"{primary.folder},{standby.folder}", "target_session_attrs": "read-write"}
    named = [make_url(url).set(query=both).render_as_string(hide_password=False) for url in urls]
    home.change(database_url=named[0], keystore_url=named[1])
    return home


if __name__ == "__main__":
    sys.exit(main())
