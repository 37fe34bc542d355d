"""What a handler takes, and the signature that FastAPI is shown instead.

FastAPI reads the handler's parameters from the signature and describes them in OpenAPI. Shown
besides are the bearer token and the headers that the route requires; hidden are ``Work`` and the
results of Argon2, which are ours to give. The body is shown and not read by FastAPI.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from inspect import Parameter
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

from fastapi import Request, Response, Security, params
from pydantic import BaseModel, TypeAdapter

from app.crypto.passwords import Stretched
from app.errors import DomainError
from app.http.bodies import read_body
from app.http.proposed_ids import takes_id
from app.http.requests import (
    BEARER,
    ActingRole,
    AnyIdempotencyKey,
    Credentials,
    IdempotencyKey,
    IfMatch,
    Incoming,
    versions_of,
)
from app.http.stretching import Stretches
from app.http.texts import Fields, fields_of
from app.work import Work

_BEARER: Final = "credentials_"
_KEY: Final = "idempotency_key_"
_VERSION: Final = "if_match_"
_ACTING: Final = "acting_role_"
_GIVEN: Final = (Work, Stretched, Stretches)


class HandlerSignature:
    """The parameters of one handler. Raises ``TypeError`` for what no handler can have."""

    def __init__(
        self,
        handler: Callable[..., object],
        *,
        open_to_all: bool,
        creates: bool,
        changes: bool,
        always_heard: bool = False,
    ) -> None:
        if inspect.iscoroutinefunction(handler):
            raise TypeError(f"{handler.__name__} is async; a handler runs in a thread: use def")
        hints = get_type_hints(handler, include_extras=True)
        self.returns: Any = hints.pop("return", NoneType)
        if Response in hints.values():
            raise TypeError(f"{handler.__name__} takes a Response; return one instead")
        self.work = _name_of(hints, Work)
        self.stretched = _name_of(hints, Stretched) or _name_of(hints, Stretches)
        self._request = _name_of(hints, Request)
        bodies = [name for name, hint in hints.items() if _is_body(hint)]
        if len(bodies) > 1:
            raise TypeError(f"{handler.__name__} takes two bodies: {bodies}; a handler takes one")
        self.body = bodies[0] if bodies else None
        self.shape: TypeAdapter[object] | None = None
        self.takes_id = self.body is not None and takes_id(hints[self.body])
        if self.body is not None:
            self.shape = TypeAdapter(hints[self.body])
            self._body_default = inspect.signature(handler).parameters[self.body].default
        shown = [*self._own(handler, hints), *self._added(open_to_all, creates, changes)]
        if always_heard:
            key = Parameter(
                _KEY, Parameter.KEYWORD_ONLY, annotation=AnyIdempotencyKey, default=None
            )
            shown = [key if one.name == _KEY else one for one in shown]
        self.shown = inspect.Signature(shown)

    def _own(
        self, handler: Callable[..., object], hints: Mapping[str, object]
    ) -> Iterator[Parameter]:
        for name, parameter in inspect.signature(handler).parameters.items():
            if hints[name] not in _GIVEN:
                yield parameter.replace(kind=Parameter.KEYWORD_ONLY, annotation=hints[name])

    def _added(self, open_to_all: bool, creates: bool, changes: bool) -> Iterator[Parameter]:
        added: list[tuple[str, object]] = []
        if not open_to_all:
            added.append((_BEARER, Annotated[Credentials, Security(BEARER)]))
        if creates:
            added.append((_KEY, IdempotencyKey))
        if changes:
            added.append((_VERSION, IfMatch))
        for name, hint in added:
            yield Parameter(name, Parameter.KEYWORD_ONLY, annotation=hint)
        if not open_to_all:
            yield Parameter(_ACTING, Parameter.KEYWORD_ONLY, annotation=ActingRole, default=None)

    def incoming(
        self, request: Request, values: dict[str, Any], body: bytes, refusal: DomainError | None
    ) -> Incoming:
        """Return the request with what FastAPI has read of it, in ``values``."""
        if_match = values.pop(_VERSION, None)
        key = values.pop(_KEY, None)
        values.pop(_ACTING, None)  # the gate has read it
        if self._request is not None:
            values[self._request] = request
        return Incoming.of(
            request,
            body=body,
            idempotency_key=key,
            versions=None if if_match is None else versions_of(if_match),
            arguments=values,
            refusal=refusal,
        )

    @cached_property
    def fields(self) -> Fields:
        """The fields of the body, with what is no text in them."""
        return {} if self.shape is None else fields_of(self.shape)

    def arguments(
        self, incoming: Incoming, work: Work | None, stretched: Stretched | Stretches | None
    ) -> dict[str, Any]:
        """Return the handler's arguments, the body read strictly.

        Raises ``FieldsInvalid``, ``BodyMalformed``, ``MediaTypeUnsupported``.
        """
        arguments = dict(incoming.arguments)
        if self.body is not None and self.shape is not None:
            if not len(incoming.body) and self._body_default is not Parameter.empty:
                arguments[self.body] = self._body_default
            else:
                arguments[self.body] = read_body(self.shape, incoming.body, incoming.headers)
        if self.work is not None:
            arguments[self.work] = work
        if self.stretched is not None:
            arguments[self.stretched] = stretched
        return arguments


def _name_of(hints: Mapping[str, object], kind: type[object]) -> str | None:
    return next((name for name, hint in hints.items() if hint is kind), None)


def _is_body(hint: object) -> bool:
    marks: tuple[object, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *rest = get_args(hint)
        marks = tuple(rest)
    if any(isinstance(mark, params.Param | params.Form | params.Depends) for mark in marks):
        return False
    if any(isinstance(mark, params.Body) for mark in marks):
        return True
    arms = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    plain = [get_args(arm)[0] if get_origin(arm) is Annotated else arm for arm in arms]
    return any(isinstance(arm, type) and issubclass(arm, BaseModel) for arm in plain)
