"""Reads a request into what a handler asked for: path, query and one JSON body.

FastAPI says from the handler's signature what stands where, and describes it in OpenAPI; the
values are read here, inside the hop and behind the gate, straight from bytes by pydantic and
strictly. Unknown query parameters are refused like unknown fields. Knows no principal.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin
from urllib.parse import parse_qsl

from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.types import Receive

from app.errors import TooLarge
from app.http.errors import (
    BodyMalformed,
    BodyTooSlow,
    Fault,
    FieldsInvalid,
    MediaTypeUnsupported,
)
from app.http.schema import CONTROL_CHARACTER, KNOWN_FIELDS
from app.http.wording import MISSING, UNKNOWN_FIELD

BODY_SECONDS: Final = 60.0
_MOST_PARAMETERS: Final = 50
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f]")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_JSON = re.compile(rb"application/json\s*(;\s*charset=\"?utf-8\"?\s*)?", re.IGNORECASE)


class ClientGone(Exception):
    """The client closed the connection before its request had arrived; nobody hears an answer."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as it arrived, not yet judged. Holds no address of the client."""

    method: str
    path: str
    query: bytes
    path_values: Mapping[str, str]
    headers: Mapping[bytes, bytes] = field(repr=False)
    body: bytes = field(repr=False)

    def header(self, name: bytes) -> str | None:
        """Return a header's text, or None; ``name`` in lower case."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1").strip()


async def read_body(receive: Receive, headers: Mapping[bytes, bytes], most: int) -> bytes:
    """Return the body's bytes, counted as they come.

    Raises ``TooLarge`` as soon as more than ``most`` is announced or sent, ``BodyTooSlow`` when
    it takes over a minute, ``ClientGone``.
    """
    announced = headers.get(b"content-length", b"0")
    if not announced.isdigit() or int(announced) > most:
        raise TooLarge
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        return _counted([message.get("body", b"")], most)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            chunks: list[bytes] = []
            while message["type"] == "http.request":
                chunks.append(message.get("body", b""))
                if not message.get("more_body"):
                    return _counted(chunks, most)
                _counted(chunks, most)
                message = await receive()
    except TimeoutError:
        raise BodyTooSlow from None
    raise ClientGone


def _counted(chunks: list[bytes], most: int) -> bytes:
    if sum(map(len, chunks)) > most:
        raise TooLarge
    return b"".join(chunks)


class _Slot:
    """One argument that comes from the path or the query."""

    def __init__(self, name: str, key: str, hint: Any, *, needed: bool) -> None:
        self.name = name
        self.key = key
        self.needed = needed
        self._adapter: TypeAdapter[Any] = TypeAdapter(hint)
        plain = get_args(hint)[0] if get_origin(hint) is Annotated else hint
        self._many = _takes_many(plain)
        self._group: list[str] | None = None
        if isinstance(plain, type) and issubclass(plain, BaseModel):
            self._group = [info.alias or key for key, info in plain.model_fields.items()]

    @property
    def keys(self) -> list[str]:
        return [self.key] if self._group is None else self._group

    def find(self, given: Mapping[str, list[str]]) -> Any:
        """Return this argument's raw text, texts, or group of texts; None where absent."""
        if self._group is not None:
            return {key: given[key][-1] for key in self._group if key in given}
        texts = given.get(self.key)
        return texts if texts is None or self._many else texts[-1]

    def validate(self, raw: Any, faults: list[Fault]) -> Any:
        place = () if self._group is not None else (self.key,)
        texts = raw.values() if isinstance(raw, dict) else raw if isinstance(raw, list) else (raw,)
        if any(map(_HIDDEN.search, texts)):
            faults.append(Fault(place, CONTROL_CHARACTER))
            return None
        try:
            return self._adapter.validate_python(raw)
        except ValidationError as refusal:
            faults.extend(_faults(refusal, place))
            return None


