"""Stretch passphrases in one process of lowest priority, one at a time.

Argon2 takes 64 MiB and a core; in a thread it would take the cores from every other request. The
process is a plain child over two pipes and not a ``ProcessPoolExecutor``: that would import the
parent's main module, and so the whole program, into the child, and read pickles from it.
Knows passphrases for as long as they wait; the bounded queues keep that short.

Each kind of caller waits in a lane of its own, and lanes take turns. Strangers have a stretcher of
their own besides (``Stretchers``), so that a member never waits for one of them.
"""

from __future__ import annotations

import asyncio
import select
import subprocess
import sys
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum
from itertools import cycle
from typing import IO, Self, cast

from app.crypto.errors import QueueFull, StretcherClosed, StretcherLost
from app.crypto.passwords import FLOOR, Argon2Cost, Stretched, check_stretch, part
from app.crypto.stretch_worker import RESPONSE_BYTES, write_request

_BOOT = "import sys; sys.path[:] = sys.argv[1:]; from app.crypto.stretch_worker import main; main()"
_GOODBYE_SECONDS = 5.0


class Lane(Enum):
    """Who waits for a passphrase to be stretched."""

    AGAIN = "a member who is signed in"
    DEVICE = "a device on which somebody signed in before"
    STRANGER = "anybody else"


class Stretcher:
    """Stretches passphrases in a process of its own, which starts with the first one.

    ``waiting`` is how many of each lane may wait or run at once; ``patience`` how many seconds one
    may take before the process is given up. Close it, or use it in ``with``.
    """

    def __init__(self, *, waiting: int = 32, patience: float = 60.0) -> None:
        self._places = {lane: threading.BoundedSemaphore(waiting) for lane in Lane}
        self._waiting: dict[Lane, deque[tuple[Future[Stretched], bytes]]] = {
            lane: deque() for lane in Lane
        }
        self._turns = cycle(Lane)
        self._patience = patience
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="stretcher")
        self._child: _Child | None = None
        self._closed = False
        self._closing = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The number of the process, once one has been started."""
        return self._child.pid if self._child else None

    async def stretch(
        self,
        passphrase: str,
        *,
        salt: bytes,
        cost: Argon2Cost,
        floor: Argon2Cost = FLOOR,
        lane: Lane = Lane.AGAIN,
    ) -> Stretched:
        """Stretch as ``passwords.stretch`` does, without holding up the event loop.

        Raises PassphraseRefused or WeakParameters at once, QueueFull when its lane is full,
        StretcherLost if the process ends under this call, StretcherClosed after ``close``.
        """
        request = _request(passphrase, salt, cost, floor)
        return await asyncio.wrap_future(self._enqueue(lane, request))

    def stretch_now(
        self, passphrase: str, *, salt: bytes, cost: Argon2Cost, floor: Argon2Cost = FLOOR
    ) -> Stretched:
        """Stretch and wait for it, where there is no event loop. Raises as ``stretch`` does."""
        return self._enqueue(Lane.AGAIN, _request(passphrase, salt, cost, floor)).result()

    def close(self) -> None:
        """Finish the call that runs, refuse those that wait, and end the process."""
        with self._closing:
            self._closed = True
        self._thread.shutdown(wait=True)
        self._end_child(_GOODBYE_SECONDS)

    def _enqueue(self, lane: Lane, request: bytes) -> Future[Stretched]:
        places = self._places[lane]
        if not places.acquire(blocking=False):
            raise QueueFull("too many passphrases wait to be stretched")
        future: Future[Stretched] = Future()
        future.add_done_callback(lambda _: places.release())
        with self._closing:
            if self._closed:
                future.cancel()
                raise StretcherClosed("the stretcher is closed")
            self._waiting[lane].append((future, request))
            self._thread.submit(self._serve_next)
        return future

    def _serve_next(self) -> None:
        """Serve the lane whose turn it is; runs once for each call that was put into one."""
        waiting = next(found for lane in self._turns if (found := self._waiting[lane]))
        future, request = waiting.popleft()
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(self._ask(request))
        except BaseException as failure:  # noqa: BLE001 - it is raised where it is awaited
            future.set_exception(failure)

    def _ask(self, request: bytes) -> Stretched:
        if self._closed:
            raise StretcherClosed("the stretcher was closed while this waited")
        try:
            response = self._running_child().exchange(request, self._patience)
        except OSError:
            response = b""
        if len(response) < RESPONSE_BYTES:
            self._end_child(0)
            raise StretcherLost("the stretching process ended or fell silent")
        return part(response)

    def _running_child(self) -> _Child:
        if self._child is not None and self._child.ended:
            self._end_child(0)
        if self._child is None:
            self._child = _Child()
        return self._child

    def _end_child(self, grace: float) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end(grace)


def _request(passphrase: str, salt: bytes, cost: Argon2Cost, floor: Argon2Cost) -> bytes:
    checked = check_stretch(passphrase, salt, cost, floor)
    return write_request(salt, checked, cost.figures, floor.figures)


class Stretchers:
    """One process for members and one for strangers; each starts with its first passphrase.

    On two cores they run side by side, on one they share it: a flood of strangers takes half of
    what the server leaves, and nobody's turn.
    """

    def __init__(self, *, waiting: int) -> None:
        self.members = Stretcher(waiting=waiting)
        self.strangers = Stretcher(waiting=waiting)

    def of(self, lane: Lane) -> Stretcher:
        """Return the stretcher of a lane."""
        return self.strangers if lane is Lane.STRANGER else self.members

    def close(self) -> None:
        """Close both; see ``Stretcher.close``."""
        self.strangers.close()
        self.members.close()


class _Child:
    """The process and the two pipes to it."""

    def __init__(self) -> None:
        # No environment: the child needs none, and it may hold what the parent should not share.
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-I", "-c", _BOOT, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={},
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._requests = cast("IO[bytes]", self._process.stdin)
        self._responses = cast("IO[bytes]", self._process.stdout)

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def exchange(self, request: bytes, patience: float) -> bytes:
        """Write a request and read its response; nothing, if the child ends or is too slow."""
        # A request is shorter than PIPE_BUF, so it is written whole and at once.
        self._requests.write(request)
        response = b""
        ready = select.poll()
        ready.register(self._responses, select.POLLIN)
        until = time.monotonic() + patience
        while len(response) < RESPONSE_BYTES:
            if not ready.poll(max(until - time.monotonic(), 0) * 1000):
                return b""
            came = self._responses.read(RESPONSE_BYTES - len(response))
            if not came:
                return b""
            response += came
        return response

    def end(self, grace: float) -> None:
        """End the child by ending its input; kill it if it stays beyond ``grace`` seconds."""
        self._requests.close()
        try:
            self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._responses.close()
