"""Starts that are wrong in one thing each, by the names that `docs/operating.md` gives them.

Files that are missing, empty, swapped or foreign, keys and settings of somewhere else, schemas that
are older or newer, disks that cannot be written, addresses that are taken. What each says, its
exit code and what to do is in the table of that page and nowhere else.
"""

from __future__ import annotations

import resource
import shutil
import socket
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from textwrap import dedent
from typing import Final

import psycopg
import pytest
from sqlalchemy.engine import make_url

from app.store import engine as engines
from app.store import migrate
from app.store.locks import same_boot_key
from tests.support.hosts import Home
from tests.support.postgres import fresh_database
from tests.support.privileges import modes_obeyed

_numbers = count()


@dataclass
class Ground:
    """Two founded homes, one to break and one to take foreign parts from."""

    home: Path
    theirs: Path
    founded_on_postgres: Callable[[], tuple[Home, str]]
    """A home that was founded on a server, and the server."""
    patch: pytest.MonkeyPatch
    held: ExitStack
    """Ended after the start was tried."""

    def set(self, line: str) -> None:
        """Write a setting in the place of what it was; a name alone takes it out."""
        name, _, value = line.partition(" = ")
        file = self.home / "padauk.toml"
        kept = [old for old in file.read_text("utf-8").splitlines() if not old.startswith(name)]
        file.write_text("\n".join([*kept, line if value else "", ""]), encoding="utf-8")

    def move_to_postgres(self) -> list[str]:
        """Let the home be one on a server, with databases of its own; returns their addresses."""
        founded, server = self.founded_on_postgres()
        shutil.rmtree(self.home)
        shutil.copytree(founded.folder, self.home)
        settings = founded.settings
        names = [make_url(url).database for url in (settings.database_url, settings.keystore_url)]
        number = next(_numbers)
        urls = [fresh_database(server, f"start_{number}_{name}", name) for name in names]
        Home(self.home, 0).change(database_url=urls[0], keystore_url=urls[1])
        (self.home / "boot.key").write_bytes(bytes(32))
        (self.home / "boot.key").chmod(0o600)
        return urls


Breakage = Callable[[Ground], object]


def edit(name: str, old: str, new: str) -> Breakage:
    def breaking(ground: Ground) -> None:
        file = ground.home / name
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    return breaking


def setting(line: str) -> Breakage:
    return lambda ground: ground.set(line)


def remove(name: str) -> Breakage:
    return lambda ground: (ground.home / name).unlink()


def write(name: str, content: bytes = b"") -> Breakage:
    return lambda ground: (ground.home / name).write_bytes(content)


def make_folder(name: str) -> Breakage:
    def breaking(ground: Ground) -> None:
        (ground.home / name).unlink()
        (ground.home / name).mkdir()

    return breaking


def take(name: str) -> Breakage:
    """Put a file of the other deployment in the place of ours."""
    return lambda ground: shutil.copy(ground.theirs / name, ground.home / name)


def take_setting(name: str) -> Breakage:
    """Take one setting of the other deployment."""

    def breaking(ground: Ground) -> None:
        lines = (ground.theirs / "padauk.toml").read_text("utf-8").splitlines()
        ground.set(next(line for line in lines if line.startswith(f"{name} = ")))

    return breaking


def swap(ground: Ground) -> None:
    main, keystore = ground.home / "padauk.db", ground.home / "keystore.db"
    main.rename(ground.home / "moved")
    keystore.rename(main)
    (ground.home / "moved").rename(keystore)


def statement(name: str, *statements: str) -> Breakage:
    def breaking(ground: Ground) -> None:
        connection = sqlite3.connect(ground.home / name)
        for each in statements:
            connection.execute(each)
        connection.commit()
        connection.close()

    return breaking


def open_to_all(name: str) -> Breakage:
    return lambda ground: (ground.home / name).chmod(0o644)


def close_to_us(name: str) -> Breakage:
    def breaking(ground: Ground) -> None:
        (ground.home / name).chmod(0)
        ground.held.enter_context(modes_obeyed())

    return breaking


