"""Declare routes: each one must name the permission that it needs.

``Router`` is FastAPI's ``APIRouter`` whose decorators require ``needs=``, ``GatedRoute`` its
``APIRoute`` in which the gate speaks before FastAPI's own refusals. ``declared_needs`` reads the
declarations back from a running application, so that the wall tests and ``docs/permissions.md``
see what is really there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from typing import (
    Any,
    Final,
    NamedTuple,
    Protocol,
    TypeAlias,
    TypedDict,
    TypeVar,
    Unpack,
    cast,
    get_args,
    get_origin,
)

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_params_to_args, solve_dependencies
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from starlette.routing import BaseRoute

from app.errors import DomainError
from app.http.needs import Needs, NotHeard, Readiness
from app.http.openapi import extra_of, responses_of
from app.http.operation import Declared, Operation
from app.http.requests import BEARER, Refused, body_of
from app.http.schema import KNOWN_FIELDS
from app.http.signature import HandlerSignature
from app.http.stretching import Tasks

_MANY: Final = (list, tuple, set, frozenset)
Stretch: TypeAlias = Callable[..., Tasks]


class Reading(TypedDict, total=False):
    """What the decorator of a read may say besides ``needs``."""

    status_code: int
    raises: Sequence[type[DomainError]]


class Changing(Reading, total=False):
    """What the decorator of a change may say besides ``needs``."""

    creates: bool
    always_heard: bool
    not_heard: NotHeard
    changes: bool
    stretch: Stretch
    readiness: Readiness


Handler = TypeVar("Handler", bound=Callable[..., object])


class Decorator(Protocol):
    """Registers a handler as a route, and returns it unchanged."""

    def __call__(self, handler: Handler, /) -> Handler:
        """Declare this handler."""


class GatedRoute(APIRoute):
    """A route that checks session and permission before FastAPI validates anything."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **how: Any) -> None:
        if not isinstance(endpoint, Operation):
            raise TypeError(f"{path}: declare a route by a method of Router, with needs=")
        self.operation = endpoint
        super().__init__(path, endpoint, **how)
        query = self.dependant.query_params
        if len(query) > 1 and any(_model_of(asked.field_info) is not None for asked in query):
            # FastAPI would look for a parameter of the model's name, and find none of its fields.
            raise TypeError(f"{path}: a query is one model or plain parameters; subclass the model")
        parameters = list(_parameters(self.dependant))
        self.operation.known_query = {
            name: _is_many(field) for place, name, field in parameters if place == "query"
        }
        KNOWN_FIELDS.update(name for _, name, _ in parameters)

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """Return what carries a request out: the body unread, the gate before every refusal."""
        operation, takes_body = self.operation, self.body_field is not None
        dependencies = [each for each in self.dependant.dependencies if each.call is not BEARER]
        own = replace(self.dependant, body_params=[], dependencies=dependencies)
        solves = bool(
            dependencies or own.background_tasks_param_name or own.http_connection_param_name
        )

        async def respond(request: Request) -> Response:
            body = await body_of(request) if takes_body else b""
            if not solves:
                # What ``solve_dependencies`` does where there are none, in a fifth of its time.
                values, errors = _read_parameters(own, request)
                return await operation(request, values, body, errors)
            await operation.require_access(request)
            solved = await solve_dependencies(
                request=request,
                dependant=own,
                dependency_overrides_provider=request.app,
                async_exit_stack=request.scope["fastapi_inner_astack"],
                embed_body_fields=False,
            )
            response = await operation(request, solved.values, body, solved.errors)
            response.background = response.background or solved.background_tasks
            return response

        return respond


def _read_parameters(own: Dependant, request: Request) -> tuple[dict[str, object], list[Refused]]:
    values: dict[str, object] = {}
    errors: list[Refused] = []
    for each in own.path_params:
        place = ("path", each.alias)
        values[each.name], refused = each.validate(request.path_params[each.alias], {}, loc=place)
        errors += cast("list[Refused]", refused)
    for declared, source in (
        (own.query_params, "query_params"),
        (own.header_params, "headers"),
        (own.cookie_params, "cookies"),
    ):
        if declared:
            read, refused = request_params_to_args(declared, getattr(request, source))
            values |= read
            errors += cast("list[Refused]", refused)
    return values, errors


