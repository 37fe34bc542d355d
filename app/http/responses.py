"""The responses of our own making: JSON in bytes, and files."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from starlette.responses import Response

JSON = "application/json"


class Raw(Response):
    """A response that is no JSON of a schema: a page, a table, a file to save."""

    def __init__(
        self,
        content: bytes,
        media_type: str,
        filename: str | None = None,
        *,
        status: int = 200,
    ) -> None:
        headers = None
        if filename is not None:
            headers = {"content-disposition": f'attachment; filename="{filename}"'}
        super().__init__(content, status, media_type=media_type, headers=headers)


def json_response(result: Any, shape: TypeAdapter[Any], status: int) -> Response:
    """Return the response for what a handler returned, with the version as its ``ETag``."""
    version = getattr(result, "version", None)
    headers = None if version is None else {"etag": f'"{version}"'}
    content = shape.dump_json(result, by_alias=True)
    return Response(content, status, headers=headers, media_type=JSON)
