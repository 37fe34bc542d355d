"""A copy of a large SQLite database ends while another process commits without a pause."""

from __future__ import annotations

import sqlite3
import threading

from app.backup.copies import copy_out
from app.models import metadata
from app.store.engine import build_engine

PAGES = 8_000
COMMITS = 30_000


def test_a_copy_does_not_begin_again_at_each_commit_of_another(tmp_path):
    source = tmp_path / "main.db"
    engine = build_engine(f"sqlite:///{source}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE filled (page BLOB)")
        connection.exec_driver_sql("INSERT INTO filled VALUES (?)", (bytes(PAGES * 4096),))
    copied, made = threading.Event(), 0

    def commit() -> None:
        nonlocal made
        other = sqlite3.connect(source, isolation_level=None)
        other.execute("PRAGMA synchronous = off")
        while made < COMMITS and not copied.is_set():
            other.execute("INSERT INTO filled VALUES (x'00')")
            made += 1
        other.close()

    writer = threading.Thread(target=commit)
    writer.start()
    try:
        copy_out(engine, "main", metadata, tmp_path / "copy.db")
    finally:
        copied.set()
        writer.join()
        engine.dispose()
    assert made < COMMITS, "the copy ended when nobody committed any more"