def _model_of(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _is_many(field: FieldInfo) -> bool:
    kinds = (field.annotation, *get_args(field.annotation))
    return any((get_origin(kind) or kind) in _MANY for kind in kinds)


def _parameters(dependant: Dependant) -> Iterator[tuple[str, str, FieldInfo]]:
    """Yield place, name and field of every parameter that a route and its dependencies take."""
    every = {
        "path": dependant.path_params,
        "query": dependant.query_params,
        "header": dependant.header_params,
        "cookie": dependant.cookie_params,
    }
    for place, parameters in every.items():
        for parameter in parameters:
            model = _model_of(parameter.field_info)
            if model is None:
                yield place, parameter.alias, parameter.field_info
                continue
            for name, field in model.model_fields.items():
                yield place, field.alias or name, field
    for inner in dependant.dependencies:
        yield from _parameters(inner)


class Router(APIRouter):
    """The routes of one domain.

    ``needs`` is a permission or ``Public("why")``. ``creates`` requires an ``Idempotency-Key``,
    ``changes`` an ``If-Match``; ``always_heard`` takes other words under a key that was used.
    A duress word in a text about a case or a journey alarms, whatever becomes of the request, but
    for ``not_heard``.
    ``stretch(work, body)`` returns what Argon2 must stretch before the handler, which then takes a
    ``Stretched``, or ``Stretches`` for a list. ``readiness`` is the task that the handler requires
    a case to be ready for, or ``NotWork("why")``. ``raises`` are the domain's refusals, for the
    description of the interface. Handlers are plain functions; one that takes a ``Work`` gets it.
    """

    def __init__(self, *, prefix: str = "", tags: Sequence[str] = ()) -> None:
        super().__init__(prefix=prefix, tags=[*tags], route_class=GatedRoute)
        self._included: dict[tuple[str, int], list[BaseRoute]] = {}

    def included(self, prefix: str, most_body_bytes: int) -> list[BaseRoute]:
        """Return these routes under a prefix, for every application of this process.

        FastAPI reads all signatures again at each inclusion, 0.2 s for the whole interface. Routes
        know no deployment: a process that serves several, as tests do, includes them once.
        """
        key = (prefix, most_body_bytes)
        if key not in self._included:
            parent = APIRouter()
            parent.include_router(self, prefix=prefix, max_body_size=most_body_bytes)
            self._included[key] = parent.routes
        return self._included[key]

    def get(  # type: ignore[override]
        self, path: str, *, needs: Needs, **declared: Unpack[Reading]
    ) -> Decorator:
        """Declare a read."""
        return self._declare("GET", path, Declared(needs, **declared))

    def post(  # type: ignore[override]
        self, path: str, *, needs: Needs, **declared: Unpack[Changing]
    ) -> Decorator:
        """Declare a creation, a move, or a read that must not be in an address."""
        return self._declare("POST", path, Declared(needs, **declared))

    def put(  # type: ignore[override]
        self, path: str, *, needs: Needs, **declared: Unpack[Changing]
    ) -> Decorator:
        """Declare a replacement."""
        return self._declare("PUT", path, Declared(needs, **declared))

    def patch(  # type: ignore[override]
        self, path: str, *, needs: Needs, **declared: Unpack[Changing]
    ) -> Decorator:
        """Declare a change of some fields."""
        return self._declare("PATCH", path, Declared(needs, **declared))

    def delete(  # type: ignore[override]
        self, path: str, *, needs: Needs, **declared: Unpack[Changing]
    ) -> Decorator:
        """Declare a removal."""
        return self._declare("DELETE", path, Declared(needs, **declared))

    def _declare(self, method: str, path: str, declared: Declared) -> Decorator:
        def declare(handler: Handler) -> Handler:
            operation = Operation(handler, declared)
            self.add_api_route(
                path,
                operation,
                methods=[method],
                name=operation.name,
                operation_id=operation.name,
                response_model=None if operation.shape is None else operation.takes.returns,
                response_class=Response if operation.shape is None else JSONResponse,
                status_code=operation.status,
                responses=responses_of(operation),
                openapi_extra=extra_of(operation),
            )
            return handler

        return declare


class ServedRoute(NamedTuple):
    """One method of one path that an application serves, and what it was declared to need.

    ``needs`` is None for what was not declared on a ``Router``: the wall tests refuse it.
    """

    method: str
    path: str
    name: str
    needs: Needs | None
    creates: bool = False
    changes: bool = False
    readiness: Readiness | None = None
    not_heard: NotHeard | None = None
    takes: HandlerSignature | None = None


def declared_needs(app: FastAPI) -> Iterator[ServedRoute]:
    """Yield everything that the application serves, in order of path and method."""
    yield from sorted(_served(app), key=lambda served: (served.path, served.method))


def _served(app: FastAPI) -> Iterator[ServedRoute]:
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        path = context.path or "?"
        if not isinstance(route, GatedRoute):
            yield ServedRoute(type(route).__name__, path, context.name or "?", None)
            continue
        how = route.operation.declared
        for method in sorted(context.methods or ()):
            yield ServedRoute(
                method,
                path,
                route.operation.name,
                how.needs,
                how.creates,
                how.changes,
                how.readiness,
                how.not_heard,
                route.operation.takes,
            )
