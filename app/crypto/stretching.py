"""Stretch passphrases in one process of lowest priority, one at a time.

Argon2 takes 64 MiB and a core; in a thread it would take the cores from every other request. The
process is a plain child over two pipes and not a ``ProcessPoolExecutor``: that would import the
parent's main module, and so the whole program, into the child, and read pickles from it.
Knows passphrases for as long as they wait; the bounded queue keeps that short.
"""

from __future__ import annotations

import asyncio
import select
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO, Self, cast

from app.crypto.errors import QueueFull, StretcherClosed, StretcherLost
from app.crypto.passwords import FLOOR, Argon2Cost, Stretched, check_stretch, part
from app.crypto.stretch_worker import RESPONSE_BYTES, write_request

_BOOT = "import sys; sys.path[:] = sys.argv[1:]; from app.crypto.stretch_worker import main; main()"
_GOODBYE_SECONDS = 5.0


class Stretcher:
    """Stretches passphrases in a process of its own, which starts with the first one.

    ``waiting`` is how many may wait or run at once; ``patience`` how many seconds one may take
    before the process is given up. Close it, or use it in ``with``.
    """

    def __init__(self, *, waiting: int = 32, patience: float = 60.0) -> None:
        self._places = threading.BoundedSemaphore(waiting)
        self._patience = patience
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="stretcher")
        self._child: _Child | None = None
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The number of the process, once one has been started."""
        return self._child.pid if self._child else None

    async def stretch(
        self, passphrase: str, *, salt: bytes, cost: Argon2Cost, floor: Argon2Cost = FLOOR
    ) -> Stretched:
        """Stretch as ``passwords.stretch`` does, without holding up the event loop.

        Raises PassphraseRefused or WeakParameters at once, QueueFull when too many wait,
        StretcherLost if the process ends under this call, StretcherClosed after ``close``.
        """
        return await asyncio.wrap_future(self._enqueue(passphrase, salt, cost, floor))

    def stretch_now(
        self, passphrase: str, *, salt: bytes, cost: Argon2Cost, floor: Argon2Cost = FLOOR
    ) -> Stretched:
        """Stretch and wait for it, where there is no event loop. Raises as ``stretch`` does."""
        return self._enqueue(passphrase, salt, cost, floor).result()

    def close(self) -> None:
        """Finish the call that runs, refuse those that wait, and end the process."""
        self._closed = True
        self._thread.shutdown(wait=True)
        self._end_child(_GOODBYE_SECONDS)

    def _enqueue(
        self, passphrase: str, salt: bytes, cost: Argon2Cost, floor: Argon2Cost
    ) -> Future[Stretched]:
        request = write_request(
            salt, check_stretch(passphrase, salt, cost, floor), cost.figures, floor.figures
        )
        if not self._places.acquire(blocking=False):
            raise QueueFull("too many passphrases wait to be stretched")
        try:
            future = self._thread.submit(self._ask, request)
        except RuntimeError:
            self._places.release()
            raise StretcherClosed("the stretcher is closed") from None
        future.add_done_callback(lambda _: self._places.release())
        return future

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
