"""What a route requires: who may call it, and which status its case must have.

- ``needs``: a permission, or everybody with a reason.
- ``readiness``: the task that its case must be ready for (``casework/readiness``), or a reason
  why it is no work on a case. A route that changes something under a case declares one of them.
- ``not_heard``: why no duress word is heard in what is written here (``watch/texts``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from app.casework.readiness import Task
from app.permissions import Permission

_CHANGING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_OF_A_CASE = re.compile(
    r"\{case_id\}|/(plans|legs|aid-requests|vettings|registrations|holds|erasures)(/|$)"
)


@dataclass(frozen=True, slots=True)
class Public:
    """A route that anyone may call, with the reason why."""

    because: str


@dataclass(frozen=True, slots=True)
class NotWork:
    """A change under a case that no check of readiness is needed for, with the reason why."""

    because: str


@dataclass(frozen=True, slots=True)
class NotHeard:
    """A change whose texts are not searched for duress words, with the reason why."""

    because: str


Needs: TypeAlias = Permission | Public
Readiness: TypeAlias = Task | NotWork


def must_declare_readiness(method: str, path: str) -> bool:
    """Return whether a route changes something under a case, so that it says ``readiness=``."""
    return method in _CHANGING and _OF_A_CASE.search(path) is not None
