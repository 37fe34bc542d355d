"""``python -m tools.flood``: what members meet while strangers flood the sign-in.

Strangers try unknown names from many connections without a pause; meanwhile a member signs in on a
device that has a permit, a lead steps up, and a volunteer reads. Each is timed with and without the
flood, at the cost of Argon2 that production has. Bounded in time, and to this machine.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final, Self

from app.permissions import Role
from tests.support.hosts import Home, found_home, free_port, serving, status_of

MEMORY_KIB: Final = 64 * 1024
ITERATIONS: Final = 3
_OK, _CREATED = 200, 201
_JSON: Final = "application/json"


def ask(port: int, method: str, path: str, token: str = "", body: object = None) -> tuple[int, Any]:
    """Send one request on a connection of its own; returns the status and what came."""
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        came = response.read()
        told = json.loads(came) if response.headers.get_content_type() == _JSON else None
        return response.status, told
    finally:
        connection.close()


class Strangers:
    """Connections that try names which nobody has, one after another, until they are stopped."""

    def __init__(self, port: int, connections: int, rate: float) -> None:
        self.statuses: dict[int, int] = {}
        self._port = port
        self._pause = connections / rate
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._try, args=(number,)) for number in range(connections)
        ]

    def __enter__(self) -> Self:
        """Begin to try."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, and wait for the last of them."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _try(self, number: int) -> None:
        tried = 0
        while not self._stopped.wait(self._pause):
            tried += 1
            body = {"login": f"stranger-{number}-{tried}", "passphrase": "not the right words"}
            try:
                status, _ = ask(self._port, "POST", "/api/sessions", body=body)
            except (OSError, HTTPException):
                status = 0
            self.statuses[status] = self.statuses.get(status, 0) + 1


class Members:
    """What members do meanwhile, and how long each of it took in milliseconds."""

    def __init__(self, home: Home, port: int) -> None:
        self.took: dict[str, list[float]] = {}
        self.refused: dict[str, int] = {}
        self._port = port
        self._volunteer = {**asdict(home.login(Role.VOLUNTEER)), "keep_permit": True}
        self._lead = asdict(home.login(Role.LEAD))
        self._permit = ""
        self._reader = self._sign_in(self._volunteer)["token"]

    def act(self, seconds: float) -> None:
        """Sign in, step up and read, again and again for so long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._timed("sign-in with a permit", lambda: self._sign_in(self._volunteer))
            lead = self._sign_in(self._lead)["token"]
            again = {"passphrase": self._lead["passphrase"]}
            self._timed("step-up", lambda: self._step_up(lead, again))  # noqa: B023 - called here
            for _ in range(20):
                self._timed("reading a list", self._read)

    def _sign_in(self, who: dict[str, Any]) -> dict[str, Any]:
        permit = {"device_permit": self._permit} if self._permit else {}
        asked = who | permit | {"keep_permit": True}
        status, told = ask(self._port, "POST", "/api/sessions", body=asked)
        if status != _CREATED:
            raise PermissionError(status)
        self._permit = told["device_permit"]
        return dict(told)

    def _step_up(self, token: str, body: dict[str, Any]) -> None:
        status, _ = ask(self._port, "POST", "/api/sessions/current/step-up", token, body)
        if status != _CREATED:
            raise PermissionError(status)

    def _read(self) -> None:
        status, _ = ask(self._port, "GET", "/api/cases", self._reader)
        if status != _OK:
            raise PermissionError(status)

    def _timed(self, name: str, act: Callable[[], object]) -> None:
        begun = time.monotonic()
        try:
            act()
        except PermissionError:
            self.refused[name] = self.refused.get(name, 0) + 1
        self.took.setdefault(name, []).append((time.monotonic() - begun) * 1000)


@contextmanager
def proxied(port: int, given: str | None, folder: Path) -> Iterator[int]:
    """Run nginx with a site's configuration before a port; yields its own, or the port without."""
    if given is None:
        yield port
        return
    site = Path(given).read_text(encoding="utf-8").replace("127.0.0.1:8420", f"127.0.0.1:{port}")
    before, _, served = site.rpartition("\nserver {")
    maps = before.partition("\nserver {")[0]
    plain = re.sub(r"^ *(listen|ssl_).*\n", "", served, flags=re.MULTILINE)
    own = free_port()
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log stderr crit; events {{}}\n"
        f"http {{ {maps}\nserver {{ listen 127.0.0.1:{own};{plain} }}",
        encoding="utf-8",
    )
    order = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with subprocess.Popen(order) as running:
        try:
            while status_of(own, "/api/health") is None:
                time.sleep(0.05)
            yield own
        finally:
            running.terminate()


def main() -> int:
    """Print the table; returns 1 where a member was refused."""
    parser = argparse.ArgumentParser(prog="tools.flood", description=main.__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--connections", type=int, default=40)
    parser.add_argument("--proxy", help="an nginx.conf to send everything through, without TLS")
    parser.add_argument("--rate", type=float, default=50.0, help="tries a second, of all together")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flood-") as folder:
        home = found_home(Path(folder) / "home")
        home.change(argon2_memory_kib=MEMORY_KIB, argon2_iterations=ITERATIONS)
        with serving(home), proxied(home.port, asked.proxy, Path(folder)) as port:
            quiet, flooded = Members(home, port), Members(home, port)
            quiet.act(asked.seconds)
            with Strangers(port, asked.connections, asked.rate) as strangers:
                flooded.act(asked.seconds)
    print("| act | times | p50, p99 ms | in the flood | p50, p99 ms | refused |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, took in quiet.took.items():
        under = flooded.took[name]
        shown = [f"{median(t):.0f}, {quantiles(t, n=100)[-1]:.0f}" for t in (took, under)]
        refused = flooded.refused.get(name, 0)
        print(f"| {name} | {len(took)} | {shown[0]} | {len(under)} | {shown[1]} | {refused} |")
    tried = ", ".join(f"{count} x {status}" for status, count in strangers.statuses.items())
    print(f"\nStrangers on {asked.connections} connections, {asked.rate:.0f} a second: {tried}")
    return 1 if flooded.refused else 0


if __name__ == "__main__":
    sys.exit(main())
