"""Hooks of schemathesis: put ids and versions that exist into its requests.

A drawn id is never one that exists, and a drawn version never the newest; behind them would lie
everything that is worth trying. So of the ids and versions that are well-formed, most are replaced.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zlib import crc32

import schemathesis

KNOWN: Final[dict[str, list[str]]] = json.loads(
    Path(os.environ["PADAUK_FUZZ_KNOWN"]).read_text(encoding="utf-8")
)
STRANGE: Final = 4
"""Of so many well-formed ids, one stays as it was drawn."""
VERSION: Final = re.compile(r'"[1-9][0-9]{1,9}"')
VERSIONS: Final = 8


@schemathesis.hook
def map_path_parameters(
    context: schemathesis.HookContext,  # noqa: ARG001 - schemathesis calls it by its names
    path_parameters: dict[str, Any],
) -> dict[str, Any]:
    """Put known ids in the place of drawn ones."""
    return {name: _known(name, value) for name, value in (path_parameters or {}).items()}


def _known(name: str, value: Any) -> Any:
    choices = KNOWN.get(name, [])
    try:
        drawn = UUID(value).int
    except (ValueError, AttributeError, TypeError):
        return value
    return choices[drawn % len(choices)] if choices and drawn % STRANGE else value


@schemathesis.hook
def map_headers(
    context: schemathesis.HookContext,  # noqa: ARG001 - likewise
    headers: dict[str, Any],
) -> dict[str, Any]:
    """Put a small version in the place of a drawn one."""
    told = (headers or {}).get("If-Match")
    if isinstance(told, str) and VERSION.fullmatch(told):
        return {**headers, "If-Match": f'"{1 + crc32(told.encode()) % VERSIONS}"'}
    return headers
