"""A body of JSON, read strictly: no number in quotes, no loose dates, no name twice in an object.

What clients send without meaning it is mended before it is judged: a byte order mark is taken off,
and half a surrogate pair, what is left of an emoji that was cut, becomes U+FFFD. Knows no request.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final

from pydantic import TypeAdapter, ValidationError

from app.http.errors import BodyMalformed, Fault, FieldsInvalid, MediaTypeUnsupported
from app.http.schema import CONTROL_CHARACTER
from app.http.wording import GIVEN_TWICE

_UTF_8: Final = re.compile(r"utf[-_ ]?8|(us[-_ ]?)?ascii", re.IGNORECASE)
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_RAW_HALF: Final = re.compile(rb"\xed[\xa0-\xbf]")
_ESCAPED_HALF: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""One escape: a whole pair, a half of one, or any other."""


def read_body(shape: TypeAdapter[object], body: bytes, headers: Mapping[str, str]) -> object:
    """Return the body as its schema says.

    Raises ``FieldsInvalid`` with every fault found, ``BodyMalformed``, ``MediaTypeUnsupported``.
    """
    packed = headers.get("content-encoding", "identity")
    if not _is_json(headers.get("content-type", "")) or packed.lower() != "identity":
        raise MediaTypeUnsupported
    body = replace_invalid_characters(body)
    if _NUL.search(body):
        raise FieldsInvalid([Fault((), CONTROL_CHARACTER)])
    value, faults = None, []
    try:
        value = shape.validate_json(body, strict=True)
    except ValidationError as refused:
        errors = refused.errors(include_url=False, include_input=False)
        if errors[-1]["type"] == "json_invalid":
            raise BodyMalformed from None
        faults = [Fault(e["loc"], e["type"], e.get("ctx", {})) for e in errors]
    if faults := [*_given_twice(body), *faults]:
        raise FieldsInvalid(faults)
    return value


def replace_invalid_characters(body: bytes) -> bytes:
    """Return a body without byte order marks, halves of surrogate pairs replaced by U+FFFD."""
    while body.startswith(BOM_UTF8):
        body = body[len(BOM_UTF8) :]
    if _RAW_HALF.search(body):
        with suppress(UnicodeDecodeError):
            halves = body.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass")
            body = halves.decode("utf-16-le", "replace").encode()
    if _ESCAPED_HALF.search(body):
        body = _ESCAPE.sub(lambda found: rb"\ufffd" if found["half"] else found[0], body)
    return body


def content_of(body: bytes) -> bytes:
    """Return a body of JSON in one spelling of what it says; as it came where it is none."""
    try:
        value = json.loads(replace_invalid_characters(body), object_pairs_hook=_as_once)
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError, _DuplicateName):
        return body


def _as_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    _once(pairs)
    return dict(pairs)


def _is_json(content_type: str) -> bool:
    """Return whether this is JSON in UTF-8, however that is spelled. ASCII is UTF-8 too."""
    media_type, *parameters = content_type.split(";")
    named = (parameter.partition("=") for parameter in parameters)
    charsets = (value for name, _, value in named if name.strip().lower() == "charset")
    return media_type.strip().lower() == "application/json" and all(
        _UTF_8.fullmatch(charset.strip(" \t\"'")) for charset in charsets
    )


class _DuplicateName(Exception):
    """An object of JSON has the same name twice."""


class _Pairs(list[tuple[str, object]]):
    """An object of JSON as it is written."""


def _once(pairs: list[tuple[str, object]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise _DuplicateName


def _given_twice(body: bytes) -> list[Fault]:
    """Return a fault for each name that is twice in one object: nobody knows which is meant."""
    try:
        json.loads(body, object_pairs_hook=_once)
    except _DuplicateName:
        return list(_faults_in(json.loads(body, object_pairs_hook=_Pairs), ()))
    return []


def _faults_in(value: object, where: tuple[str | int, ...]) -> Iterator[Fault]:
    if isinstance(value, _Pairs):
        counts = Counter(name for name, _ in value)
        yield from (Fault((*where, name), GIVEN_TWICE) for name in counts if counts[name] > 1)
    if isinstance(value, list):
        for name, inner in value if isinstance(value, _Pairs) else enumerate(value):
            yield from _faults_in(inner, (*where, name))
