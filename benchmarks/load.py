"""Sends requests over kept-alive connections and times each. Knows tokens and bodies, no side.

One thread a connection: a thread waits while its request is away, as a client does. The process
that is asked has a clock of its CPU time, which the kernel lets others read: it counts
nanoseconds, where ``/proc/<pid>/stat`` counts ticks of ten milliseconds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from threading import Barrier, Thread
from typing import Final, Literal

from benchmarks.ground import Ready
from benchmarks.stock import intake

Act = Literal["read", "page", "search", "sign-in", "open"]
ACTS: Final[tuple[Act, ...]] = ("read", "page", "search", "sign-in", "open")
"""Opening comes last: it alone leaves more behind than it found."""

_CPUCLOCK_SCHED: Final = 2
_fresh = count(1_000_000)


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready to be sent, and the status that it must get."""

    method: str
    path: str
    body: bytes | None
    headers: dict[str, str]
    expected: int


@dataclass(frozen=True, slots=True)
class Timed:
    """What one burst took: seconds each, seconds in all, and CPU seconds of server and database."""

    each: list[float]
    wall: float
    server: float
    database: float


def request_of(act: Act, ready: Ready, number: int) -> Request:
    """Return the ``number``th request of an act: it goes round the cases and the members."""
    told = {"content-type": "application/json"}
    reader = {"authorization": f"Bearer {ready.reader}"}
    if act == "read":
        case_id = ready.cases[number * 7 % len(ready.cases)]
        return Request("GET", f"/api/cases/{case_id}", None, reader, 200)
    if act == "page":
        return Request("GET", "/api/cases?limit=50", None, reader, 200)
    if act == "search":
        asked = {"kind": "phone", "value": ready.phones[number * 7 % len(ready.phones)]}
        return Request("POST", "/api/searches", json.dumps(asked).encode(), reader | told, 200)
    if act == "sign-in":
        login, passphrase = ready.logins[number % len(ready.logins)]
        body = json.dumps({"login": login, "passphrase": passphrase}).encode()
        return Request("POST", "/api/sessions", body, told, 201)
    fresh = next(_fresh)
    opener = {"authorization": f"Bearer {ready.opener}", "idempotency-key": f"bench-{fresh}"}
    return Request("POST", "/api/cases", json.dumps(intake(fresh)).encode(), opener | told, 201)


def cpu_of(pid: int) -> float:
    """Return how many seconds of CPU a process and its threads have used (clock_getcpuclockid)."""
    return time.clock_gettime((~pid << 3) | _CPUCLOCK_SCHED)


def burst(
    ready: Ready,
    act: Act,
    *,
    requests: int,
    connections: int,
    server: int,
    backends: Callable[[], Iterable[int]],
) -> Timed:
    """Send ``requests`` requests of one act over so many connections, and return what they took.

    Raises AssertionError where a response has another status than it must have.
    """
    prepared = [request_of(act, ready, number) for number in range(requests)]
    each: list[float] = []
    wrong: list[str] = []
    numbers = count()
    start = Barrier(connections + 1)
    threads = [
        Thread(target=_send, args=(ready.port, prepared, numbers, start, each, wrong))
        for _ in range(connections)
    ]
    for thread in threads:
        thread.start()
    before = {pid: cpu_of(pid) for pid in backends()}
    used = cpu_of(server)
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - began
    used = cpu_of(server) - used
    database = sum(cpu_of(pid) - before.get(pid, 0.0) for pid in backends())
    assert not wrong, wrong[0]
    assert len(each) == requests
    return Timed(each, wall, used, database)


def _send(
    port: int,
    prepared: list[Request],
    numbers: count[int],
    start: Barrier,
    each: list[float],
    wrong: list[str],
) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    connection.connect()
    start.wait()
    try:
        while (number := next(numbers)) < len(prepared):
            asked = prepared[number]
            began = time.perf_counter()
            connection.request(asked.method, asked.path, asked.body, asked.headers)
            answer = connection.getresponse()
            said = answer.read()
            each.append(time.perf_counter() - began)
            if answer.status != asked.expected:
                wrong.append(f"{asked.method} {asked.path}: {answer.status} {said[:300]!r}")
    finally:
        connection.close()
