"""A server that gets SIGTERM finishes, closes both databases and exits with 0."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from tests.support.hosts import Server, found_home
from tests.support.journey import walk_once


def count(file: Path, table: str) -> int:
    """Rows of a table, in the file alone: its write-ahead log is not copied with it."""
    alone = file.with_name(f"alone-{file.name}")
    shutil.copy(file, alone)
    with sqlite3.connect(alone) as connection:
        rows = connection.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - our own names
        return int(rows.fetchone()[0])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_with_everything_in_the_files(tmp_path, number):
    home = found_home(tmp_path / "home", prepare=walk_once)
    server = Server(home)
    try:
        server.await_ready()
        time.sleep(2)  # let the worker write, so that both logs hold something
        assert server.ask_to_stop(number) == 0, server.log()
    finally:
        server.close()
    for name in ("padauk.db-wal", "keystore.db-wal"):
        log = home.folder / name
        assert not log.exists() or log.stat().st_size == 0, name
    shares = count(home.folder / "keystore.db", "erasure_shares")
    assert shares >= count(home.folder / "padauk.db", "cases") > 0
