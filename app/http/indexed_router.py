"""Finds routes by the number and the fixed ends of their segments, then as FastAPI does.

FastAPI tries the patterns of its routes in turn, which for a hundred routes costs more than the
rest of the framework's way. The index looks up the few that can fit. The first path that fits is
the one that is meant, fixed before parameters; only then does the method count, so that 405 names
every method of that path. What is not in the index (404, a proxy's prefix, routes added later) is
left to FastAPI.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from fastapi import APIRouter
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import TooLarge

_METHOD_NOT_ALLOWED: Final = 405
_PARAMETER = re.compile(r"\{[^}]*\}")


class _Entry(NamedTuple):
    path: str
    methods: frozenset[str]
    route: BaseRoute
    matches: Callable[[Scope], tuple[Match, Scope]]
    app: ASGIApp


class IndexedRouter(APIRouter):
    """The router of an application: ``index`` once after the last router was included."""

    def __init__(self, *, most_body_bytes: int, **how: Any) -> None:
        super().__init__(redirect_slashes=False, **how)
        self._most_body_bytes = most_body_bytes
        self._by_shape: dict[tuple[int, str, str], list[_Entry]] = {}

    def index(self) -> None:
        """Index all routes.

        Raises ``TypeError`` where a name or an address is declared twice, or a router was included
        with dependencies: a gated route runs its own, behind its gate.
        """
        taken: set[str] = set()
        for context in iter_route_contexts(self.routes):
            path, methods = context.path or "", frozenset(context.methods or ())
            marks = {f"{method} {_PARAMETER.sub('{}', path)}" for method in methods}
            marks.add(context.name or path)
            if marks & taken:
                raise TypeError(f"declared twice: {sorted(marks & taken)}")
            taken |= marks
            own = getattr(context.original_route, "dependencies", None)
            if own is not None and len(context.dependencies) > len(own):
                raise TypeError(
                    f"{path}: declare dependencies at the route, not where it is included"
                )
            entry = _Entry(path, methods, context.original_route, context.matches, context.app)
            self._by_shape.setdefault(_shape_of(path), []).append(entry)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the application's lifespan."""
        if scope["type"] == "http":
            _check_length(scope, self._most_body_bytes)
            entry = None if scope.get("root_path") else self._find(scope)
            if entry is not None:
                await entry.app(scope, receive, send)
                return
        await super().app(scope, receive, send)

    def _find(self, scope: Scope) -> _Entry | None:
        meant: str | None = None
        methods: set[str] = set()
        for entry in self._candidates(scope["path"]):
            match, found = entry.matches(scope)
            if match is Match.NONE or meant not in (None, entry.path):
                continue
            if match is Match.FULL:
                scope.update(found, route=entry.route, route_template=entry.path)
                return entry
            meant = entry.path
            methods |= entry.methods
        if meant is not None:
            methods |= {"HEAD"} if "GET" in methods else set()
            raise HTTPException(_METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(sorted(methods))})
        return None

    def _candidates(self, path: str) -> Iterator[_Entry]:
        segments = path.split("/")
        count, first = len(segments), "/".join(segments[:3])
        yield from self._by_shape.get((count, first, segments[-1]), ())
        yield from self._by_shape.get((count, first, ""), ())


def _check_length(scope: Scope, most: int) -> None:
    """Refuse a body that is announced too large; FastAPI's own refusal would be plain text."""
    for name, value in scope["headers"]:
        if name == b"content-length" and not (value.isdigit() and int(value) <= most):
            raise TooLarge


def _shape_of(path: str) -> tuple[int, str, str]:
    segments = path.split("/")
    first = "/".join(segments[:3])
    if "{" in first or ":" in path:
        raise TypeError(f"{path}: a path starts fixed, and its parameters are one segment each")
    last = segments[-1]
    return len(segments), first, "" if "{" in last else last
