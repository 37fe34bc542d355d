"""Every failure as an RFC 9457 problem with a stable ``code``. No other module knows statuses.

A problem says what is the matter and where, and never repeats what was sent. A fault of ours, and
a request for which there was no room or no database, says its incident number: under that the log
has what happened (``incidents``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from fastapi import FastAPI, Request
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app import errors
from app.http import errors as web
from app.http.database import meaning_of
from app.http.wording import put_in_words
from app.telemetry.incidents import report
from app.totality import RowMissing
from app.vault.errors import CaseErased

MEDIA_TYPE: Final = "application/problem+json"
URN: Final = "urn:padauk:problem:"

STATUS: Final[dict[type[errors.DomainError], int]] = {
    web.BodyMalformed: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    web.MethodNotAllowed: 405,
    web.BodyTooSlow: 408,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.Stale: 412,
    errors.TooLarge: 413,
    web.MediaTypeUnsupported: 415,
    errors.Invalid: 422,
    errors.PreconditionMissing: 428,
    errors.TooMany: 429,
    errors.IntegrityFault: 500,
    web.Incident: 500,
    errors.Busy: 503,
    errors.OutcomeUnknown: 503,
}
"""The status of each family; the nearest ancestor counts."""

_OURS: Final = 500
_UNAVAILABLE: Final = 503


def status_of(kind: type[errors.DomainError]) -> int:
    """Return the status that a failure earns; raises ``RowMissing`` for one without a family."""
    for ancestor in kind.__mro__:
        if ancestor in STATUS:
            return STATUS[ancestor]
    raise RowMissing(f"{kind.__name__} is of no family: derive it from one of app/errors.py")


def response_of(failure: BaseException, scope: Mapping[str, object] | None = None) -> Response:
    """Return the problem that a failure is, having logged it where the fault is ours.

    ``scope`` is that of the request: the log names its operation and its route.
    """
    known = _known(failure) or web.Incident()
    status = status_of(type(known))
    problem: dict[str, object] = {
        "type": URN + known.code,
        "title": known.title,
        "status": status,
        "code": known.code,
        **_details(known),
    }
    if status in (_OURS, _UNAVAILABLE):
        crowded = isinstance(known, errors.Busy) and not isinstance(known, web.DatabaseUnavailable)
        problem["incident"] = report(failure, scope, is_ours=not crowded)
    return Response(
        msgspec.json.encode(problem), status, media_type=MEDIA_TYPE, headers=_headers(known)
    )


def _known(failure: BaseException) -> errors.DomainError | None:
    """Return the failure as one of a family, or None where it is a fault of ours."""
    if isinstance(failure, errors.DomainError):
        return failure
    if isinstance(failure, DBAPIError):
        return meaning_of(failure)
    if isinstance(failure, NoConnectionFree):
        return errors.Busy()
    if isinstance(failure, StaleDataError):
        return web.RetryConflict()
    if isinstance(failure, HTTPException) and failure.status_code in _FRAMEWORK:
        return _FRAMEWORK[failure.status_code]()
    return None


_FRAMEWORK: Final[dict[int, type[errors.DomainError]]] = {
    413: errors.TooLarge,
    404: web.RouteNotFound,
    405: web.MethodNotAllowed,
}


def _details(known: errors.DomainError) -> Mapping[str, object]:
    """Return the members that belong to one kind of problem alone."""
    if isinstance(known, web.FieldsInvalid):
        return {"errors": [put_in_words(fault) for fault in known.faults]}
    if isinstance(known, errors.Invalid) and known.field is not None:
        return {"errors": [{"field": known.field, "code": known.code, "message": known.title}]}
    if isinstance(known, CaseErased) and known.certificate is not None:
        return {"certificate": str(known.certificate)}
    if isinstance(known, errors.Stale):
        told: dict[str, object] = {"current": known.current} if known.current else {}
        return {**told, "changed": list(known.changed)} if known.changed else told
    return {}


def _headers(known: errors.DomainError) -> dict[str, str]:
    if isinstance(known, errors.Unauthenticated):
        return {"www-authenticate": "Bearer"}
    if isinstance(known, errors.TooMany | errors.Busy | errors.OutcomeUnknown):
        return {"retry-after": str(known.retry_after)}
    if isinstance(known, errors.TooLarge | web.BodyTooSlow):
        # What is still on its way is not read; the connection cannot be used again.
        return {"connection": "close"}
    return {}


async def _respond(request: Request, failure: Exception) -> Response:
    response = response_of(failure, request.scope)
    if isinstance(failure, HTTPException):
        for name, value in (failure.headers or {}).items():
            response.headers.setdefault(name, value)
    return response


def install(app: FastAPI) -> None:
    """Register the handlers that turn every failure into a problem response."""
    for kind in (errors.DomainError, HTTPException, SQLAlchemyError):
        app.add_exception_handler(kind, _respond)
