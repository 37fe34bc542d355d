"""The responses of our own making: JSON in bytes."""

from __future__ import annotations

from pydantic import TypeAdapter
from starlette.responses import Response

JSON = "application/json"


class RawJson(Response):
    """JSON that is written already."""

    media_type = JSON


def json_response(result: object, shape: TypeAdapter[object], status: int) -> Response:
    """Return the response for what a handler returned, with the version as its ``ETag``."""
    version = getattr(result, "version", None)
    headers = None if version is None else {"etag": f'"{version}"'}
    content = shape.dump_json(result, by_alias=True)
    return Response(content, status, headers=headers, media_type=JSON)
