"""Renders what each preset holds a group to, and what it gives up: ``docs/presets.md``."""

from __future__ import annotations

from collections.abc import Iterator

from app.permissions import Role
from app.presets import (
    MIDDLE_IN_SMALL,
    PRESETS,
    PlannerVets,
    Preset,
    PresetRules,
    Quorum,
    SumClass,
    custody_split,
)
from app.store.organisation_settings import SUGGESTED_SMALL_SUMS

_HEAD = f"""\
# Presets

Rendered by `padauk documents` from `app/presets.py`; do not edit.

`padauk init` takes the preset, and one small sum in each currency of the group. A middle sum is up
to {MIDDLE_IN_SMALL} small ones, a large one is above that. What counts is the sum of a series, and
of what a case gets within a week.

Never waived in any of them: two vetters apart, neither of whom logged, follows, escorts or wrote in
the case; who requests neither approves nor pays; who pays does not confirm; who approves does not
release a hold; nobody certifies themselves, changes their own roles or audits what they did.
"""
_SUMS = {
    SumClass.SMALL: "a small sum",
    SumClass.MIDDLE: "a middle sum",
    SumClass.LARGE: "a large sum",
}
_PLANNER_VETS = {
    PlannerVets.UNLESS_FOLLOWING: "yes, a case that they do not follow",
    PlannerVets.UNLESS_PLANNING: "not what they plan",
    PlannerVets.NEVER: "no",
}
_OPEN = """\
## What is not yet a matter of the preset

Floats (a small sum given by one and accounted for by another), reversals, the hours
of holds and erasures. The program knows no kin of members: that a vetter is none of the person's is
for the people to say. The preset is not changed after `init`.
"""


def render() -> str:
    """Return the table of presets, and a page for each, as Markdown."""
    return "\n".join([_HEAD, *_table(), "", *_pages(), _OPEN])


def _table() -> Iterator[str]:
    yield "| | " + " | ".join(_title(preset) for preset in Preset) + " |"
    yield "| --- |" + " --- |" * len(Preset)
    for amount, name in _SUMS.items():
        cells = [_quorum(PRESETS[preset].money[amount]) for preset in Preset]
        yield f"| {name} | " + " | ".join(cells) + " |"
    vets = [_PLANNER_VETS[PRESETS[preset].planner_vets] for preset in Preset]
    yield "| who plans may vet | " + " | ".join(vets) + " |"
    pairs = [_apart(PRESETS[preset]) for preset in Preset]
    yield "| one person does not have both | " + " | ".join(pairs) + " |"
    certify = [_two_certify(PRESETS[preset]) for preset in Preset]
    yield "| a newcomer is certified by | " + " | ".join(certify) + " |"
    custody = [_custody(preset) for preset in Preset]
    yield "| custody opens with | " + " | ".join(custody) + " |"
    alone = [f"{PRESETS[preset].emergency_alone} hours, once a case" for preset in Preset]
    yield "| an emergency begun by who has the watch alone | " + " | ".join(alone) + " |"
    sums = ", ".join(f"{sum_ // 100:,} {name}" for name, sum_ in SUGGESTED_SMALL_SUMS.items())
    yield ""
    yield f"The small sums that `init` suggests: {sums}."


def _title(preset: Preset) -> str:
    least, most = PRESETS[preset].people
    return f"{preset} ({least} to {most} people)"


def _quorum(quorum: Quorum) -> str:
    approve = "one approves" if quorum.approvers == 1 else f"{quorum.approvers} approve"
    if quorum.lead_approves:
        approve += ", one a lead"
    if quorum.paid_by_approver:
        approve += ", who may pay"
    confirms = "a further person confirms" if quorum.confirmed_apart else "anyone else confirms"
    return f"{quorum.people} people: {approve}; {confirms}"


def _apart(rules: PresetRules) -> str:
    pairs = [pair for pair in rules.apart if Role.AUDITOR not in pair]
    named = ["auditor and any other"]
    named += [" and ".join(role for role in Role if role in pair) for pair in pairs]
    return "; ".join(named)


def _custody(preset: Preset) -> str:
    with_two, (threshold, shares) = custody_split(preset, 2), PRESETS[preset].custody
    rule = f"{threshold} of {shares} shares, one for each lead, the others on paper outside"
    if with_two[0] == threshold:
        return rule
    return f"{rule}; {with_two[0]} of {with_two[1]} while there are two leads"


def _two_certify(rules: PresetRules) -> str:
    if rules.two_certify == frozenset(Role):
        return "two leads"
    return "one lead; " + ", ".join(role for role in Role if role in rules.two_certify) + ": two"


def _pages() -> Iterator[str]:
    for preset in Preset:
        yield f"## What *{preset}* gives up"
        yield from (f"- {given_up}" for given_up in PRESETS[preset].gives_up)
        yield ""
