"""``padauk call``: one request to a running server, for scripts and for a first journey.

Keeps what HTTP asks for out of the way: the token comes from PADAUK_TOKEN, a fresh
Idempotency-Key is sent with each POST, and ``--if-match`` says on which version a change is based.
"""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import httpx2
import typer

from app.cli.home import REFUSED, err
from app.store.base import new_id

_FIRST_REFUSAL = 400


def call(
    method: Annotated[str, typer.Argument(help="GET, POST, PATCH, PUT or DELETE.")],
    path: Annotated[str, typer.Argument(help="For example /api/cases.")],
    body: Annotated[str | None, typer.Argument(help="JSON; - reads standard input.")] = None,
    *,
    token: Annotated[str | None, typer.Option(envvar="PADAUK_TOKEN")] = None,
    url: Annotated[str, typer.Option(envvar="PADAUK_URL")] = "http://127.0.0.1:8420",
    if_match: Annotated[int | None, typer.Option(help="The version that you read.")] = None,
    pick: Annotated[str | None, typer.Option(help="Print one field, as in items.0.id.")] = None,
) -> None:
    """Send one request and print the answer. Exit code 1 where it was refused."""
    headers = {"content-type": "application/json"} if body else {}
    if token:
        headers["authorization"] = f"Bearer {token}"
    if method.upper() == "POST":
        headers["idempotency-key"] = str(new_id())
    if if_match is not None:
        headers["if-match"] = f'"{if_match}"'
    sent = sys.stdin.read() if body == "-" else body
    try:
        answer = httpx2.request(
            method.upper(), url + path, content=sent, headers=headers, timeout=60
        )
    except httpx2.TransportError as failure:
        err.print(f"[red]No answer from {url}:[/red] {type(failure).__name__}")
        raise typer.Exit(REFUSED) from None
    refused = answer.status_code >= _FIRST_REFUSAL
    found: Any = answer.json() if answer.content else None
    for step in [] if refused or not pick else pick.split("."):
        found = found[int(step) if step.isdigit() else step]
    shown = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, indent=2)
    (sys.stderr if refused else sys.stdout).write(f"{shown}\n")
    if refused:
        raise typer.Exit(REFUSED)