class Reader:
    """Reads the arguments of one route. Built once, from what FastAPI made of its signature.

    ``hints`` are the handler's resolved annotations. Raises ``TypeError`` for a handler that asks
    for headers, cookies, dependencies or a second body.
    """

    def __init__(self, route: APIRoute, hints: Mapping[str, Any]) -> None:
        asked = route.dependant
        if asked.header_params or asked.cookie_params or asked.dependencies:
            raise TypeError(f"{route.path}: a handler takes path, query and one body, no more")
        if len(asked.body_params) > 1:
            raise TypeError(f"{route.path}: a handler takes one body")
        self._path, self._query = (
            [
                _Slot(p.name, p.alias, hints[p.name], needed=p.field_info.is_required())
                for p in parameters
            ]
            for parameters in (asked.path_params, asked.query_params)
        )
        self._known = {key for slot in self._query for key in slot.keys}
        KNOWN_FIELDS.update(self._known, (slot.key for slot in self._path))
        self.takes_body = bool(asked.body_params)
        self.body_name = ""
        for asked_for in asked.body_params:
            self.body_name = asked_for.name
            self._body: TypeAdapter[Any] = TypeAdapter(hints[asked_for.name])
            self._body_needed = asked_for.field_info.is_required()

    def read(self, incoming: Incoming) -> dict[str, Any]:
        """Return the handler's arguments by name.

        Raises ``FieldsInvalid`` with every fault found, ``BodyMalformed``,
        ``MediaTypeUnsupported``.
        """
        values: dict[str, Any] = {}
        faults: list[Fault] = []
        for slot in self._path:
            values[slot.name] = slot.validate(incoming.path_values[slot.key], faults)
        if self._query or incoming.query:
            self._read_query(incoming.query, values, faults)
        if self.takes_body and (incoming.body or self._body_needed):
            values[self.body_name] = self._read_body(incoming, faults)
        if faults:
            raise FieldsInvalid(faults)
        return values

    def _read_query(self, query: bytes, values: dict[str, Any], faults: list[Fault]) -> None:
        given = _parameters(query)
        faults.extend(Fault((key,), UNKNOWN_FIELD) for key in given if key not in self._known)
        for slot in self._query:
            raw = slot.find(given)
            if raw is not None:
                values[slot.name] = slot.validate(raw, faults)
            elif slot.needed:
                faults.append(Fault((slot.key,), MISSING))

    def _read_body(self, incoming: Incoming, faults: list[Fault]) -> Any:
        _check_media_type(incoming)
        if _NUL.search(incoming.body):
            faults.append(Fault((), CONTROL_CHARACTER))
            return None
        try:
            return self._body.validate_json(incoming.body, strict=True)
        except ValidationError as refusal:
            faults.extend(_faults(refusal))
        if faults[-1].kind == "json_invalid":
            raise BodyMalformed
        return None


def _faults(refusal: ValidationError, place: tuple[str, ...] = ()) -> list[Fault]:
    errors = refusal.errors(include_url=False, include_input=False)
    return [Fault(place + error["loc"], error["type"], error.get("ctx", {})) for error in errors]


def _takes_many(annotation: Any) -> bool:
    if get_origin(annotation) in (Union, UnionType):
        return any(map(_takes_many, get_args(annotation)))
    return (get_origin(annotation) or annotation) in (list, tuple, set, frozenset)


def _check_media_type(incoming: Incoming) -> None:
    kind = incoming.headers.get(b"content-type", b"")
    packed = incoming.headers.get(b"content-encoding", b"identity")
    if not _JSON.fullmatch(kind) or packed.lower() != b"identity":
        raise MediaTypeUnsupported


def _parameters(query: bytes) -> dict[str, list[str]]:
    given: dict[str, list[str]] = {}
    if query:
        try:
            pairs = parse_qsl(
                query.decode("latin-1"), keep_blank_values=True, max_num_fields=_MOST_PARAMETERS
            )
        except ValueError:
            raise TooLarge from None
        for name, value in pairs:
            given.setdefault(name, []).append(value)
    return given
