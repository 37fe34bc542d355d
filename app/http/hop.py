"""From the event loop into a thread and back, once a request.

A few threads take calls from one queue; when too many wait, the next is refused at once rather
than kept. Plain threads and a ``SimpleQueue``: a ``ThreadPoolExecutor`` costs twice as much a hop
(54 against 28 microseconds where it was measured). Knows nothing of requests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, ParamSpec, TypeVar, cast

from app.errors import Busy

P = ParamSpec("P")
T = TypeVar("T")

WAITING_A_THREAD: Final = 64


class _Call:
    """One call: runs in a thread, settles on the event loop that asked for it."""

    __slots__ = ("answer", "function", "loop", "settled")

    def __init__(self, function: Callable[[], Any], settled: Callable[[], None]) -> None:
        self.function = function
        self.settled = settled
        self.loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[Any] = self.loop.create_future()

    def run(self) -> None:
        result: Any = None
        failure: BaseException | None = None
        if not self.answer.cancelled():
            try:
                result = self.function()
            except StopIteration as stray:
                # A future refuses it, and the request would wait for ever.
                failure = RuntimeError("a handler let StopIteration out")
                failure.__cause__ = stray
            except BaseException as raised:  # noqa: BLE001 - it is raised where it is awaited
                failure = raised
        with suppress(RuntimeError):  # the loop has ended: nobody waits any more
            self.loop.call_soon_threadsafe(self._settle, result, failure)

    def _settle(self, result: Any, failure: BaseException | None) -> None:
        self.settled()
        if self.answer.cancelled():
            return
        if failure is None:
            self.answer.set_result(result)
        else:
            self.answer.set_exception(failure)


class Hop:
    """``threads`` threads that run what they are given, each call from start to end in one.

    ``waiting`` is how many calls may be in hand or wait at once. The threads start with the first
    call. ``taken`` counts the calls; tests prove by it that a request takes one.
    """

    def __init__(self, threads: int, *, waiting: int | None = None) -> None:
        self._count = threads
        self._room = waiting or threads * WAITING_A_THREAD
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._threads: list[Thread] = []
        self._closed = False
        self.taken = 0

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what ``function`` returns, or raise what it raises; ``Busy`` when all is full."""
        if not self._room or self._closed:
            raise Busy
        if not self._threads:
            self._start()
        self._room -= 1
        self.taken += 1
        call = _Call(lambda: function(*args, **kwargs), self._free)
        self._calls.put(call)
        return cast("T", await call.answer)

    def close(self) -> None:
        """Finish what is in hand and end the threads; later calls get ``Busy``."""
        self._closed = True
        for _ in self._threads:
            self._calls.put(None)
        for thread in self._threads:
            thread.join()
        self._threads = []

    def _start(self) -> None:
        # Daemons: a process that ends without closing its hop must not hang on them.
        names = (f"hop-{number}" for number in range(self._count))
        self._threads = [Thread(target=self._serve, name=name, daemon=True) for name in names]
        for thread in self._threads:
            thread.start()

    def _serve(self) -> None:
        while (call := self._calls.get()) is not None:
            call.run()
            del call  # a waiting thread must not keep the last request's keys alive

    def _free(self) -> None:
        self._room += 1
