"""``python -m benchmarks.comparing HOME...``: searches, duplicates and triage by number of cases.

- Homes are those that ``benchmarks.growth`` made; measured is a copy, after an indexing.
- CPU is this thread's, over whole requests: token, gate, service, response, commit.
- Instructions are counted by callgrind, where ``valgrind`` and a C compiler are there: a small
  library begins and ends the counting around each act, so that the start of Python is not in it.

Nothing is asserted: machines differ. Everybody in it is fictional.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import select

from app.accounts.credentials import stretch_now
from app.cases.models import Case
from app.casework import reindexing
from app.cli.home import build, read_root_key
from app.cli.member import open_locally, unit_as
from app.deployment import Deployment
from app.main import create_app
from app.permissions import Role
from app.principal import NOBODY
from app.sessions.sign_in import sign_in, start_sign_in
from benchmarks.load import Request
from benchmarks.profiling import InlinePool, send
from benchmarks.stock import intake, phone
from tests.support.hosts import Home

ACTS: Final = (
    "search by number",
    "search by name",
    "search by half a name",
    "duplicates",
    "triage",
)
_WARM: Final = 5
_LIBRARY: Final = """
#include <valgrind/callgrind.h>
void begin(void) { CALLGRIND_START_INSTRUMENTATION; CALLGRIND_ZERO_STATS; }
void end(const char *act) { CALLGRIND_DUMP_STATS_AT(act); CALLGRIND_STOP_INSTRUMENTATION; }
"""


@dataclass(frozen=True, slots=True)
class Ready:
    """An application over a grown home, a coordinator's token, and cases in triage."""

    app: FastAPI
    token: str
    cases: list[UUID]


def prepare(home: Home) -> tuple[Deployment, Ready]:
    """Index every case of a home again, and return it ready to be asked."""
    home.change(searches_per_day=1_000_000)
    deployment = build(home.settings, read_root_key(home.settings))
    login = home.login(Role.COORDINATOR)
    principal, secrets = open_locally(deployment, login.login, login.passphrase)
    unit = partial(unit_as, deployment, principal, secrets)
    with unit() as work:
        version = reindexing.wanted_version(work)
    for _ in reindexing.index_all(unit, version):
        pass
    with unit() as work:
        assert reindexing.find_backlog(work, version).nothing
    with unit_as(deployment, NOBODY, None) as work:
        tasks = start_sign_in(work, login.login, login.passphrase)
    stretched = [stretch_now(deployment, task) for task in tasks]
    with unit_as(deployment, NOBODY, None) as work:
        token = sign_in(work, login.login, stretched).token
    with deployment.sessions() as session:
        newest = select(Case.id).order_by(Case.sequence.desc()).limit(500)
        cases = list(session.scalars(newest))
    app = create_app(deployment)
    app.state.context = replace(app.state.context, pool=InlinePool(1))
    return deployment, Ready(app, token, cases)


def request_of(act: str, ready: Ready, number: int) -> Request:
    """Return the ``number``th request of an act."""
    headers = {"authorization": f"Bearer {ready.token}", "content-type": "application/json"}
    case_id = ready.cases[number]
    if act == "duplicates":
        return Request("GET", f"/api/cases/{case_id}/duplicates", None, headers, 200)
    if act == "triage":
        body = json.dumps({"decision": "decline", "reason": "could not be reached"}).encode()
        headers["if-match"] = '"1"'
        return Request("POST", f"/api/cases/{case_id}/triage", body, headers, 200)
    asked = {"kind": "name", "value": intake(number * 7)["identity"]["name"]}
    if act == "search by number":
        asked = {"kind": "phone", "value": phone(number * 7)}
    elif act == "search by half a name":
        asked["value"] = "Thiha Nyunt"
    return Request("POST", "/api/searches", json.dumps(asked).encode(), headers, 200)


def measure(
    ready: Ready, requests: int, counting: ctypes.CDLL | None
) -> Iterator[tuple[str, float]]:
    """Yield each act with its CPU in microseconds a request; count instructions where asked."""
    runner = asyncio.Runner()
    taken = 0
    for act in ACTS:
        numbers = range(taken, taken + _WARM + requests)
        taken = numbers.stop
        asked = [request_of(act, ready, number) for number in numbers]
        for request in asked[:_WARM]:
            send(runner, ready.app, request)
        if counting is not None:
            counting.begin()
        began = time.thread_time()
        for request in asked[_WARM:]:
            send(runner, ready.app, request)
        yield act, (time.thread_time() - began) / requests * 1e6
        if counting is not None:
            counting.end(act.encode())
    runner.close()


def count_instructions(home: Home, requests: int) -> dict[str, float]:
    """Return thousands of instructions a request, by act; empty without valgrind."""
    if shutil.which("valgrind") is None or shutil.which("cc") is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder, "counting.c"), Path(folder, "counting.so")
        source.write_text(_LIBRARY, encoding="ascii")
        _run("cc", "-shared", "-fPIC", "-o", str(library), str(source))
        _run(
            "valgrind", "--tool=callgrind", "--instr-atstart=no",
            f"--callgrind-out-file={folder}/out",
            sys.executable, "-m", "benchmarks.comparing",
            "--under", str(library), str(requests), str(home.folder),
        )  # fmt: skip
        return {
            act: total / requests / 1000
            for act, total in map(_read_dump, sorted(Path(folder).glob("out.*")))
        }


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)  # noqa: S603 - ours


def _read_dump(file: Path) -> tuple[str, int]:
    act, total = "", 0
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("desc: Trigger: Client Request: "):
            act = line.removeprefix("desc: Trigger: Client Request: ")
        if line.startswith(("summary:", "totals:")):
            total = max(total, int(line.split()[1]))
    return act, total


def main(words: list[str]) -> None:
    """Measure each home, or one under callgrind."""
    if words and words[0] == "--under":
        counting = ctypes.CDLL(words[1])
        deployment, ready = prepare(Home(Path(words[3]), 0))
        for _ in measure(ready, int(words[2]), counting):
            pass
        deployment.close()
        return
    for word in words:
        with tempfile.TemporaryDirectory(prefix="comparing-") as folder:
            home = Home(Path(folder, "home"), 0)
            shutil.copytree(word, home.folder)
            began = time.monotonic()
            deployment, ready = prepare(home)
            print(f"{word}: prepared in {time.monotonic() - began:.0f} s", flush=True)
            figures = dict(measure(ready, 40, None))
            deployment.close()
            shutil.rmtree(home.folder)
            shutil.copytree(word, home.folder)
            counted = count_instructions(home, 10)
            for act, cpu in figures.items():
                print(f"  {act}: {cpu:,.0f} us CPU, {counted.get(act, 0):,.0f} kIr", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
