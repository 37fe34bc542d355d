"""Figures are served on a port of this machine; a port that is taken stops nothing."""

from __future__ import annotations

import socket

import httpx2

from app.telemetry.metrics import ADDRESS, Metrics


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return int(probe.getsockname()[1])


def test_the_figures_are_served_until_they_are_stopped(world):
    port = free_port()
    stop = Metrics(world.deployment.engine).serve(port)
    figures = httpx2.get(f"http://{ADDRESS}:{port}/metrics").text
    stop()
    assert "padauk_database_up 1.0" in figures


def test_of_several_processes_the_first_has_the_port_and_the_others_start(world):
    port = free_port()
    stop = Metrics(world.deployment.engine).serve(port)
    second = Metrics(world.deployment.engine).serve(port)
    second()
    assert httpx2.get(f"http://{ADDRESS}:{port}/metrics").status_code == 200
    stop()
