"""A server that gets SIGTERM finishes, closes both databases and exits with 0."""

from __future__ import annotations

import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

PADAUK = str(Path(sys.prefix) / "bin" / "padauk")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_served(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(400):
        assert server.poll() is None, "the server ended before it listened"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the server did not listen within twenty seconds")


def count(file: Path, table: str) -> int:
    """Rows of a table, in the file alone: its write-ahead log is not copied with it."""
    alone = file.with_name(f"alone-{file.name}")
    shutil.copy(file, alone)
    with sqlite3.connect(alone) as connection:
        rows = connection.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - our own names
        return int(rows.fetchone()[0])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_with_everything_in_the_files(tmp_path, number):
    home, port = tmp_path / "home", free_port()
    making = [PADAUK, "demo", "--home", str(home), "--no-serve", "--port", str(port)]
    subprocess.run(making, check=True, capture_output=True, cwd=tmp_path)
    server = subprocess.Popen(
        [PADAUK, "serve", "--home", str(home)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        wait_until_served(port, server)
        time.sleep(2)  # let the worker write, so that both logs hold something
        server.send_signal(number)
        _, errors = server.communicate(timeout=40)
    finally:
        server.kill()
    assert server.returncode == 0, errors.decode()
    for name in ("padauk.db-wal", "keystore.db-wal"):
        log = home / name
        assert not log.exists() or log.stat().st_size == 0, name
    assert count(home / "keystore.db", "erasure_shares") >= count(home / "padauk.db", "cases") > 0
