"""Speaks ASGI to an application, message by message, where a client library is too polite."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI

Message = dict[str, Any]


@dataclass
class Heard:
    """What the application sent."""

    messages: list[Message] = field(default_factory=list)

    @property
    def status(self) -> int | None:
        return self.messages[0]["status"] if self.messages else None

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.messages[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])


def scope(method: str, path: str, headers: dict[str, str], **more: Any) -> Message:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "scheme": "http",
        "server": ("padauk.invalid", 80),
        "client": None,
        **more,
    }


def chunks(*parts: bytes) -> Callable[[], Awaitable[Message]]:
    """A body in parts, without an announced length; then the client hangs up."""
    waiting = [
        {"type": "http.request", "body": part, "more_body": number < len(parts)}
        for number, part in enumerate(parts, 1)
    ]

    async def receive() -> Message:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    return receive


def speak(
    app: FastAPI,
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    receive: Callable[[], Awaitable[Message]] | None = None,
    **more: Any,
) -> Heard:
    heard = Heard()

    async def send(message: Message) -> None:
        heard.messages.append(message)

    asked = scope(method, path, headers or {}, **more)
    asyncio.run(app(asked, receive or chunks(b""), send))
    return heard


def speak_at_once(app: FastAPI, asked: Iterable[Message], body: bytes = b"") -> list[Heard]:
    """Send several requests at the same moment, from one event loop."""

    async def one(request: Message) -> Heard:
        heard = Heard()

        async def send(message: Message) -> None:
            heard.messages.append(message)

        await app(request, chunks(body), send)
        return heard

    async def every() -> list[Heard]:
        return await asyncio.gather(*map(one, asked))

    return asyncio.run(every())