def another_program(ground: Ground) -> None:
    (ground.home / "padauk.db").unlink()
    statement("padauk.db", "CREATE TABLE bookmarks (page TEXT)")(ground)


def only_tables(ground: Ground) -> None:
    """A founding on a server that was broken off after the tables were made."""
    statement("padauk.db", "DELETE FROM deployment")(ground)


def newer_program(ground: Ground) -> None:
    """Let this program have one more revision than the main database."""
    revisions = ground.home.parent / f"revisions-{next(_numbers)}"
    shutil.copytree(migrate.revisions_folder(), revisions)
    (revisions / "main/versions/0002_colour.py").write_text(
        dedent("""
            import sqlalchemy as sa
            from alembic import op

            revision, down_revision = "0002", "0001"

            def upgrade():
                op.create_table("colours", sa.Column("name", sa.String(20)))
        """)
    )
    ground.patch.setattr(migrate, "revisions_folder", lambda: revisions)


def hold(ground: Ground) -> None:
    """Keep the write lock, as another program might."""
    ground.patch.setitem(engines._PRAGMAS, "busy_timeout", 50)
    ground.patch.setattr(engines, "_COMMAND_MILLISECONDS", 50)
    other = sqlite3.connect(ground.home / "padauk.db", isolation_level=None)
    ground.held.callback(other.close)
    other.execute("BEGIN IMMEDIATE")


