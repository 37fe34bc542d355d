"""Figures are served on ports of this machine alone; a port that is taken stops nothing."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta

import httpx2
import psutil
import pytest
from pydantic import ValidationError

from app.settings import Settings
from app.telemetry.metrics import ADDRESS, Metrics
from app.worker import Job, Worker
from tests.support.statements import recorded

SPAN = 2


def free_ports() -> range:
    """As many ports in a row as there are processes, all free a moment ago."""
    for first in range(20_000, 32_000, 7):
        ports = range(first, first + SPAN)
        with socket.socket() as one, socket.socket() as other:
            try:
                one.bind((ADDRESS, ports[0]))
                other.bind((ADDRESS, ports[1]))
            except OSError:
                continue
            return ports
    pytest.fail("no ports are free")


@pytest.fixture
def ports() -> range:
    return free_ports()


@pytest.fixture
def served(world, ports) -> Iterator[tuple[Metrics, int]]:
    metrics = Metrics(world.deployment.engine, lambda: 5)
    stop = metrics.serve(ports[:1])
    yield metrics, ports[0]
    stop()


def figures_at(port: int) -> dict[str, float]:
    text = httpx2.get(f"http://{ADDRESS}:{port}/metrics").text
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def test_the_figures_are_served_until_they_are_stopped(world, ports):
    stop = Metrics(world.deployment.engine).serve(ports)
    assert figures_at(ports[0])["padauk_database_up"] == 1
    stop()
    with pytest.raises(httpx2.ConnectError):
        figures_at(ports[0])


def test_requests_jobs_events_disk_and_pool_are_counted(world, served):
    metrics, port = served

    def fail(_work):
        raise LookupError

    jobs = [Job("sound", timedelta(minutes=1), lambda _work: 1)]
    jobs += [Job("failing", timedelta(minutes=1), fail)]
    Worker(world.deployment, jobs).run_due()
    world.open_case()
    metrics.count_request("open_case", 201, 0.03)
    metrics.count_request("open_case", 503, 0.03)
    found = figures_at(port)
    assert found['padauk_requests_total{operation="open_case",status="201"}'] == 1
    assert found['padauk_requests_total{operation="open_case",status="503"}'] == 1
    assert found['padauk_request_seconds_bucket{le="0.05",operation="open_case"}'] == 2
    assert found["padauk_requests_waiting"] == 5
    assert found["padauk_connections_in_use"] == 0
    assert found["padauk_disk_free_bytes"] > 0
    assert found["padauk_events_unsequenced"] > 0
    assert found['padauk_job_failures{job="failing"}'] == 1
    assert found['padauk_job_failures{job="sound"}'] == 0
    at = world.clock.at.timestamp()
    assert found['padauk_job_succeeded_seconds{job="sound"}'] == at
    assert 'padauk_job_succeeded_seconds{job="failing"}' not in found


def test_a_scrape_waits_for_no_writer(world, served):
    with world.deployment.sessions() as writer, writer.begin():
        writer.connection()  # holds the write lock of SQLite until it ends
        assert figures_at(served[1])["padauk_database_up"] == 1


def test_a_scrape_reads_what_waits_and_never_the_events_or_leaves_themselves(world, served):
    world.open_case()
    Worker(world.deployment).run_due()
    world.open_case()
    with recorded(world.deployment.engine) as statements:
        assert figures_at(served[1])["padauk_events_unsequenced"] > 0
    assert statements
    assert not [s for s in statements if "audit_events" in s or "audit_leaves" in s]


def test_each_of_several_processes_has_a_port_of_its_own(world, ports, caplog):
    one, other, third = (Metrics(world.deployment.engine) for _ in range(3))
    one.count_request("mine", 200, 0.1)
    stops = [one.serve(ports), other.serve(ports), third.serve(ports)]
    of_one, of_other = (figures_at(port) for port in ports)
    assert 'padauk_requests_total{operation="mine",status="200"}' in of_one
    assert 'padauk_requests_total{operation="mine",status="200"}' not in of_other
    assert "every port of metrics is taken" in caplog.text, "the third serves people without"
    stops[0]()
    stop_again = third.serve(ports)
    assert figures_at(ports[0]), "a process that is started again takes the port that was left"
    for stop in (*stops[1:], stop_again):
        stop()


def test_no_other_machine_reaches_them_and_no_setting_changes_that(world, served, ports):
    listening = [
        found.laddr.ip
        for found in psutil.Process().net_connections("inet")
        if found.laddr.port == ports[0] and found.status == psutil.CONN_LISTEN
    ]
    assert listening == [ADDRESS]
    said = world.deployment.settings.model_dump()
    for name in ("metrics_host", "metrics_address"):
        with pytest.raises(ValidationError, match="Extra inputs"):
            Settings(**said, **{name: "0.0.0.0"})  # noqa: S104 - this is what is refused
