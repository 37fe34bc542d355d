"""What a process does before it serves."""

from __future__ import annotations

import gc

import uvicorn

from app.cli.serve import serve_deployment


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