def fill_disk(ground: Ground) -> None:
    """Let no file of this process grow, as on a disk without room."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    ground.held.callback(resource.setrlimit, resource.RLIMIT_FSIZE, limits)


def mount_read_only(ground: Ground) -> None:
    """As a disk is after an error; root may write anywhere, so it obeys modes meanwhile."""
    for name in ("padauk.db", "keystore.db"):
        (ground.home / name).chmod(0o400)
    ground.home.chmod(0o500)
    ground.held.callback(ground.home.chmod, 0o700)
    ground.held.enter_context(modes_obeyed())


def ask_for_root_key(ground: Ground) -> None:
    ground.move_to_postgres()
    ground.set("root_key_file")
    typed = (ground.home / "root.key").read_bytes().hex()
    ground.patch.setattr("app.cli.home.ask_root_key", lambda: typed)


def address(*, main: bool, **parts: object) -> Breakage:
    """Change one part of an address of a server."""

    def breaking(ground: Ground) -> None:
        urls = ground.move_to_postgres()
        if "query" in parts:
            parts["query"] = {"host": str(ground.home)}  # where no server has its socket
        changed = make_url(urls[0 if main else 1]).set(**parts)  # type: ignore[arg-type]
        url = changed.render_as_string(hide_password=False)
        Home(ground.home, 0).change(**{"database_url" if main else "keystore_url": url})

    return breaking


def stand_by(ground: Ground) -> None:
    """Let the server take no writes, as one does that waits for its failover."""
    url = make_url(ground.move_to_postgres()[0])
    conninfo = psycopg.conninfo.make_conninfo(
        user=url.username, dbname=url.database, host=str(url.query["host"])
    )
    with psycopg.connect(conninfo, autocommit=True) as connection:
        order = "ALTER DATABASE {} SET default_transaction_read_only = on"
        name = psycopg.sql.Identifier(str(url.database))
        connection.execute(psycopg.sql.SQL(order).format(name))


def local_keystore(ground: Ground) -> None:
    ground.move_to_postgres()
    shutil.copy(ground.theirs / "keystore.db", ground.home)
    Home(ground.home, 0).change(keystore_url="sqlite:///keystore.db")


def boot_key(content: bytes, mode: int = 0o600) -> Breakage:
    def breaking(ground: Ground) -> None:
        ground.move_to_postgres()
        (ground.home / "boot.key").write_bytes(content)
        (ground.home / "boot.key").chmod(mode)

    return breaking


def another_boot_key(ground: Ground) -> None:
    """Let another server be there that has another boot key."""
    urls = ground.move_to_postgres()
    ground.patch.setattr("app.cli.serve.BOOT_KEY_SECONDS", 0.2)
    engine = engines.build_engine(urls[0])
    ground.held.callback(engine.dispose)
    assert ground.held.enter_context(same_boot_key(engine, bytes([7] * 32), 0))


def listen(ground: Ground) -> None:
    """Let another server have the port."""
    ground.move_to_postgres()
    other = ground.held.enter_context(socket.create_server(("127.0.0.1", 0)))
    Home(ground.home, 0).change(port=other.getsockname()[1])


def listen_elsewhere(ground: Ground) -> None:
    ground.move_to_postgres()
    Home(ground.home, 0).change(host="192.0.2.1")


STARTS: Final[dict[str, Breakage]] = {
    "no settings": remove("padauk.toml"),
    "settings of another user": close_to_us("padauk.toml"),
    "settings that are no TOML": edit("padauk.toml", " = ", " "),
    "a setting that there is not": setting("colour = 1"),
    "an address of another kind of database": setting('database_url = "mysql://host/padauk"'),
    "no address": setting('database_url = "padauk"'),
    "one database for both": setting('keystore_url = "sqlite:///padauk.db"'),
    "Argon2 weaker than the floor": setting("argon2_memory_kib = 64"),
    "no root key": remove("root.key"),
    "an empty root key": write("root.key"),
    "a root key that others may read": open_to_all("root.key"),
    "the root key of another deployment": take("root.key"),
    "PostgreSQL is down": address(main=True, query={}),
    "the keystore's PostgreSQL is down": address(main=False, query={}),
    "a database that the server does not have": address(main=True, database="nowhere"),
    "a role that the server does not know": address(main=True, username="nobody-here"),
    "another program holds the file": hold,
    "no main database": remove("padauk.db"),
    "no keystore": remove("keystore.db"),
    "an empty main database": write("padauk.db"),
    "an empty keystore": write("keystore.db"),
    "a main database that is none": write("padauk.db", b"whatever its name says" * 200),
    "a keystore that is none": write("keystore.db", b"whatever its name says" * 200),
    "a folder in the place of the file": make_folder("padauk.db"),
    "another program's database": another_program,
    "a founding that was broken off": only_tables,
    "an older schema": newer_program,
    "a newer schema": statement("padauk.db", "UPDATE alembic_version SET version_num = '9999'"),
    "a newer schema of the keystore": statement(
        "keystore.db", "UPDATE alembic_version SET version_num = '9999'"
    ),
    "main database and keystore swapped": swap,
    "another deployment's keystore": take("keystore.db"),
    "another deployment's main database": take("padauk.db"),
    "another deployment's settings": take("padauk.toml"),
    "another organisation_id": take_setting("organisation_id"),
    "another organisation_root": take_setting("organisation_root"),
    "an older keystore": statement("keystore.db", "UPDATE keystore SET number = 0"),
    "an older journal in the keystore": statement(
        "padauk.db", "UPDATE deployment SET journal_number = 9"
    ),
    "main on a server, the keystore in a file": local_keystore,
    "no room on the disk": fill_disk,
    "a disk that is mounted read-only": mount_read_only,
    "a server that only reads": stand_by,
    "no folder for the boot key": setting('boot_key_file = "nowhere/boot.key"'),
    "a boot key that is not 32 bytes": boot_key(b"half"),
    "a boot key that others may read": boot_key(bytes(32), 0o644),
    "another server with another boot key": another_boot_key,
    "a port that is in use": listen,
    "an address that this machine does not have": listen_elsewhere,
    "a table is missing": statement("padauk.db", "DROP TABLE counters"),
    "a table of the keystore is missing": statement("keystore.db", "DROP TABLE deployment_secrets"),
    "the schema's own table is empty": statement("padauk.db", "DELETE FROM alembic_version"),
    "a database of another user": close_to_us("padauk.db"),
}
"""Whatever the number of processes."""

ONLY_SEVERAL: Final[dict[str, Breakage]] = {
    "several processes on SQLite": lambda _: None,
    "several processes, and a root key that is typed": ask_for_root_key,
}
"""Wrong only where several processes are to serve."""
