"""``python -m tools.fuzz``: sends malformed requests to a running server, as each role.

Founds a small organisation on SQLite, walks two cases through it, serves it on this machine, and
lets schemathesis read ``/api/openapi.json`` and try each operation that a role may ask for; then
everything as nobody. Every check of schemathesis is on but those in ``OFF``. Exit code 1 with what
was found. Starts the server and sends requests; schemathesis judges the responses.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen
from uuid import UUID

import uvicorn

from app.crypto.root import RootKey
from app.main import SERVER_OPTIONS, create_app
from app.permissions import ROLE_PERMISSIONS, Role
from app.settings import Settings
from tests.support.founding import found
from tests.support.journey import PLAIN_TEXTS, Journey
from tests.support.served import serve
from tests.support.world import Clock, World, open_world

CONFIG: Final = Path(__file__).with_name("fuzz.toml")
HOOKS: Final = "tools.fuzz_hooks"
USUAL_SECONDS: Final = 110
LEAST_SECONDS: Final = 3
PATIENCE: Final = 120
"""Seconds that one run may take beyond its own time before it counts as hung."""

NOT_AT_RANDOM: Final[dict[str, str]] = {
    "end_current_session": "signs the run itself out",
    "end_own_session": "ends the run's session as soon as it finds its number",
    "change_passphrase": "each wrong passphrase makes the next wait; a right one ends the session",
    "set_duress_passphrase": "each wrong passphrase makes the next wait",
    "step_up": "each wrong passphrase makes the next wait; a right one replaces the token",
    "remove_member": "ends the session of the member it hits, the run's own included",
    "change_role": "likewise",
}
"""Left out of what a role sends at random, and why; nobody's run sends them all the same."""

NOT_AS_NOBODY: Final[dict[str, str]] = {
    "open_session": "each failure makes the next sign-in of the same name wait",
    "read_readiness": "503 is how it says that this server's schema was not made by migrations",
    "read_degradation": "503 is how it says that this server has no worker",
}
"""Left out of what is sent at random without a token, and why."""

OFF: Final[dict[str, str]] = {
    "ensure_resource_availability": "takes what lies below a case for the case itself: one that "
    "was just opened has neither plan nor vetting, and 404 is the right answer there",
}
"""Checks of schemathesis that cannot fit, and why."""

SOMEONE_ELSE: Final = {
    "name": "Nang Kham Hom",
    "burmese": "နန်းခမ်းဟုမ်",
    "nrc": "13/TaKaNa(N)654321",
    "service_number": "ta-876543",
    "phone": "+959250111222",
    "handle": "@hom_k",
}


@dataclass(frozen=True, slots=True)
class Run:
    """One call of schemathesis: as whom, with what token, which operations, for how long."""

    name: str
    token: str | None
    operations: tuple[str, ...]
    seconds: int


def main() -> int:
    """Fuzz, and return 0 when nothing was found."""
    parser = argparse.ArgumentParser(prog="tools.fuzz", description=main.__doc__)
    parser.add_argument("--seconds", type=int, default=USUAL_SECONDS, help="for all runs together")
    parser.add_argument("--seed", type=int, default=None, help="repeats what a seed has sent")
    parser.add_argument("--only", help="one role, or nobody")
    asked = parser.parse_args()
    seed = secrets.randbelow(2**31) if asked.seed is None else asked.seed
    begun = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="padauk-fuzz-") as folder,
        _world(Path(folder)) as world,
    ):
        known = Path(folder) / "known.json"
        known.write_text(json.dumps(_walk(world)), encoding="utf-8")
        with _serving(world) as address:
            with urlopen(f"{address}/api/openapi.json") as answer:  # noqa: S310 - ours, just started
                description = json.load(answer)
            runs = list(_runs(world, description, asked.seconds, asked.only))
            failed = [run.name for run in runs if _fuzz(run, address, known, seed) != 0]
    took = time.monotonic() - begun
    verdict = f"found something as {', '.join(failed)}" if failed else "found nothing"
    print(f"fuzz: {len(runs)} runs, seed {seed}, {took:.0f} s: {verdict}")
    return 1 if failed else 0


