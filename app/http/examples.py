"""Composes the example of a request's body from its schema, so that no example can drift from it.

- What a schema or a field says in ``examples`` is taken.
- Required fields are filled: with the example of their type, the first choice, or by their format.
- Optional fields appear where the field itself has an example.

Knows JSON Schema as pydantic writes it, and no domain.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_BY_FORMAT: Final = {
    "uuid": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "date": "2026-03-02",
    "date-time": "2026-03-02T06:30:00Z",
}


class NoExample(LookupError):
    """A text without ``examples``: nothing says what it looks like."""


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """Return an example of a schema; raises ``NoExample``."""
    for source in ("examples", "enum", "anyOf", "oneOf"):
        if source in schema:
            first = schema[source][0]
            return example_of(first, schemas) if source in ("anyOf", "oneOf") else first
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for given in ("const", "default"):
        if given in schema:
            return schema[given]
    return _by_type(schema, schemas)


def _by_type(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    match schema.get("type"):
        case "object":
            required = schema.get("required", ())
            return {
                name: example_of(field, schemas)
                for name, field in schema.get("properties", {}).items()
                if name in required or "examples" in field
            }
        case "array":
            return [example_of(schema["items"], schemas)]
        case "integer":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case _ if schema.get("format") in _BY_FORMAT:
            return _BY_FORMAT[schema["format"]]
    raise NoExample(schema.get("title", "a schema without a title"))
