"""What a process does before it serves."""

from __future__ import annotations

import gc

import pytest
import uvicorn

from app.cli.home import opened
from app.cli.serve import serve_deployment
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
