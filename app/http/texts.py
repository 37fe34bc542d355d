"""The texts of a body: what somebody typed, whatever the field, done or refused.

- A field is left out where its schema says that it holds no text: an id, a day, a choice, a code
  of a language. A field that no schema knows is judged.
- Judges nothing of the body: a duress word is heard in what is refused as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from pydantic import TypeAdapter

from app.http.bodies import mended

_NO_TEXT: Final = frozenset({"const", "enum", "format", "pattern"})
_BELOW: Final = ("anyOf", "oneOf", "prefixItems", "items", "additionalProperties")


def texts_in(body: bytes, without_text: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Return the texts of a body as they came, without those in fields of these names.

    The whole body is one text where it is no JSON, or nested beyond reason.
    """
    if not body:
        return ()
    try:
        return tuple(_texts(json.loads(mended(body)), without_text))
    except (ValueError, RecursionError):
        return (body.decode("utf-8", "replace"),)


def fields_without_text(shape: TypeAdapter[object]) -> frozenset[str]:
    """Return the names of the fields of a body, at any depth, in which nobody can type a text."""
    schema = shape.json_schema()
    fields: dict[str, bool] = {}
    for model in (schema, *schema.get("$defs", {}).values()):
        for name, field in model.get("properties", {}).items():
            fields[name] = fields.get(name, False) or _takes_text(field)
    return frozenset(name for name, takes in fields.items() if not takes)


def _takes_text(node: object) -> bool:
    if isinstance(node, list):
        return any(map(_takes_text, node))
    if not isinstance(node, dict):
        return False
    if node.get("type") == "string":
        return not _NO_TEXT & node.keys()
    return any(_takes_text(node.get(key)) for key in _BELOW)


def _texts(value: object, without_text: frozenset[str], *, judged: bool = True) -> Iterator[str]:
    if isinstance(value, str) and judged and value.strip():
        yield value
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, without_text, judged=judged)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, without_text, judged=name not in without_text)
