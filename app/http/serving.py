"""Serves declared routes: finds the one that a path means, and hands it over in one hop.

FastAPI describes each route and matches its path; what stands between its handler and the answer
is ours: ``Endpoint`` goes to the hop and back. ``Switchboard`` looks a path up by its shape,
because trying a hundred patterns in turn costs more than the rest of the way. Knows no domain.
"""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import update_wrapper
from itertools import chain
from types import NoneType
from typing import Any, Final, get_type_hints

from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match
from starlette.types import Lifespan, Receive, Scope, Send

from app.crypto.errors import PassphraseRefused, QueueFull, StretcherClosed, StretcherLost
from app.crypto.passwords import LONGEST_PASSPHRASE, Stretched
from app.deployment import Deployment
from app.errors import Busy
from app.http.answers import Answer, Raw
from app.http.errors import Fault, FieldsInvalid
from app.http.exchange import Exchange, Identify, Plan, Public, Stretches, StretchTask
from app.http.hop import Hop
from app.http.reading import ClientGone, Incoming, Reader, read_body
from app.http.routing import Declared
from app.work import Work

_OK: Final = 200
_NO_CONTENT: Final = 204
_METHOD_NOT_ALLOWED: Final = 405
_STRETCHING_SECONDS: Final = 5
_PARAMETER = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class House:
    """What every route of one application works with."""

    deployment: Deployment
    hop: Hop
    identify: Identify


class Route(APIRoute):
    """One declared route: described by FastAPI, carried out by an ``Endpoint``."""

    def __init__(self, declared: Declared, prefix: str, house: House) -> None:
        handler = declared.handler
        hints = get_type_hints(handler, include_extras=True)
        result = hints.get("return", NoneType)
        shown = None if result in (NoneType, Raw) else result
        status = declared.status or (_NO_CONTENT if result is NoneType else _OK)
        super().__init__(
            prefix + declared.path,
            _described(handler, hints),
            methods=[declared.method],
            response_model=shown,
            status_code=status,
            operation_id=handler.__name__,
            tags=list(declared.tags),
        )
        self.declared = declared
        plan = Plan(
            name=handler.__name__,
            needs=declared.needs,
            creates=declared.creates,
            changes=declared.changes,
            status=status,
            handler=handler,
            reader=Reader(self, hints),
            shape=None if shown is None else TypeAdapter(shown),
            work_name=_name_of(Work, hints),
            stretched_name=_name_of(Stretched, hints) or _name_of(Stretches, hints),
            stretch=declared.stretch,
        )
        if (plan.stretch is None) is not (plan.stretched_name is None):
            raise TypeError(f"{declared.path}: stretch= and a Stretched argument go together")
        self.app = Endpoint(plan, house)


def _described(handler: Callable[..., Any], hints: dict[str, Any]) -> Callable[..., Any]:
    """Return a stand-in with the handler's signature as FastAPI is to see it."""

    def stand_in() -> None:
        raise NotImplementedError

    signature = inspect.signature(handler)
    stand_in = update_wrapper(stand_in, handler)
    stand_in.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[
            parameter.replace(annotation=hints[name])
            for name, parameter in signature.parameters.items()
            if hints[name] not in (Work, Stretched, Stretches)
        ],
        return_annotation=hints.get("return"),
    )
    return stand_in


def _name_of(kind: type[Any], hints: dict[str, Any]) -> str | None:
    return next((name for name, hint in hints.items() if hint is kind and name != "return"), None)


