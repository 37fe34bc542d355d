"""Who may call a route: a permission, or everybody with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from app.permissions import Permission


@dataclass(frozen=True, slots=True)
class Public:
    """A route that anyone may call, with the reason why."""

    because: str


Needs: TypeAlias = Permission | Public
