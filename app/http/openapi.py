"""The OpenAPI description: FastAPI's, completed with needs, problems and examples.

Added to each operation are the problems that it may respond with, by code, its need, and its
``ETag``. Served to anyone: it holds no secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import NoneType
from typing import Any, Final, get_args

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app import errors
from app.cases.errors import CaseNotFound
from app.factors.errors import FactorRequired
from app.http import errors as web
from app.http.examples import example_of
from app.http.needs import Public
from app.http.operation import Operation
from app.http.problems import MEDIA_TYPE, URN, status_of
from app.http.quotas import UNLIMITED
from app.http.responses import JSON
from app.http.wording import all_codes
from app.permissions import WHILE_ENROLLING
from app.vault.errors import CaseErased, ErasureAsked, NoGrant, StepUpRequired

Kinds = Iterable[type[errors.DomainError]]

_ALWAYS: Final[Kinds] = (
    errors.Busy,
    errors.OutcomeUnknown,
    web.DatabaseUnavailable,
    web.Incident,
)
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


def describe(app: FastAPI, *, version: str) -> dict[str, Any]:
    """Return the OpenAPI description of everything that the application serves."""
    described = get_openapi(
        title="Padauk",
        version=version,
        summary="Sealed case management for volunteer groups",
        routes=app.routes,
        tags=app.openapi_tags,
        servers=app.servers,
        separate_input_output_schemas=False,
    )
    schemas = described.setdefault("components", {}).setdefault("schemas", {})
    schemas |= _problem_schemas()
    for operations in described["paths"].values():
        for operation in operations.values():
            _add_example(operation, schemas)
    return described


def _add_example(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    body = operation.get("requestBody", {}).get("content", {}).get(JSON)
    if body is not None:
        body["example"] = example_of(body["schema"], schemas)


def responses_of(operation: Operation) -> dict[int | str, dict[str, object]]:
    """Return the responses of an operation that its handler's signature does not say."""
    returned: dict[str, object] = {}
    returns = operation.takes.returns
    if operation.shape is not None and _has_version(returns):
        text = {"type": "string"}
        returned["headers"] = {"ETag": {"description": "The version, in quotes", "schema": text}}
    if operation.shape is None and returns is not NoneType:
        # A streamed file says its media type only as it is sent; a class of responses has its own.
        media_type = getattr(returns, "media_type", None) or "application/octet-stream"
        schema = {"type": "object"} if media_type == JSON else {"type": "string"}
        returned["content"] = {media_type: {"schema": schema}}
    described = _problems(_refusals(operation))
    return {operation.status: returned, **described} if returned else described


def _has_version(returned: object) -> bool:
    """Return whether a response, or one of several kinds of it, has a version."""
    kinds = get_args(returned) or (returned,)
    return any("version" in getattr(kind, "model_fields", ()) for kind in kinds)


def extra_of(operation: Operation) -> dict[str, object]:
    """Return what else OpenAPI says about an operation: its need."""
    needs = operation.declared.needs
    if isinstance(needs, Public):
        return {"security": [], "x-needs": f"public: {needs.because}"}
    return {"x-needs": needs.value}


def _refusals(operation: Operation) -> Iterator[type[errors.DomainError]]:
    declared = operation.declared
    yield from _ALWAYS
    yield web.FieldsInvalid
    if not isinstance(declared.needs, Public):
        yield from _SIGNED_IN
        yield StepUpRequired
        if declared.needs not in WHILE_ENROLLING:
            yield FactorRequired
    if operation.takes.body is not None:
        yield from _WITH_BODY
    if declared.creates:
        yield from _CREATING
    if (declared.creates or declared.changes) and declared.needs not in UNLIMITED:
        yield web.QuotaSpent
    if operation.takes.takes_id:
        yield errors.IdTaken
    if declared.changes:
        yield from _CHANGING
    yield from declared.raises
    if any(issubclass(kind, CaseNotFound) for kind in declared.raises):
        yield from (CaseErased, ErasureAsked)


def _problems(kinds: Kinds) -> dict[int | str, dict[str, object]]:
    by_status: dict[int, dict[str, str]] = {}
    for kind in kinds:
        by_status.setdefault(status_of(kind), {})[kind.code] = kind.title
    return {
        status: {
            "description": "\n".join(f"- `{code}`: {told[code]}" for code in sorted(told)),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, told in sorted(by_status.items())
    }


def _problem_schemas() -> dict[str, object]:
    words = {"type": "string"}
    fault = {
        "title": "FieldProblem",
        "type": "object",
        "required": ["field", "code", "message"],
        "properties": {
            "field": {**words, "description": "Where: a path such as contacts.0.number"},
            "code": {**words, "examples": list(all_codes())},
            "message": words,
        },
    }
    problem = {
        "title": "Problem",
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
            "incident": {**words, "description": "With 500 and 503: its number in our log"},
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
