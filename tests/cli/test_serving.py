"""What a process does before it serves."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import uvicorn

from app.cli.home import opened, read_boot_key
from app.cli.serve import serve_deployment
from app.deployment import BOOT_KEY_BYTES
from tests.conftest import settings_for
from tests.support.hosts import found_home


def test_what_was_built_is_left_out_of_garbage_collections_while_it_serves(world, monkeypatch):
    frozen: list[int] = []
    monkeypatch.setattr(uvicorn.Server, "run", lambda _: frozen.append(gc.get_freeze_count()))
    monkeypatch.setattr("app.cli.serve.end_quietly", lambda: None)
    monkeypatch.setattr("app.cli.serve.log_as_json", lambda: None)
    serve_deployment(world.deployment, jobs=False)
    try:
        assert frozen[0] > 0
    finally:
        gc.unfreeze()


@pytest.mark.parametrize(("to_serve", "milliseconds"), [(False, 60_000), (True, 5_000)])
def test_a_command_beside_a_busy_server_waits_a_minute_for_its_turn(
    tmp_path, to_serve, milliseconds
):
    home = found_home(tmp_path / "home")
    with opened(home.folder, to_serve=to_serve) as deployment:
        for engine in (deployment.engine, deployment.keystore.engine):
            with engine.connect() as connection:
                waits = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
                assert waits == milliseconds


def test_processes_that_start_at_once_make_one_boot_key_and_read_it_whole(tmp_path):
    def read(path: Path) -> bytes | None:
        return read_boot_key(
            settings_for("sqlite:///a", "sqlite:///b").model_copy(update={"boot_key_file": path})
        )

    with ThreadPoolExecutor(8) as crowd:
        for number in range(50):
            path = tmp_path / f"{number}.key"
            keys = set(crowd.map(read, [path] * 8))
            assert keys == {path.read_bytes()}
            assert len(path.read_bytes()) == BOOT_KEY_BYTES
    assert not list(tmp_path.glob(".*")), "no draft is left"
