"""Edits by field: what was sent replaces, what was not stays. Pure; knows cells.

- What merged cases said otherwise stays beside it, whatever an edit sends.
- Ages are stated: a month count holds for the day on which it was said, and grows from then. An
  age that is sent back as it was shown states nothing new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TypeVar

from app.cases.models import Account, Contact, Household, Identity, Papers, Relative
from app.errors import Invalid
from app.text.dates import months_between
from app.text.folding import fold

T = TypeVar("T", Identity, Papers, Contact, Account)
_REQUIRED = {Identity: "name", Contact: "channel", Account: "says"}


def edited(before: T | None, new: T, sent: frozenset[str] | None) -> T:
    """Return a cell with the fields that were sent, the others as before; None: all were sent.

    Raises ``Invalid`` where there is nothing to keep and a field that must be there was not sent.
    """
    if before is not None and sent is None:
        return replace(new, also=before.also)
    if before is None:
        required = _REQUIRED.get(type(new))
        if sent is not None and required is not None and required not in sent:
            raise Invalid(required)
        return new
    return replace(before, **{name: getattr(new, name) for name in sent or ()})


def edited_household(
    before: Household | None,
    new: Household,
    sent: Sequence[frozenset[str]],
    today: date,
) -> Household:
    """Return a household whose relatives keep what was not sent of them, their ages as stated."""
    known = list(before.relatives) if before else []
    found = []
    for number, relative in enumerate(new.relatives):
        earlier = _take(known, relative)
        found.append(_edited(earlier, relative, sent[number] if sent else None, today))
    return replace(before or new, relatives=tuple(found))


def with_ages_on(household: Household, today: date) -> Household:
    """Return a household with the ages that its relatives have today, in months."""
    relatives = tuple(replace(r, age_months=months_on(r, today)) for r in household.relatives)
    return replace(household, relatives=relatives)


def months_on(relative: Relative, today: date) -> int | None:
    """Return how many months old a relative is today, by what was stated; None: not known."""
    if relative.age_months is None or relative.age_stated_on is None:
        return relative.age_months
    return relative.age_months + max(0, months_between(relative.age_stated_on, today))


def with_age_stated(papers: Papers, before: Papers | None, day: date) -> Papers:
    """Note when an age in papers was stated; an age sent back as shown keeps its day."""
    if papers.age is None:
        return replace(papers, age_stated_on=None)
    if before is not None and papers.age in {before.age, years_on(before, day)}:
        return replace(papers, age=before.age, age_stated_on=before.age_stated_on or day)
    return replace(papers, age_stated_on=day)


def years_on(papers: Papers, today: date) -> int | None:
    """Return how old a person is today, by what was stated; None: not known."""
    if papers.age is None or papers.age_stated_on is None:
        return papers.age
    return papers.age + max(0, months_between(papers.age_stated_on, today)) // 12


def with_ages_stated(household: Household, day: date) -> Household:
    """Note the day on which ages in a household were stated, where none is noted yet."""
    relatives = tuple(
        r if r.age_months is None or r.age_stated_on else replace(r, age_stated_on=day)
        for r in household.relatives
    )
    return replace(household, relatives=relatives)


def _take(known: list[Relative], relative: Relative) -> Relative | None:
    """Return and use up the relative of before that has this relation and name."""
    mark = (fold(relative.relation), fold(relative.name or ""))
    for earlier in known:
        if (fold(earlier.relation), fold(earlier.name or "")) == mark:
            known.remove(earlier)
            return earlier
    return None


def _edited(
    before: Relative | None, new: Relative, sent: frozenset[str] | None, today: date
) -> Relative:
    if before is None:
        return new if new.age_months is None else replace(new, age_stated_on=today)
    if sent is not None:
        new = replace(before, **{name: getattr(new, name) for name in sent})
    if new.age_months is None:
        return replace(new, age_stated_on=None)
    if new.age_months in {before.age_months, months_on(before, today)}:
        return replace(new, age_months=before.age_months, age_stated_on=before.age_stated_on)
    return replace(new, age_stated_on=today)
