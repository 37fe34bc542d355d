"""What becomes of each field and each table when one case is merged into another. Pure, but rows'
names: knows cells, opens none.

- Every field of every cell has a rule, and every table under a case: a wall fails for one without.
- Nothing is lost: where two facts contradict, the survivor's stands and the other is kept in
  ``also`` of the same cell, so that who may read the one reads both.
- Safety goes by the stricter: urgent if either is, both safe times hold, in a compound if either
  says so; a consent stands where both gave it, or only one was asked for any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final, TypeVar
from uuid import UUID

from app.cases.models import (
    Account,
    Contact,
    Household,
    Identity,
    Papers,
    RankBand,
    Reading,
    RegionGroup,
    Relative,
    Reporting,
    Summary,
    counted,
)
from app.text import identifiers
from app.text.folding import fold
from app.text.handles import handle
from app.totality import require_rows


class FieldRule(StrEnum):
    """How a field of two cells becomes one."""

    OURS = "ours"
    """The survivor's stays; it is its own (a call sign), or follows from others."""

    BOTH = "both"
    """The survivor's where it has one; another reading is kept beside it."""

    JOIN = "join"
    """Every entry of either, each once."""

    STRICTER = "stricter"
    EARLIER = "earlier"
    NOTE = "note"
    """The other's becomes a note of the survivor."""


class TableRule(StrEnum):
    """What becomes of the rows of a table under the merged case."""

    COPIED = "copied"
    """Written again under the survivor."""

    READ_ALONG = "read_along"
    """Stays under the merged case, which the survivor's coordinators hold from then on."""

    ENDED = "ended"
    """Belongs to the work on the merged case, which is over."""


C = TypeVar("C", Identity, Papers, Household, Contact, Account)
F = TypeVar("F", Summary, Reporting, Identity, Papers, Household, Contact, Account, Relative)

_R = FieldRule
FIELD_RULES: Final[Mapping[type[object], Mapping[str, FieldRule]]] = {
    Summary: {
        "call_sign": _R.OURS, "standing": _R.BOTH, "urgent": _R.STRICTER, "people": _R.OURS,
        "infants": _R.OURS, "infants_until": _R.OURS,
        "language": _R.BOTH,
    },
    Identity: {
        "name": _R.BOTH, "name_burmese": _R.BOTH, "name_as_written": _R.BOTH, "also": _R.JOIN,
    },
    Papers: {
        "nrc": _R.BOTH, "service": _R.BOTH, "service_number": _R.BOTH, "unit": _R.BOTH,
        "born_on": _R.BOTH, "age": _R.BOTH,
        "age_stated_on": _R.BOTH, "also": _R.JOIN, "as_written": _R.JOIN,
    },
    Relative: {
        "relation": _R.BOTH, "name": _R.BOTH, "age_months": _R.BOTH, "with_person": _R.STRICTER,
        "in_compound": _R.STRICTER, "age_stated_on": _R.BOTH,
    },
    Household: {"relatives": _R.JOIN, "also": _R.JOIN, "as_written": _R.JOIN},
    Contact: {
        "channel": _R.BOTH, "phones": _R.JOIN, "handles": _R.JOIN, "safe_times": _R.STRICTER,
        "contacted_by": _R.BOTH, "also": _R.JOIN, "as_written": _R.JOIN,
    },
    Account: {
        "says": _R.NOTE, "says_as_written": _R.BOTH, "needs": _R.JOIN, "risks": _R.JOIN,
        "health": _R.BOTH, "also": _R.JOIN, "as_written": _R.JOIN,
    },
    Reporting: {
        "half_year": _R.EARLIER, "standing": _R.OURS, "rank_band": _R.BOTH,
        "region_group": _R.BOTH, "people": _R.OURS,
    },
}  # fmt: skip

for _cell, _rules in FIELD_RULES.items():
    require_rows(
        f"FIELD_RULES[{_cell.__name__}]",
        _rules,
        [field.name for field in fields(_cell)],  # type: ignore[arg-type]
        file="app/casework/merging.py",
    )

_T = TableRule
TABLE_RULES: Final[Mapping[str, TableRule]] = {
    "case_notes": _T.COPIED,
    "case_links": _T.COPIED,
    "duplicate_dismissals": _T.COPIED,
    "assignments": _T.COPIED,
    "consents": _T.COPIED,
    "duplicate_matches": _T.ENDED,
    "match_tokens": _T.ENDED,
    "silence_notices": _T.ENDED,
    "blind_index": _T.ENDED,
    "vetting_rounds": _T.READ_ALONG,
    "vetting_checks": _T.READ_ALONG,
    "vetting_decisions": _T.READ_ALONG,
    "cases": _T.READ_ALONG,
    "case_moves": _T.READ_ALONG,
    "retention_holds": _T.READ_ALONG,
    "retention_looks": _T.READ_ALONG,
    "erasure_requests": _T.READ_ALONG,
    "replaced_cells": _T.READ_ALONG,
    "emergency_decisions": _T.READ_ALONG,
    "plans": _T.READ_ALONG,
    "travellers": _T.READ_ALONG,
    "legs": _T.READ_ALONG,
    "check_ins": _T.READ_ALONG,
    "leg_escalations": _T.READ_ALONG,
    "registrations": _T.READ_ALONG,
    "aid_requests": _T.READ_ALONG,
    "aid_steps": _T.READ_ALONG,
    "destructions": _T.READ_ALONG,
    "grants": _T.READ_ALONG,
    "bundles": _T.READ_ALONG,
    "scopes": _T.READ_ALONG,
}
"""By table: every one with a ``case_id``, but those of the organisation. What is read along is
over when a case is merged: open work refuses the merger."""

