"""Errors of searches. Never repeat the value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.errors import Invalid, TooMany
from app.search.models import SearchKind

_NOT_VALID: Final[Mapping[SearchKind, str]] = {
    SearchKind.PHONE: "This is not a valid phone number",
    SearchKind.NRC: "This is not a valid NRC number; write it like 9/MaHaMa(N)123456",
    SearchKind.SERVICE_NUMBER: "This is not a valid service number",
    SearchKind.HANDLE: "This is not a valid handle",
    SearchKind.NAME: "Write the whole name, or at least two syllables of it",
}

if set(_NOT_VALID) != set(SearchKind):
    raise TypeError(f"search: no title for {sorted(set(SearchKind) - set(_NOT_VALID))}")


class SearchValueInvalid(Invalid):
    """The value is not of the kind that is searched for."""

    code = "search.value_invalid"
    title = "This is not a valid value of this kind"

    def __init__(self, kind: SearchKind) -> None:
        super().__init__("value")
        self.title = _NOT_VALID[kind]


class SearchBudgetSpent(TooMany):
    """The member has searched as often as is allowed in a day."""

    code = "search.budget_spent"
    title = "You have used today's searches"
