"""Renders who may ask for what, from the routes that are really served: ``docs/permissions.md``.

A test compares the file with this, so that a widened role shows in review.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fastapi import FastAPI

from app.http.needs import Public
from app.http.routing import ServedRoute, declared_needs
from app.permissions import NEEDS_STEP_UP, ROLE_PERMISSIONS, Permission, Role

_HEAD = """\
# Who may ask for what

Rendered by `padauk documents` from the routes and `app/permissions.py`; do not edit.
A permission opens no case: what a member can then read is decided by the keys that were granted.
"""


def render(app: FastAPI) -> str:
    """Return the matrix of routes and roles as Markdown."""
    served = list(declared_needs(app))
    return "\n".join(
        [_HEAD, *_members(served), "", *_public_routes(served), "", *_unused(served), ""]
    )


def _members(served: Iterable[ServedRoute]) -> Iterator[str]:
    yield "## Members"
    yield ""
    yield "`↑` requires a step-up; `key` is an `Idempotency-Key`, `match` an `If-Match`."
    yield ""
    yield f"| route | needs | requires | {' | '.join(Role)} |"
    yield "| --- | --- | --- |" + " :-: |" * len(Role)
    for route in served:
        if isinstance(route.needs, Permission):
            asks = " ".join(
                word for word, asked in (("key", route.creates), ("match", route.changes)) if asked
            )
            needs = f"`{route.needs}`" + (" ↑" if route.needs in NEEDS_STEP_UP else "")
            marks = ("×" if route.needs in ROLE_PERMISSIONS[role] else "" for role in Role)
            yield f"| `{route.method} {route.path}` | {needs} | {asks} | {' | '.join(marks)} |"


def _public_routes(served: Iterable[ServedRoute]) -> Iterator[str]:
    yield "## Public routes"
    yield ""
    yield "| route | why it is open |"
    yield "| --- | --- |"
    for route in served:
        if isinstance(route.needs, Public):
            yield f"| `{route.method} {route.path}` | {route.needs.because} |"


def _unused(served: Iterable[ServedRoute]) -> Iterator[str]:
    used = {route.needs for route in served}
    yield "## Permissions that no route needs"
    yield ""
    unused = [f"`{permission}`" for permission in Permission if permission not in used]
    yield ", ".join(unused) + "." if unused else "None."