class Endpoint:
    """Carries requests for one route into the hop and their answers out of it."""

    def __init__(self, plan: Plan, house: House) -> None:
        self._plan = plan
        self._house = house
        self._most = house.deployment.settings.max_body_bytes
        self._stays = isinstance(plan.needs, Public) and plan.work_name is None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; what it raises is for ``problems`` to put into words."""
        plan = self._plan
        headers = dict(scope["headers"])
        try:
            body = await read_body(receive, headers, self._most) if plan.reader.takes_body else b""
        except ClientGone:
            return
        incoming = Incoming(
            scope["method"],
            scope["path"],
            scope["query_string"],
            scope["path_params"],
            headers,
            body,
        )
        answer = await self._answer(incoming)
        await answer.send(send)

    async def _answer(self, incoming: Incoming) -> Answer:
        plan, house = self._plan, self._house
        if self._stays:
            # Nothing to wait for: such a handler reaches neither database nor key.
            return plan.render(plan.handler(**plan.reader.read(incoming)))
        exchange = Exchange(plan, house.deployment, house.identify, incoming)
        if plan.stretch is None:
            return await house.hop.run(exchange.answer)
        asked = await house.hop.run(exchange.ask_stretching)
        if isinstance(asked, Answer):
            return asked
        if isinstance(asked, list):
            results = [await self._stretched(task) for task in asked]
            return await house.hop.run(exchange.answer, Stretches(asked, results))
        return await house.hop.run(exchange.answer, await self._stretched(asked))

    async def _stretched(self, task: StretchTask) -> Stretched:
        if task.delay:
            await asyncio.sleep(task.delay)
        try:
            return await self._house.deployment.stretcher.stretch(
                task.passphrase, salt=task.salt, cost=task.cost, floor=task.floor
            )
        except PassphraseRefused:
            limits = {"max_length": LONGEST_PASSPHRASE}
            fault = Fault((self._plan.reader.body_name,), "string_too_long", limits)
            raise FieldsInvalid([fault]) from None
        except (QueueFull, StretcherLost, StretcherClosed):
            raise Busy(retry_after=_STRETCHING_SECONDS) from None


class Switchboard(APIRouter):
    """Finds routes by the number and the fixed ends of their segments, then as FastAPI does.

    The first path that fits is the one that is meant, fixed before parameters; only then does the
    method count, so that 405 names every method of that path. 404 is left to FastAPI.
    """

    def __init__(self, routes: Iterable[Route], lifespan: Lifespan[Any]) -> None:
        self._by_shape: dict[tuple[int, str, str], list[Route]] = {}
        taken: set[str] = set()
        for route in routes:
            declared = route.declared
            marks = {route.name, f"{declared.method} {_PARAMETER.sub('{}', route.path)}"}
            if marks & taken:
                raise TypeError(f"declared twice: {sorted(marks & taken)}")
            taken |= marks
            self._by_shape.setdefault(_shape_of(route), []).append(route)
        every: list[BaseRoute] = [*chain.from_iterable(self._by_shape.values())]
        super().__init__(routes=every, redirect_slashes=False, lifespan=lifespan)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or let the application live through its lifespan."""
        if scope["type"] == "http" and not scope.get("root_path"):
            meant: str | None = None
            methods: set[str] = set()
            for route in self._candidates(scope["path"]):
                match, found = route.matches(scope)
                if match is Match.NONE or meant not in (None, route.path):
                    continue
                if match is Match.FULL:
                    scope.update(found)
                    await route.app(scope, receive, send)
                    return
                meant = route.path
                methods |= route.methods or set()
            if meant is not None:
                raise HTTPException(
                    _METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(sorted(methods))}
                )
        await super().app(scope, receive, send)

    def _candidates(self, path: str) -> Iterator[Route]:
        segments = path.split("/")
        count, first = len(segments), "/".join(segments[:3])
        yield from self._by_shape.get((count, first, segments[-1]), ())
        yield from self._by_shape.get((count, first, ""), ())


def _shape_of(route: Route) -> tuple[int, str, str]:
    segments = route.path.split("/")
    first = "/".join(segments[:3])
    if "{" in first or ":" in route.path:
        raise TypeError(
            f"{route.path}: a path starts fixed, and its parameters are one segment each"
        )
    last = segments[-1]
    return len(segments), first, "" if "{" in last else last


def routes_of(declared: Iterable[Declared], prefix: str, house: House) -> list[Route]:
    """Return the routes of these declarations, under a prefix."""
    return [Route(route, prefix, house) for route in declared]
