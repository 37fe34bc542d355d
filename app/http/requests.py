"""Read a request: its body as bytes, its headers, and what is wrong with its parameters.

- The body stays bytes until the gate has let the request through (``bodies`` then reads it).
- Path, query and headers are read by FastAPI; what it refuses, and what we refuse besides
  (control characters, unknown names), becomes one failure, which is raised behind the gate.
- A body that takes over a minute is given up.

Knows no principal.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, NotRequired, TypeAlias, TypedDict
from uuid import UUID

from fastapi import Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param

from app.errors import DomainError, PreconditionMissing, TooLarge
from app.http.errors import (
    BodyTooSlow,
    Fault,
    FieldsInvalid,
    PreconditionInvalid,
    ReplayKeyInvalid,
    ReplayKeyMissing,
)
from app.http.schema import CONTROL_CHARACTER
from app.http.wording import GIVEN_TWICE, MISSING, UNKNOWN_FIELD
from app.permissions import Role
from app.store.models import DAYS_KEPT

BODY_SECONDS: Final = 60.0
_MOST_PARAMETERS: Final = 50
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f]")

BEARER: Final = HTTPBearer(
    scheme_name="bearer",
    description="The token that signing in gives, 43 characters. It ends after 15 idle minutes.",
    auto_error=False,
)
Credentials: TypeAlias = HTTPAuthorizationCredentials | None

AnyIdempotencyKey: TypeAlias = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Random. The same words under the same key are taken once; without a key, or "
        "with other words under one that was used, they are taken as well.",
        examples=["7f3c0a52b1de4c6f"],
    ),
]
IdempotencyKey: TypeAlias = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=128,
        pattern="^[!-~]+$",
        description="Random, 8 to 128 visible characters. Sent again within "
        f"{DAYS_KEPT} days, the same request under the same key is carried out once and gets the "
        "same response.",
        examples=["7f3c0a52b1de4c6f"],
    ),
]
_VERSION = r'(?:W/)?"([1-9][0-9]{0,9})(?:(?:--?|;)(?:gzip|br|deflate|zstd))?"'
"""A version as an entity tag. Proxies that compress make it weak, or say so at its end."""

IfMatch: TypeAlias = Annotated[
    str,
    Header(
        alias="If-Match",
        pattern=rf"^[ \t,]*{_VERSION}([ \t]*,[ \t,]*{_VERSION})*[ \t,]*$",
        max_length=500,
        description="The version that the change is based on: the ETag of what was read. Of a list "
        "one must be the newest. `W/` before it is taken, since an ETag here names a state and "
        "no bytes; `*` is not, since it names no version.",
        examples=['"7"'],
    ),
]

_ACTING = (
    f"({'|'.join(Role)})"
    "(;team=([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}))?"
)

ActingRole: TypeAlias = Annotated[
    str | None,
    Header(
        alias="Acting-Role",
        max_length=64,
        pattern=f"^{_ACTING}$",
        description="As which of one's roles this is done, and in which team, where several allow "
        "it. Without it: the least powerful, in one's own team.",
        examples=["coordinator"],
    ),
]


async def body_of(request: Request) -> bytes:
    """Return a request's body; raises ``BodyTooSlow`` when it takes over a minute."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.body()
    except TimeoutError:
        raise BodyTooSlow from None


def token_of(request: Request) -> str | None:
    """Return the bearer token as ``BEARER`` describes it, or None."""
    scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    return token if scheme.lower() == "bearer" and token else None


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request in the hands of its thread. Holds no address of the client.

    ``refusal`` is what is wrong with path, query or headers, to be raised behind the gate.
    """

    method: str
    path: str
    query: bytes
    headers: Mapping[str, str] = field(repr=False)
    token: str | None = field(repr=False)
    body: bytes = field(repr=False, default=b"")
    arguments: Mapping[str, object] = field(repr=False, default_factory=dict)
    idempotency_key: str | None = None
    versions: frozenset[int] | None = None
    refusal: DomainError | None = None

    @classmethod
    def of(cls, request: Request, **more: Any) -> Incoming:
        """Return a request with what has been found in it so far."""
        scope, headers, token = request.scope, request.headers, token_of(request)
        return cls(scope["method"], scope["path"], scope["query_string"], headers, token, **more)


def role_asked(headers: Mapping[str, str]) -> tuple[Role | None, UUID | None]:
    """Return the role and the team that ``Acting-Role`` names, None for what it does not name.

    What is malformed names none here, and is refused behind the gate.
    """
    found = re.fullmatch(_ACTING, headers.get("acting-role", ""))
    if found is None:
        return None, None
    role, _, team = found.groups()
    return Role(role), None if team is None else UUID(team)


def versions_of(if_match: str) -> frozenset[int]:
    """Return the versions that an ``If-Match`` names (RFC 9110, section 13.1.1)."""
    return frozenset(map(int, re.findall(_VERSION, if_match)))


class Refused(TypedDict):
    """What FastAPI refuses about path, query or headers."""

    type: str
    loc: tuple[str | int, ...]
    ctx: NotRequired[Mapping[str, object]]


def refusal_of(
    request: Request, known: Mapping[str, bool], refused: Sequence[Refused] = ()
) -> DomainError | None:
    """Return what is wrong with path, query and headers, or None.

    ``known`` are the names of the query that the route takes, and whether each may come more than
    once; ``refused`` are the errors that FastAPI has found.
    """
    given = request.query_params.multi_items() if request.scope["query_string"] else []
    if len(given) > _MOST_PARAMETERS:
        return TooLarge()
    texts = [*request.path_params.items(), *given]
    faults = [Fault((name,), CONTROL_CHARACTER) for name, text in texts if _HIDDEN.search(text)]
    faults += [Fault((name,), UNKNOWN_FIELD) for name, _ in given if name not in known]
    once = [name for name, _ in given if not known.get(name, True)]
    faults += [Fault((name,), GIVEN_TWICE) for name in once if once.count(name) > 1]
    for error in refused:
        header = _header_refusal(error)
        if header is not None:
            return header
        faults.append(Fault(tuple(error["loc"][1:]), error["type"], error.get("ctx", {})))
    return FieldsInvalid(list(_each_once(faults))) if faults else None


def _header_refusal(error: Refused) -> DomainError | None:
    missing = error["type"] == MISSING
    if error["loc"] == ("header", "Idempotency-Key"):
        kind = ReplayKeyMissing if missing else ReplayKeyInvalid
        return kind("Idempotency-Key")
    if error["loc"] == ("header", "If-Match"):
        return PreconditionMissing() if missing else PreconditionInvalid("If-Match")
    return None


def _each_once(faults: Iterable[Fault]) -> Iterator[Fault]:
    told = set()
    for fault in faults:
        if (fault.where, fault.kind) not in told:
            told.add((fault.where, fault.kind))
            yield fault
