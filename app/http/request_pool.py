"""The threads that carry requests: few, and a bounded number of requests that wait for one.

- A request takes one thread, once, from its token to its committed response.
- When too many wait, the next is refused at once (503) rather than kept.

Knows nothing of requests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar, TypeVarTuple

from anyio import CapacityLimiter, to_thread

from app.errors import Busy

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

WAITING_A_THREAD: Final = 64


class RequestPool:
    """Runs calls in at most ``threads`` threads at once.

    ``waiting`` is how many calls may run or wait at once. ``taken`` counts the calls; tests prove
    by it that a request takes one.
    """

    def __init__(self, threads: int, *, waiting: int | None = None) -> None:
        self._limiter = CapacityLimiter(threads)
        self._free = self._room = waiting or threads * WAITING_A_THREAD
        self._closed = False
        self.taken = 0

    async def run(self, function: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """Return what ``function`` returns, or raise what it raises; ``Busy`` when all is full."""
        if not self._free or self._closed:
            raise Busy
        self._free -= 1
        self.taken += 1
        try:
            return await to_thread.run_sync(function, *arguments, limiter=self._limiter)
        finally:
            self._free += 1

    @property
    def in_hand(self) -> int:
        """How many calls run or wait."""
        return self._room - self._free

    @property
    def fullness(self) -> float:
        """How full the pool is, from 0 to 1."""
        return self.in_hand / self._room

    def close(self) -> None:
        """Let later calls get ``Busy``; the threads end with their event loop."""
        self._closed = True
