"""Connections of clients: closed where no whole head of a request comes in time.

Each holds a file descriptor, of which a process has few: who only connects, or sends a head
letter by letter, must not keep others out. Bodies have limits of their own (``bodies``).
"""

from __future__ import annotations

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle


class Connection(HttpToolsProtocol):
    """A connection that waits ten seconds for the head of its first request, and of each other."""

    seconds: ClassVar[float] = 10.0
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_headers_complete(self) -> None:
        """Wait no more: a request is in hand."""
        self._stop_waiting()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._wait()

    def _wait(self) -> None:
        self._stop_waiting()
        self._waiting = self.loop.call_later(self.seconds, self._close_idle)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _close_idle(self) -> None:
        cycle: RequestResponseCycle | None = self.cycle  # none before the first request
        in_hand = cycle is not None and not cycle.response_complete
        if not in_hand and not self.transport.is_closing():
            self.transport.close()
