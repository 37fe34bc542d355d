"""The threads that run requests: few, with a bounded queue.

- A request takes one thread, once, from its token to its committed response.
- When too many wait, the next is refused at once (503) rather than kept.
- A caller waits no longer than ``seconds``. The thread's place is taken until the call has really
  ended: what hangs on a frozen database must not make room for more of the same.

Plain threads and a queue: anyio's cost 21 microseconds more a call, a ``ThreadPoolExecutor`` 15.
Knows nothing of requests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Any, Final, TypeVar, TypeVarTuple

from app.errors import Busy

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

WAITING_A_THREAD: Final = 64
SECONDS: Final = 45.0
"""Three statements that each end at the database's own limit (``store/engine``)."""
_CLOSE_SECONDS: Final = 10.0


class StillRunning(Exception):
    """The call has begun and did not end in time; it may still come to its end."""


class _Call:
    """One call: runs in a thread, ends on the event loop that waits for it."""

    __slots__ = ("_taken", "ended", "function", "loop", "result")

    def __init__(self, function: Callable[[], object], ended: Callable[[], None]) -> None:
        self.function = function
        self.ended = ended
        self._taken = Lock()
        self.loop = asyncio.get_running_loop()
        self.result: asyncio.Future[Any] = self.loop.create_future()

    def run(self) -> None:
        if not self._take():
            return
        value: object = None
        failure: BaseException | None = None
        try:
            value = self.function()
        except StopIteration as stray:
            # A future refuses it, and the request would wait for ever.
            failure = RuntimeError("StopIteration left a call")
            failure.__cause__ = stray
        except BaseException as raised:  # noqa: BLE001 - it is raised where it is awaited
            failure = raised
        with suppress(RuntimeError):  # the loop has ended: nothing waits any more
            self.loop.call_soon_threadsafe(self._end, value, failure)

    def withdraw(self) -> bool:
        """Return whether the call has not begun, and never will."""
        if not self._take():
            return False
        self.ended()
        return True

    def give_up(self) -> None:
        if not self.result.done():
            self.result.set_exception(Busy() if self.withdraw() else StillRunning())

    def _take(self) -> bool:
        # The thread whose turn it is and the event loop may both want it: one gets it.
        return self._taken.acquire(blocking=False)

    def _end(self, value: object, failure: BaseException | None) -> None:
        self.ended()
        if self.result.done():
            return
        if failure is None:
            self.result.set_result(value)
        else:
            self.result.set_exception(failure)


class RequestPool:
    """Runs calls in ``threads`` threads, which start with the first call.

    ``waiting`` is how many calls may run or wait at once. ``taken`` counts the calls; tests prove
    by it that a request takes one.
    """

    def __init__(
        self, threads: int, *, waiting: int | None = None, seconds: float = SECONDS
    ) -> None:
        self._count = threads
        self._free = self._room = waiting or threads * WAITING_A_THREAD
        self._seconds = seconds
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._threads: list[Thread] = []
        self._closed = False
        self.taken = 0

    async def run(self, function: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """Return what ``function`` returns, or raise what it raises.

        Raises ``Busy`` when all is full or its turn did not come in time, ``StillRunning`` when it
        has begun and did not end in time.
        """
        if not self._free or self._closed:
            raise Busy
        if not self._threads:
            self._start()
        self._free -= 1
        self.taken += 1
        call = _Call(lambda: function(*arguments), self._free_place)
        self._calls.put(call)
        timer = call.loop.call_later(self._seconds, call.give_up)
        try:
            value: T = await call.result
        finally:
            timer.cancel()
            call.withdraw()
        return value

    @property
    def in_hand(self) -> int:
        """How many calls run or wait."""
        return self._room - self._free

    @property
    def fullness(self) -> float:
        """How full the pool is, from 0 to 1."""
        return self.in_hand / self._room

    def close(self, seconds: float = _CLOSE_SECONDS) -> None:
        """Let later calls get ``Busy``; wait a while for what runs, and end the threads."""
        self._closed = True
        for _ in self._threads:
            self._calls.put(None)
        end = monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - monotonic()))

    def _start(self) -> None:
        # Daemons: a process must be able to end although the database holds one of them.
        names = (f"request-{number}" for number in range(self._count))
        self._threads = [Thread(target=self._serve, name=name, daemon=True) for name in names]
        for thread in self._threads:
            thread.start()

    def _serve(self) -> None:
        while (call := self._calls.get()) is not None:
            call.run()
            del call  # a waiting thread must not keep the last request's keys alive

    def _free_place(self) -> None:
        self._free += 1
