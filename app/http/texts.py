"""The texts of a body: what somebody typed, whatever the field, done or refused.

- What a field holds by its schema is no text: an id, a day, a choice, a code of a language. What
  else is in such a field is judged; so are a field that no schema knows, and its name.
- A name that is given twice hides nothing: both values are judged.
- Judges nothing of the body: a duress word is heard in what is refused as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from pydantic import TypeAdapter

from app.http.bodies import replace_invalid_characters

_BELOW: Final = ("anyOf", "oneOf", "prefixItems", "items", "additionalProperties")
_FORMATTED: Final = r"(?=[^0-9]*[0-9])[0-9A-Fa-f:.+\-TtZz ]+"
"""Days, moments and ids, as far as they can be told from words."""

Fields: TypeAlias = Mapping[str, re.Pattern[str] | None]
"""The fields of a body, at any depth, with what is no text in them; None where everything is."""


class _Pairs(list[tuple[str, object]]):
    """An object of JSON as it is written."""


def texts_in(body: bytes, fields: Fields | None = None) -> tuple[str, ...]:
    """Return the texts of a body as they came, without what its fields hold by their schema.

    The whole body is one text where it is no JSON, or nested beyond reason. Without ``fields``
    every value is a text, and no name is.
    """
    if not body:
        return ()
    try:
        return tuple(
            _texts(json.loads(replace_invalid_characters(body), object_pairs_hook=_Pairs), fields)
        )
    except (ValueError, RecursionError):
        return (body.decode("utf-8", "replace"),)


def fields_of(shape: TypeAdapter[object]) -> Fields:
    """Return the fields of a body with what they hold that is no text."""
    schema = shape.json_schema()
    models = schema.get("$defs", {})
    # The fields of a model have names of their own; a choice holds its values.
    choices = {f"#/$defs/{name}": model.get("enum", []) for name, model in models.items()}
    fields: dict[str, set[str] | None] = {}
    for model in (schema, *models.values()):
        for name, field in model.get("properties", {}).items():
            held = None if _takes_text(field) else set(_held(field, choices))
            before = fields.get(name, set())
            fields[name] = None if held is None or before is None else before | held
    return {
        name: None if held is None else re.compile("|".join(sorted(held)) or r"(?!)")
        for name, held in fields.items()
    }


def _takes_text(node: object) -> bool:
    if isinstance(node, list):
        return any(map(_takes_text, node))
    if not isinstance(node, dict):
        return False
    if node.get("type") == "string":
        return not {"const", "enum", "format", "pattern"} & node.keys()
    return any(_takes_text(node.get(key)) for key in _BELOW)


def _held(node: object, choices: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield patterns of what a field holds by its schema."""
    if isinstance(node, list):
        for one in node:
            yield from _held(one, choices)
    if not isinstance(node, dict):
        return
    held = (*node.get("enum", ()), *choices.get(node.get("$ref", ""), ()), node.get("const"))
    yield from (re.escape(str(value)) for value in held if value is not None)
    if "pattern" in node:
        yield f"(?:{node['pattern']})"
    elif "format" in node:
        yield _FORMATTED
    for key in _BELOW:
        yield from _held(node.get(key), choices)


def _texts(
    value: object, fields: Fields | None, no_text: re.Pattern[str] | None = None
) -> Iterator[str]:
    if isinstance(value, str):
        if value.strip() and (no_text is None or not no_text.fullmatch(value)):
            yield value
    elif isinstance(value, _Pairs):
        for name, inner in value:
            if fields is not None and name not in fields:
                yield name
            yield from _texts(inner, fields, (fields or {}).get(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, fields, no_text)
