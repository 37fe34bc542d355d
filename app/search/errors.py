"""Errors of searches. Never repeat the value."""

from __future__ import annotations

from app.errors import Invalid, TooMany


class SearchValueInvalid(Invalid):
    """Nothing of the value is left that could be looked for."""

    code = "search.value_invalid"
    title = "That does not look like something of this kind"

    def __init__(self) -> None:
        super().__init__("value")


class SearchBudgetSpent(TooMany):
    """The member has searched as often as is allowed in a day."""

    code = "search.budget_spent"
    title = "You have used today's searches"
