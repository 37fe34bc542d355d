"""What goes back: a status, headers and bytes, ready before the commit."""

from __future__ import annotations

from typing import NamedTuple

from starlette.types import Send

RawHeaders = tuple[tuple[bytes, bytes], ...]
JSON = b"application/json"


class Answer(NamedTuple):
    """One answer. ``headers`` are its own; the door adds those that every answer has."""

    status: int
    headers: RawHeaders
    body: bytes

    async def send(self, send: Send) -> None:
        """Hand the answer to the server."""
        length = (b"content-length", str(len(self.body)).encode())
        headers = [*self.headers, length] if self.body or self.status != 204 else [*self.headers]  # noqa: PLR2004
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


class Raw(NamedTuple):
    """What a handler returns where the answer is no JSON of a schema: a page, a table, a file."""

    content: bytes
    media_type: str
    filename: str | None = None

    @property
    def headers(self) -> RawHeaders:
        """Return the headers that tell what the bytes are."""
        kind = (b"content-type", self.media_type.encode())
        if self.filename is None:
            return (kind,)
        told = f'attachment; filename="{self.filename}"'
        return (kind, (b"content-disposition", told.encode("ascii")))
