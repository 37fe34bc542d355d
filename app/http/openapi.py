"""The description of the interface: FastAPI's, with what it cannot know put in.

Added: the bearer token, the headers of repeatable and of conditional requests, and for each
operation the problems that it may answer with, by code. Served to anyone: it holds no secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app import errors
from app.http import errors as web
from app.http.answers import Raw
from app.http.problems import MEDIA_TYPE, URN, status_of
from app.http.routing import Declared, Public
from app.http.serving import Route
from app.http.wording import all_codes
from app.vault.errors import NoGrant, StepUpRequired

Kinds = Iterable[type[errors.DomainError]]

_ALWAYS: Final[Kinds] = (errors.Busy, web.DatabaseUnavailable, web.Incident)
_SIGNED_IN: Final[Kinds] = (errors.Unauthenticated, web.NotAllowed, NoGrant, errors.IntegrityFault)
_WITH_BODY: Final[Kinds] = (
    web.BodyMalformed,
    web.BodyTooSlow,
    errors.TooLarge,
    web.MediaTypeUnsupported,
)
_CREATING: Final[Kinds] = (
    web.ReplayKeyMissing,
    web.ReplayKeyInvalid,
    web.ReplayKeyReused,
    web.ReplayLost,
    web.RetryConflict,
)
_CHANGING: Final[Kinds] = (
    errors.PreconditionMissing,
    web.PreconditionInvalid,
    errors.Stale,
    web.RetryConflict,
)
_BEARER: Final = {
    "type": "http",
    "scheme": "bearer",
    "description": "The token that signing in gives, 43 characters. It ends after 15 idle minutes.",
}
_REPLAY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Random, 8 to 128 visible characters. Sent again within two days, the same "
    "request under the same key is carried out once and answered alike.",
    "schema": {"type": "string", "minLength": 8, "maxLength": 128, "pattern": "^[!-~]+$"},
    "example": "7f3c0a52b1de4c6f",
}
_IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The version that the change is based on: the ETag of what was read.",
    "schema": {"type": "string", "pattern": '^"[1-9][0-9]{0,9}"$'},
    "example": '"7"',
}


def describe(app: FastAPI, *, version: str) -> dict[str, Any]:
    """Return the OpenAPI description of everything that the application serves."""
    described = get_openapi(
        title="Padauk",
        version=version,
        summary="Sealed case management for volunteer groups",
        routes=app.routes,
        separate_input_output_schemas=False,
    )
    shared = described.setdefault("components", {})
    schemas = shared.setdefault("schemas", {})
    for generated in ("HTTPValidationError", "ValidationError"):
        schemas.pop(generated, None)
    schemas |= _problem_schemas()
    shared["securitySchemes"] = {"bearer": _BEARER}
    for route in app.routes:
        if isinstance(route, Route):
            for method in route.methods or ():
                _complete(described["paths"][route.path][method.lower()], route)
    return described


def _complete(operation: dict[str, Any], route: Route) -> None:
    declared = route.declared
    parameters = operation.setdefault("parameters", [])
    if declared.creates:
        parameters.append(_REPLAY_KEY)
    if declared.changes:
        parameters.append(_IF_MATCH)
    answers = operation["responses"]
    answers.pop("422", None)
    if isinstance(declared.needs, Public):
        operation["security"] = []
        operation["x-needs"] = f"public: {declared.needs.because}"
    else:
        operation["security"] = [{"bearer": []}]
        operation["x-needs"] = declared.needs.value
    if route.response_model is None:
        # FastAPI supposes JSON; a Raw answer says its own media type, an empty one has none.
        answers[str(route.status_code)].pop("content", None)
        if declared.handler.__annotations__.get("return") in (Raw, "Raw"):
            answers[str(route.status_code)]["content"] = {"*/*": {}}
    elif "version" in getattr(route.response_model, "model_fields", ()):
        answers[str(route.status_code)]["headers"] = {
            "ETag": {"description": "The version, in quotes", "schema": {"type": "string"}}
        }
    answers |= _problems(_refusals(declared, operation))


def _refusals(declared: Declared, operation: dict[str, Any]) -> Iterator[type[errors.DomainError]]:
    yield from _ALWAYS
    yield web.FieldsInvalid
    if not isinstance(declared.needs, Public):
        yield from _SIGNED_IN
        yield StepUpRequired
    if "requestBody" in operation:
        yield from _WITH_BODY
    if declared.creates:
        yield from _CREATING
    if declared.changes:
        yield from _CHANGING
    yield from declared.raises


def _problems(kinds: Kinds) -> dict[str, Any]:
    by_status: dict[int, dict[str, str]] = {}
    for kind in kinds:
        by_status.setdefault(status_of(kind), {})[kind.code] = kind.title
    return {
        str(status): {
            "description": "\n".join(f"- `{code}`: {told[code]}" for code in sorted(told)),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, told in sorted(by_status.items())
    }


def _problem_schemas() -> dict[str, Any]:
    words = {"type": "string"}
    fault = {
        "type": "object",
        "required": ["field", "code", "message"],
        "properties": {
            "field": {**words, "description": "Where: a path such as contacts.0.number"},
            "code": {**words, "examples": list(all_codes())},
            "message": words,
        },
    }
    problem = {
        "type": "object",
        "description": "RFC 9457. Clients match on `code`, which stays.",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": {**words, "format": "uri", "examples": [f"{URN}case.not_found"]},
            "title": words,
            "status": {"type": "integer"},
            "code": {**words, "enum": every_code()},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldProblem"}},
            "current": {"type": "integer", "description": "With `version.stale`: the newest one"},
            "changed": {"type": "array", "items": words},
            "incident": {**words, "description": "With a fault of ours: its number in our log"},
        },
    }
    return {"Problem": problem, "FieldProblem": fault}


def every_code() -> list[str]:
    """Return the code of every failure that the loaded program can raise, in order."""
    codes = set()
    waiting = errors.DomainError.__subclasses__()
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if "code" in vars(kind):
            codes.add(kind.code)
    return sorted(codes)
