"""Where the time of one request goes, by the standard library's profiler, in this process.

Carries whole requests out as their thread does: token, gate, body, service, response, commit.
The profiler makes every Python call dearer and native code not, so shares point the way and are
no measurement. Knows which library a function belongs to, and a few functions by name.
"""

from __future__ import annotations

import asyncio
import cProfile
import pstats
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar, TypeVarTuple, cast
from urllib.parse import urlsplit

from fastapi import FastAPI
from sqlalchemy.orm import Session
from starlette.types import Message

from app.audit.trail import Trail
from app.crypto.aead import DataKey, WrapKey
from app.crypto.hpke import PrivateKey, PublicKey
from app.crypto.signing import SigningKey
from app.http.idempotency import Claim
from app.http.operation import Operation
from app.http.request_pool import RequestPool
from app.http.signature import HandlerSignature
from app.main import create_app
from app.sessions import service as sessions
from app.vault.grants import Grants
from app.vault.index import BlindIndex
from app.vault.keyring import Keyring
from app.vault.vault import Vault
from benchmarks.ground import Ask, Ground, lay
from benchmarks.load import Act, Request, request_of

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")
_Key: TypeAlias = tuple[str, int, str]

ACTS: Final[tuple[Act, ...]] = ("open", "read", "page", "search")
_GROUPS: Final = (
    ("/app/crypto/", "crypto"),
    ("cryptography", "crypto"),
    ("_hashlib", "crypto"),
    ("hmac", "crypto"),
    ("sqlite3", "database"),
    ("psycopg", "database"),
    ("sqlalchemy", "SQLAlchemy"),
    ("pydantic", "pydantic"),
    ("msgspec", "msgspec"),
    ("/app/audit/", "audit trail"),
    ("/app/vault/", "vault"),
    ("/app/accounts/", "session and token"),
    ("/app/http/", "app/http"),
    ("/app/intake/", "intake"),
    ("/app/", "the rest of app"),
)
_OTHER: Final = "Python and its library"

# Times of these overlap: a grant seals, a commit flushes.
_PARTS: Final[tuple[tuple[str, Callable[..., Any]], ...]] = (
    ("session and token (principal_of)", sessions.principal_of),
    ("body (HandlerSignature.arguments)", HandlerSignature.arguments),
    ("look-up of a kept answer", Claim.find_response),
    ("look-up of grants (Keyring.load)", Keyring.load),
    ("opening cells (Vault._open)", Vault._open),  # noqa: SLF001 - the part has no other name
    ("sealing cells (Vault.seal)", Vault.seal),
    ("search key (BlindIndex._open)", BlindIndex._open),  # noqa: SLF001 - likewise
    ("granting (Grants.grant)", Grants.grant),
    ("bundles to custody (Grants.seal_new_secrets_to_custody)", Grants.seal_new_secrets_to_custody),
    ("response (Operation._render)", Operation._render),  # noqa: SLF001 - likewise
    ("trail (Trail.append_to)", Trail.append_to),
    ("ORM flush (Session.flush)", Session.flush),
    ("commit (Session.commit)", Session.commit),
    ("HPKE seal", PublicKey.seal),
    ("HPKE open", PrivateKey.open),
    ("Ed25519 sign", SigningKey.sign),
    ("AES-GCM open, cells", DataKey.open),
    ("AES-GCM open, wraps", WrapKey.unwrap),
)


@dataclass(frozen=True, slots=True)
class Profile:
    """Where one act's time went: microseconds a request under the profiler, and without it."""

    act: str
    requests: int
    plain_us: float
    profiled_us: float
    groups: dict[str, float]
    parts: dict[str, float]


def profile(ask: Ask, requests: int) -> Iterator[Profile]:
    """Yield the profile of each act over a fresh ground, then of a page met for the first time."""
    ground = lay(ask)
    app = create_app(ground.deployment)
    app.state.context = replace(app.state.context, pool=InlinePool(1))
    try:
        for act in ACTS:
            yield _profiled(app, ground, act, requests)
        newcomer = replace(ground, reader=ground.newcomer)
        yield _profiled(app, newcomer, "page", 1, named="page, grants met for the first time")
    finally:
        ground.deployment.close()


def _profiled(
    app: FastAPI, ground: Ground, act: Act, requests: int, *, named: str | None = None
) -> Profile:
    ready = ground.ready(0)
    plain = 0.0
    runner = asyncio.Runner()
    if named is None:
        asked = [request_of(act, ready, number) for number in range(requests + 5)]
        for request in asked[:5]:
            send(runner, app, request)
        began = time.thread_time()
        for request in asked[5:]:
            send(runner, app, request)
        plain = (time.thread_time() - began) / requests * 1e6
    asked = [request_of(act, ready, number) for number in range(requests)]
    profiler = cProfile.Profile(time.thread_time)
    for request in asked:
        profiler.runcall(send, runner, app, request)
    runner.close()
    stats = cast("Any", pstats.Stats(profiler)).stats
    groups: defaultdict[str, float] = defaultdict(float)
    for function, (_, _, own, _, callers) in stats.items():
        _share(groups, function, own, callers)
    return Profile(
        named or act,
        requests,
        plain,
        sum(groups.values()) / requests * 1e6,
        {
            name: own / requests * 1e6
            for name, own in sorted(groups.items(), key=lambda group: -group[1])
        },
        _parts(stats, requests),
    )


class InlinePool(RequestPool):
    """Carries calls out where they are awaited, so that one profiler sees all of a request."""

    async def run(self, function: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """Call the function here and now."""
        self.taken += 1
        return function(*arguments)


def send(runner: asyncio.Runner, app: FastAPI, request: Request) -> None:
    """Carry one request out in this thread; raises ``AssertionError`` for another status."""
    parts = urlsplit(request.path)
    scope = {
        "type": "http",
        "method": request.method,
        "path": parts.path,
        "query_string": parts.query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in request.headers.items()],
    }
    statuses = []

    async def receive() -> Message:
        return {"type": "http.request", "body": request.body or b""}

    async def send(message: Message) -> None:
        statuses.append(message.get("status"))

    runner.run(app(scope, receive, send))
    if statuses[0] != request.expected:
        raise AssertionError(statuses[0])


def _share(
    groups: defaultdict[str, float], function: _Key, own: float, callers: dict[_Key, Any]
) -> None:
    """Add a function's own time to its group; a built-in one's to those of its callers."""
    group = _group_of(function)
    if group != _OTHER or function[0] != "~":
        groups[group] += own
        return
    for caller, (_, _, spent, _) in callers.items():
        groups[_group_of(caller)] += spent


def _group_of(function: _Key) -> str:
    file, _, name = function
    where = name if file == "~" else Path(file).as_posix()
    return next((group for sign, group in _GROUPS if sign in where), _OTHER)


def _parts(stats: dict[_Key, Any], requests: int) -> dict[str, float]:
    found = {}
    for label, function in _PARTS:
        code = cast("Any", function).__code__
        entry = stats.get((code.co_filename, code.co_firstlineno, code.co_name))
        if entry is not None:
            found[label] = entry[3] / requests * 1e6
    return found
