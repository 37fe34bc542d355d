"""What of a case is in its person's copy, and why the rest is not.

- ``CELLS`` is total over the sealed columns of a case, ``FIELDS`` over the fields of those cells
  that are copied field by field. A wall fails for one that is in neither.
- Left out is what would put others in danger or tell about them: vouchers, relatives' names,
  helpers, places and words of a journey, who receives money for the person, members.

Knows names alone; opens nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.cases.models import (
    Account,
    Contact,
    FreeText,
    Household,
    Identity,
    Papers,
    Relative,
    Summary,
)
from app.consents.models import ConsentSaid

COPIED: Final = ""
"""Is in the copy: there is no reason against it."""

_OTHERS: Final = "says who helps, and where"
_VETTING: Final = "names vouchers and what others said; the outcome is in the copy"
_DECISION: Final = (
    "what a member wrote about a decision, often about others; that it was made is there"
)

CELLS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "aid_requests.detail": "names who received the money; amounts and days are in the copy",
        "aid_steps.note": _DECISION,
        "case_links.ended_because": "is about another case as well",
        "case_moves.reason": _DECISION,
        "case_notes.text": COPIED,
        "cases.account": COPIED,
        "cases.contact": COPIED,
        "cases.household": COPIED,
        "cases.identity": COPIED,
        "cases.papers": COPIED,
        "cases.reporting": "coarser than what is in the copy already",
        "cases.summary": COPIED,
        "check_ins.record": _OTHERS,
        "consents.said": COPIED,
        "duplicate_dismissals.reason": "is about another case as well",
        "emergency_decisions.reason": _DECISION,
        "erasure_requests.reason": "the case is shut from the asking on",
        "funds.name": "a fund's, of no case",
        "leg_escalations.acknowledgement": _OTHERS,
        "legs.instructions": _OTHERS,
        "legs.record": _OTHERS,
        "plans.danger": "the person said it themselves, and it must not lie about on paper",
        "plans.marks": "words can be recognised by it",
        "plans.outline": _OTHERS,
        "plans.words": "the words protect the person only while nobody else reads them",
        "registrations.notes": "how a code was handed over: says who helps",
        "replaced_cells.account": "was replaced because it was wrong, and goes after 30 days",
        "replaced_cells.contact": "as above",
        "replaced_cells.household": "as above",
        "replaced_cells.identity": "as above",
        "replaced_cells.papers": "as above",
        "replaced_cells.reporting": "as above",
        "replaced_cells.summary": "as above",
        "retention_holds.reason": _DECISION,
        "travellers.left_because": "is about those who went on as well",
        "vetting_checks.check": _VETTING,
        "vetting_decisions.decision": _VETTING,
        "vetting_rounds.request": _VETTING,
    }
)
"""By table and column: copied, or why not."""

_ALSO: Final = "what a merged intake said otherwise: looked at and corrected, not handed out"
_WRITTEN: Final = "the same text before it was converted"

FIELDS: Final[Mapping[type[object], Mapping[str, str]]] = MappingProxyType(
    {
        Summary: {
            "call_sign": "protects who carries the paper", "standing": COPIED, "urgent": COPIED,
            "people": COPIED, "infants": COPIED, "language": COPIED,
            "infants_until": "follows from the ages in the household",
        },
        Identity: {
            "name": COPIED, "name_burmese": COPIED, "name_as_written": _WRITTEN, "also": _ALSO,
        },
        Papers: {
            "nrc": COPIED, "service": COPIED, "service_number": COPIED, "unit": COPIED,
            "born_on": COPIED, "age": COPIED,
            "age_stated_on": "the age is of today", "also": _ALSO, "as_written": _WRITTEN,
        },
        Household: {"relatives": COPIED, "also": _ALSO, "as_written": _WRITTEN},
        Relative: {
            "relation": COPIED, "name": "another person's", "age_months": "another person's",
            "with_person": COPIED, "in_compound": "another person's",
            "age_stated_on": "another person's",
        },
        Contact: {
            "channel": COPIED, "phones": COPIED, "handles": COPIED, "safe_times": COPIED,
            "contacted_by": "another person's", "also": _ALSO, "as_written": _WRITTEN,
        },
        Account: {
            "says": COPIED, "says_as_written": _WRITTEN, "needs": COPIED, "risks": COPIED,
            "health": COPIED, "also": _ALSO, "as_written": _WRITTEN,
        },
        ConsentSaid: {"how": COPIED, "with_whom": COPIED},
        FreeText: {"text": COPIED},
    }
)  # fmt: skip
"""By cell and field: copied, or why not."""


def copied_fields(cell: type[object]) -> list[str]:
    """Return the fields of a cell that are in the copy, in order."""
    return [name for name, reason in FIELDS[cell].items() if reason == COPIED]


def left_out() -> dict[str, str]:
    """Return what is not in the copy, and why: columns by table, fields by the name of the cell."""
    fields = {
        f"{cell.__name__.lower()}.{name}": reason
        for cell, reasons in FIELDS.items()
        for name, reason in reasons.items()
    }
    return {name: reason for name, reason in {**CELLS, **fields}.items() if reason != COPIED}