@contextmanager
def _world(folder: Path) -> Iterator[World]:
    settings = Settings(
        environment="test",
        organisation_id=UUID("5a0c0ffe-0000-4000-8000-00000000f077"),
        organisation_root="0" * 64,
        database_url=f"sqlite:///{folder}/main.db",
        keystore_url=f"sqlite:///{folder}/keystore.db",
        argon2_memory_kib=8,
        argon2_iterations=1,
    )
    founded = found(settings, RootKey.generate(), Clock())
    world = open_world(founded, founded.settings)
    try:
        yield world
    finally:
        world.close()


def _walk(world: World) -> dict[str, list[str]]:
    """Walk two cases, one to its end, and return what there is by the names in paths."""
    with serve(world) as served:
        ended, going = Journey(served), Journey(served, texts=PLAIN_TEXTS | SOMEONE_ELSE)
        ended.walk()
        for step in ("log_intake", "triage_and_assign", "vet", "relocate"):
            getattr(going, step)()
        fund = ended.seen["fund"]["id"]
        at = f"/cases/{going.case_id}"
        asked = served.post(going.coordinator, f"{at}/registrations", {"kind": "full"})
        entries = served.get(ended.treasurer, f"/funds/{fund}/entries")["items"]
        in_hand = served.get(going.coordinator, f"{at}/assignments")["items"]
        return {
            "case_id": [going.case_id, ended.case_id],
            "other_id": [ended.case_id],
            "leg_id": going.seen["legs"],
            "plan_id": [served.get(going.coordinator, f"{at}/plan")["id"]],
            "round_id": [going.seen["round"]["id"]],
            "registration_id": [asked["id"]],
            "assignment_id": [row["id"] for row in in_hand],
            "request_id": [ended.seen["aid"]["id"]],
            "fund_id": [fund],
            "entry_id": [row["id"] for row in entries],
            "member_id": [str(person.id) for person in (going.volunteer, going.escort)],
        }


@contextmanager
def _serving(world: World) -> Iterator[str]:
    """Serve a world on a free port of this machine, in a thread, and yield its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(world.deployment), log_level="error", **SERVER_OPTIONS)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def _runs(
    world: World, description: dict[str, Any], seconds: int, only: str | None
) -> Iterator[Run]:
    """Yield a run for each role with what it may ask for, and one as nobody with everything."""
    needs = {
        operation["operationId"]: operation["x-needs"]
        for methods in description["paths"].values()
        for operation in methods.values()
    }
    asks: dict[str, tuple[str, ...]] = {
        role: tuple(
            name
            for name, needed in needs.items()
            if needed in ROLE_PERMISSIONS[role] and name not in NOT_AT_RANDOM
        )
        for role in Role
    }
    asks["nobody"] = tuple(name for name in needs if name not in NOT_AS_NOBODY)
    share = seconds / sum(map(len, asks.values()))
    for name, operations in asks.items():
        if only in (None, name):
            token = None
            if name != "nobody":
                token = world.token(world.member(name), stepped_up=name == Role.LEAD)
            yield Run(name, token, operations, max(LEAST_SECONDS, round(share * len(operations))))


def _fuzz(run: Run, address: str, known: Path, seed: int) -> int:
    """Carry one run out; what schemathesis says is shown where it found something."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIG),
        "run", f"{address}/api/openapi.json",
        "--checks", "all",
        "--exclude-checks", ",".join(OFF),
        "--seed", str(seed),
        "--max-time", str(run.seconds),
        "--include-operation-id-regex", f"^({'|'.join(run.operations)})$",
        "--no-color",
    ]  # fmt: skip
    if run.token:
        command += ["--header", f"Authorization: Bearer {run.token}"]
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": HOOKS,
        "PADAUK_FUZZ_KNOWN": str(known),
    }
    begun = time.monotonic()
    done = subprocess.run(
        command,
        env=environment,
        timeout=run.seconds + PATIENCE,
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.monotonic() - begun
    print(f"fuzz: {run.name}: {len(run.operations)} operations, {took:.0f} s", flush=True)
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n", flush=True)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
