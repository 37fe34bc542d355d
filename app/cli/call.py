"""``padauk call``: send one request to a running server, for scripts and a first try.

The token is read from PADAUK_TOKEN, each POST has a fresh Idempotency-Key, and ``--if-match`` is
the version that a change is based on. No proxy and no ``.netrc`` of the environment is used: the
token goes to the named server alone. Knows HTTP only: no key, no database, no settings.
"""

from __future__ import annotations

import json
import secrets
import sys
from typing import Annotated

import httpx2
import typer

_FIRST_REFUSAL = 400
_REFUSED = 1


Body = Annotated[str | None, typer.Argument(help="Body as JSON; - reads it from standard input.")]
Token = Annotated[
    str | None, typer.Option(envvar="PADAUK_TOKEN", help="Bearer token of a session.")
]
Url = Annotated[str, typer.Option(envvar="PADAUK_URL", help="Address of the server.")]
IfMatch = Annotated[
    int | None, typer.Option(help="Version of the record that the change is based on.")
]
Pick = Annotated[
    list[str] | None,
    typer.Option(help="Print only this field, such as items.0.id; may be repeated."),
]


def call(
    method: Annotated[str, typer.Argument(help="GET, POST, PATCH, PUT or DELETE.")],
    path: Annotated[str, typer.Argument(help="Path of the request, such as /api/cases.")],
    body: Body = None,
    *,
    token: Token = None,
    url: Url = "http://127.0.0.1:8420",
    if_match: IfMatch = None,
    pick: Pick = None,
) -> None:
    """Send one request and print the response. Exit code 1 where it was refused."""
    if not path.startswith("/"):
        message = "a path begins with /, as in /api/cases"
        raise typer.BadParameter(message)
    headers = {"content-type": "application/json"} if body else {}
    if token:
        headers["authorization"] = f"Bearer {token}"
    if method.upper() == "POST":
        headers["idempotency-key"] = secrets.token_hex(16)
    if if_match is not None:
        headers["if-match"] = f'"{if_match}"'
    sent = sys.stdin.read() if body == "-" else body
    try:
        response = httpx2.request(
            method.upper(), url + path, content=sent, headers=headers, timeout=60, trust_env=False
        )
    except httpx2.TransportError as failure:
        sys.stderr.write(f"No response from {url}: {type(failure).__name__}\n")
        raise typer.Exit(_REFUSED) from None
    found: object = response.json() if response.content else None
    if response.status_code >= _FIRST_REFUSAL:
        sys.stderr.write(f"{_shown(found)}\n")
        raise typer.Exit(_REFUSED)
    for shown in [_picked(found, field) for field in pick] if pick else [found]:
        sys.stdout.write(f"{_shown(shown)}\n")


def _picked(found: object, path: str) -> object:
    try:
        for step in path.split("."):
            found = _member(found, step)
    except LookupError:
        sys.stderr.write(f"The response has no {path}.\n")
        raise typer.Exit(_REFUSED) from None
    return found


def _member(found: object, step: str) -> object:
    if isinstance(found, dict):
        return found[step]
    if isinstance(found, list) and step.isdigit():
        return found[int(step)]
    raise LookupError(step)


def _shown(found: object) -> str:
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, indent=2)
