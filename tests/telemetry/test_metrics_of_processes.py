"""Two processes that ``padauk serve`` starts: their figures together are what clients were told."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from app.permissions import Role
from tests.support.hosts import Home, found_home, serving, sign_in
from tests.support.postgres import fresh_database
from tests.support.writers import send
from tests.telemetry.test_metrics_port import figures_at, free_ports

SECONDS = 60.0
_SERVED = 'padauk_requests_total{operation="list_cases",status="200"}'
_REFUSED = 'padauk_requests_total{operation="list_cases",status="401"}'


@pytest.fixture(scope="module")
def home(postgres_server, tmp_path_factory) -> Iterator[Home]:
    urls = [fresh_database(postgres_server, f"figures_{part}") for part in ("main", "keys")]
    found = found_home(tmp_path_factory.mktemp("served") / "home", *urls)
    found.change(metrics_port=free_ports()[0])
    with serving(found, 2):
        await_both(found)
        yield found


def await_both(home: Home) -> None:
    """Wait for the second process: the first is ready as soon as it is."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        try:
            each_process(home)
        except httpx2.ConnectError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the second process serves no figures")


def each_process(home: Home) -> list[dict[str, float]]:
    first = home.settings.metrics_port
    assert first is not None
    return [figures_at(port) for port in (first, first + 1)]


def test_the_figures_of_both_processes_add_up_to_what_was_answered(home):
    token = sign_in(home.port, home.login(Role.COORDINATOR))
    told: Counter[int] = Counter()

    def ask(number: int) -> int:
        said = token if number % 4 else "nobody"
        headers = {"authorization": f"Bearer {said}"}
        answer = send(home.port, "GET", "/api/cases", None, headers)
        assert answer is not None
        return answer[0]

    until = time.monotonic() + SECONDS
    with ThreadPoolExecutor(8) as clients:
        while not all(_SERVED in found for found in each_process(home)):
            assert time.monotonic() < until, "one process answers everything"
            told.update(clients.map(ask, range(40)))
    # A response is counted when it was written, a moment after its client has read it.
    while counted(home) != dict(told):
        assert time.monotonic() < until, (counted(home), told)
        time.sleep(0.1)
    assert set(told) == {200, 401}


def counted(home: Home) -> dict[int, float]:
    found = each_process(home)
    names = {200: _SERVED, 401: _REFUSED}
    return {status: sum(one.get(name, 0) for one in found) for status, name in names.items()}


def test_what_the_database_knows_is_the_same_figure_in_both(home):
    name = 'padauk_job_succeeded_seconds{job="log check"}'
    until = time.monotonic() + SECONDS
    while True:
        one, other = (found.get(name) for found in each_process(home))
        if one is not None and one == other:
            break
        assert time.monotonic() < until, (one, other)
        time.sleep(0.2)
