"""Where routes are declared: none can be written without saying whom it is for.

``Router`` gathers declarations and knows nothing of how they are served; ``declared_needs`` reads
them back from a running application, so that the wall tests and ``docs/permissions.md`` see what
is really there.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from app.errors import DomainError
from app.http.answers import Raw
from app.http.exchange import Asked, Needs, Public, Stretches

__all__ = ["Declared", "Needs", "Public", "Raw", "Router", "Served", "Stretches", "declared_needs"]

Handler = TypeVar("Handler", bound=Callable[..., Any])
Stretch = Callable[..., Asked]


class Decorator(Protocol):
    """Leaves the handler as it is."""

    def __call__(self, handler: Handler, /) -> Handler:
        """Declare this handler."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One route as its author wrote it down."""

    method: str
    path: str
    handler: Callable[..., Any]
    needs: Needs
    creates: bool
    changes: bool
    stretch: Stretch | None
    status: int | None
    raises: tuple[type[DomainError], ...]
    tags: tuple[str, ...]

    def __post_init__(self) -> None:
        if inspect.iscoroutinefunction(self.handler):
            raise TypeError(f"{self.path}: a handler is a plain function; it runs in a thread")
        if self.creates and isinstance(self.needs, Public):
            raise TypeError(f"{self.path}: nobody's requests cannot be told apart to repeat them")


class Router:
    """Gathers the routes of one domain.

    ``needs`` is a permission or ``Public("why")``. ``creates`` asks for an ``Idempotency-Key``,
    ``changes`` for ``If-Match``. ``stretch(work, body)`` returns what Argon2 must stretch before
    the handler, which then takes a ``Stretched``, or ``Stretches`` for a list. ``raises`` are the
    domain's refusals, for the description of the interface. Handlers are plain functions; one
    that takes a ``Work`` gets it.
    """

    def __init__(self, *, prefix: str = "", tags: Sequence[str] = ()) -> None:
        self.declared: list[Declared] = []
        self._prefix = prefix
        self._tags = tuple(tags)

    def get(
        self,
        path: str,
        *,
        needs: Needs,
        status_code: int | None = None,
        raises: Sequence[type[DomainError]] = (),
    ) -> Decorator:
        """Declare a read."""
        return self._declare("GET", path, needs, status_code, raises)

    def post(
        self,
        path: str,
        *,
        needs: Needs,
        creates: bool = False,
        changes: bool = False,
        stretch: Stretch | None = None,
        status_code: int | None = None,
        raises: Sequence[type[DomainError]] = (),
    ) -> Decorator:
        """Declare a creation, a move, or a read that must not stand in an address."""
        return self._declare(
            "POST", path, needs, status_code, raises, creates=creates, changes=changes,
            stretch=stretch,
        )  # fmt: skip

    def put(
        self,
        path: str,
        *,
        needs: Needs,
        creates: bool = False,
        changes: bool = False,
        stretch: Stretch | None = None,
        status_code: int | None = None,
        raises: Sequence[type[DomainError]] = (),
    ) -> Decorator:
        """Declare a replacement."""
        return self._declare(
            "PUT", path, needs, status_code, raises, creates=creates, changes=changes,
            stretch=stretch,
        )  # fmt: skip

    def patch(
        self,
        path: str,
        *,
        needs: Needs,
        changes: bool = False,
        status_code: int | None = None,
        raises: Sequence[type[DomainError]] = (),
    ) -> Decorator:
        """Declare a change of some fields."""
        return self._declare("PATCH", path, needs, status_code, raises, changes=changes)

    def delete(
        self,
        path: str,
        *,
        needs: Needs,
        changes: bool = False,
        status_code: int | None = None,
        raises: Sequence[type[DomainError]] = (),
    ) -> Decorator:
        """Declare a removal."""
        return self._declare("DELETE", path, needs, status_code, raises, changes=changes)

    def _declare(
        self,
        method: str,
        path: str,
        needs: Needs,
        status: int | None,
        raises: Sequence[type[DomainError]],
        *,
        creates: bool = False,
        changes: bool = False,
        stretch: Stretch | None = None,
    ) -> Decorator:
        def declare(handler: Handler) -> Handler:
            route = Declared(
                method, self._prefix + path, handler, needs, creates, changes, stretch, status,
                tuple(raises), self._tags,
            )  # fmt: skip
            self.declared.append(route)
            return handler

        return declare


@dataclass(frozen=True, slots=True)
class Served:
    """One method of one path that an application answers, and what it was declared to need.

    ``needs`` is None for what was not declared on a ``Router``: the wall tests refuse it.
    """

    method: str
    path: str
    name: str
    needs: Needs | None
    creates: bool = False
    changes: bool = False


def declared_needs(app: FastAPI) -> Iterator[Served]:
    """Yield everything that the application answers, in order of path and method."""
    yield from sorted(_served(app), key=lambda served: (served.path, served.method))


def _served(app: FastAPI) -> Iterator[Served]:
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        path = context.path or "?"
        declared = getattr(route, "declared", None)
        if not isinstance(declared, Declared):
            yield Served(type(route).__name__, path, context.name or "?", None)
            continue
        for method in sorted(context.methods or ()):
            yield Served(
                method,
                path,
                declared.handler.__name__,
                declared.needs,
                declared.creates,
                declared.changes,
            )
