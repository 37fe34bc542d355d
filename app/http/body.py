"""Reads a JSON body strictly from its bytes: no number in quotes, no loose dates, no surprises."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.http.errors import BodyMalformed, Fault, FieldsInvalid, MediaTypeUnsupported
from app.http.schema import CONTROL_CHARACTER

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_JSON = re.compile(r"application/json\s*(;\s*charset=\"?utf-8\"?\s*)?", re.IGNORECASE)


def read_body(shape: TypeAdapter[Any], body: bytes, headers: Mapping[str, str]) -> Any:
    """Return the body as its schema says.

    Raises ``FieldsInvalid`` with every fault found, ``BodyMalformed``, ``MediaTypeUnsupported``.
    """
    kind = headers.get("content-type", "")
    packed = headers.get("content-encoding", "identity")
    if not _JSON.fullmatch(kind) or packed.lower() != "identity":
        raise MediaTypeUnsupported
    if _NUL.search(body):
        raise FieldsInvalid([Fault((), CONTROL_CHARACTER)])
    try:
        return shape.validate_json(body, strict=True)
    except ValidationError as refused:
        errors = refused.errors(include_url=False, include_input=False)
    if errors[-1]["type"] == "json_invalid":
        raise BodyMalformed
    raise FieldsInvalid([Fault(e["loc"], e["type"], e.get("ctx", {})) for e in errors])