_COMPARED: Final[Mapping[str, Callable[[str], frozenset[str]]]] = {
    "phones": identifiers.phones,
    "handles": handle,
    "nrc": identifiers.nrc,
    "service_number": identifiers.service_number,
}
_NOTHING: Final = (None, RankBand.UNKNOWN, RegionGroup.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a case, as far as it has them."""

    summary: Summary
    reporting: Reporting
    identity: Identity | None
    papers: Papers | None
    household: Household | None
    contact: Contact | None
    account: Account | None


@dataclass(frozen=True, slots=True)
class _Source:
    case_id: UUID
    on: date

    def reading(self, field: str, value: object) -> Reading:
        return Reading(field, str(value), self.case_id, self.on)


def merge_cells(ours: Cells, theirs: Cells, merged_id: UUID, on: date) -> Cells:
    """Return the survivor's cells after a merger: they hold every fact of either."""
    source = _Source(merged_id, on)
    household = _merge(ours.household, theirs.household, source)
    lost: list[Reading] = []
    summary = counted(_merged(ours.summary, theirs.summary, source, lost), household or Household())
    reporting = replace(
        _merged(ours.reporting, theirs.reporting, source, lost),
        standing=summary.standing,
        people=summary.people,
    )
    account = _merge(ours.account, theirs.account, source)
    if account is not None:
        account = replace(account, also=_joined("also", account.also, tuple(lost)))
    return Cells(
        summary, reporting, _merge(ours.identity, theirs.identity, source),
        _merge(ours.papers, theirs.papers, source), household,
        _merge(ours.contact, theirs.contact, source), account,
    )  # fmt: skip


def _merge(ours: C | None, theirs: C | None, source: _Source) -> C | None:
    """Return a cell with the facts of both; the other one where only one is there."""
    if ours is None or theirs is None:
        return theirs if ours is None else ours
    lost: list[Reading] = []
    merged = _merged(ours, theirs, source, lost)
    return replace(merged, also=_joined("also", merged.also, tuple(lost)))


def _merged(ours: F, theirs: F, source: _Source, lost: list[Reading]) -> F:
    values: dict[str, Any] = {}
    for field in fields(ours):
        mine, other = getattr(ours, field.name), getattr(theirs, field.name)
        rule = FIELD_RULES[type(ours)][field.name]
        values[field.name] = _value(rule, field.name, mine, other)
        if rule is _R.BOTH and not _kept(field.name, values[field.name], other):
            lost.append(source.reading(field.name, _text(other)))
    return replace(ours, **values)


def _value(rule: FieldRule, name: str, mine: Any, other: Any) -> Any:
    match rule:
        case FieldRule.BOTH:
            return other if mine in _NOTHING else mine
        case FieldRule.JOIN:
            return _relatives(mine, other) if name == "relatives" else _joined(name, mine, other)
        case FieldRule.STRICTER:
            return _stricter(mine, other)
        case FieldRule.EARLIER:
            return min(mine, other)
        case _:
            return mine


def _kept(name: str, value: object, other: object) -> bool:
    """Return whether what the other case says is what stands, in whatever spelling."""
    if other in _NOTHING or other in (value, ()):
        return True
    if not isinstance(other, str) or not isinstance(value, str) or isinstance(other, StrEnum):
        return False
    read = _COMPARED.get(name)
    readings = read(other) if read is not None else frozenset()
    if readings and read is not None:
        return readings <= read(value)
    return fold(value) == fold(other)


def _text(value: object) -> str:
    return "; ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _joined(name: str, mine: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
    read = _COMPARED.get(name, _folded)
    if not all(isinstance(entry, str) for entry in (*mine, *other)):
        return (*mine, *(entry for entry in other if entry not in mine))
    known = frozenset[str]().union(*map(read, mine))
    # What nothing reads is an entry like any other.
    fresh = (text for text in other if text not in mine and not (read(text) or {text}) <= known)
    return (*mine, *fresh)


def _folded(text: str) -> frozenset[str]:
    return frozenset({fold(text)})


def _stricter(mine: Any, other: Any) -> Any:
    if isinstance(mine, bool):
        return mine or other
    if mine is None or other is None or fold(mine) == fold(other):
        return other if mine is None else mine
    return f"{mine}; {other}"


def _relatives(mine: tuple[Relative, ...], other: tuple[Relative, ...]) -> tuple[Relative, ...]:
    """Return each person of either household once; who is not surely the same one stays two."""
    found = list(mine)
    open_to_match = list(range(len(mine)))
    for relative in other:
        same = next((i for i in open_to_match if _same_relative(found[i], relative)), None)
        if same is None:
            found.append(relative)
        else:
            open_to_match.remove(same)
            found[same] = _merged(found[same], relative, _NOWHERE, [])
    return tuple(found)


_NOWHERE: Final = _Source(UUID(int=0), date.min)


def _same_relative(one: Relative, other: Relative) -> bool:
    if one == other:
        return True
    if fold(one.relation) != fold(other.relation):
        return False
    names = {fold(name) for name in (one.name, other.name) if name}
    ages = {age for age in (one.age_months, other.age_months) if age is not None}
    named = one.name is not None and other.name is not None
    aged = one.age_months is not None and other.age_months is not None
    alone = fold(one.relation) not in {"child", "sibling", "son", "daughter"}
    return len(names) <= 1 and len(ages) <= 1 and (named or aged or alone)
