"""What a group of each size is held to: one table, which the program applies and documents.

- Never waived by any of them: two vetters apart, neither of whom logged, follows or escorts the
  case; asking is not paying, paying is not confirming, approving is not releasing a hold.
- Limits of money follow from one small sum a currency, which the group chose.

Knows names and numbers: no rows, no keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from app.permissions import Role
from app.totality import require_rows

MIDDLE_IN_SMALL: Final = 5
"""Up to how many small sums an amount is a middle one."""


class Preset(StrEnum):
    """For how many people the limits are meant."""

    SMALL = "small"
    DOZEN = "dozen"
    LARGE = "large"


class SumClass(StrEnum):
    """How much money a request is about, by the small sum of its currency."""

    SMALL = "small"
    MIDDLE = "middle"
    LARGE = "large"


class PlannerVets(StrEnum):
    """Whether a coordinator vets a case of their own team."""

    UNLESS_FOLLOWING = "unless_following"
    UNLESS_PLANNING = "unless_planning"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Quorum:
    """Who must be different people in one request: who asks never pays, who pays never confirms.

    ``paid_by_approver``: one person may approve and pay. ``confirmed_apart``: who confirms neither
    asked nor approved. ``lead_approves``: one of the approvers is a lead.
    """

    approvers: int
    paid_by_approver: bool = False
    confirmed_apart: bool = False
    lead_approves: bool = False

    @property
    def people(self) -> int:
        """How many people a request takes at least, from asking to confirming."""
        return 1 + self.approvers + (not self.paid_by_approver) + self.confirmed_apart


@dataclass(frozen=True, slots=True)
class PresetRules:
    """What one preset holds a group to, and what it gives up.

    ``two_certify``: the roles that two leads certify. ``custody``: how many shares open custody,
    and of how many. ``emergency_alone``: for how many hours who has the watch of a team begins an
    emergency before a lead has decided.
    """

    people: tuple[int, int]
    money: Mapping[SumClass, Quorum]
    planner_vets: PlannerVets
    apart: tuple[frozenset[Role], ...]
    two_certify: frozenset[Role]
    custody: tuple[int, int]
    emergency_alone: int
    gives_up: tuple[str, ...]


_CASEWORK: Final = (
    Role.VOLUNTEER,
    Role.COORDINATOR,
    Role.VETTER,
    Role.REGISTRAR,
    Role.TREASURER,
)
_NOBODY_AUDITS_THEMSELVES: Final = tuple(
    frozenset({Role.AUDITOR, role}) for role in Role if role is not Role.AUDITOR
)
_ROUTES_OR_PAYEES: Final = (frozenset({Role.COORDINATOR, Role.TREASURER}),)
_LARGE_APART: Final = (
    frozenset({Role.COORDINATOR, Role.VETTER}),
    frozenset({Role.REGISTRAR, Role.VOLUNTEER}),
    *(frozenset({Role.LEAD, role}) for role in _CASEWORK),
)

PRESETS: Final[Mapping[Preset, PresetRules]] = MappingProxyType(
    {
        Preset.SMALL: PresetRules(
            (3, 6),
            {
                SumClass.SMALL: Quorum(1, paid_by_approver=True),
                SumClass.MIDDLE: Quorum(1),
                SumClass.LARGE: Quorum(2, lead_approves=True),
            },
            PlannerVets.UNLESS_FOLLOWING,
            _NOBODY_AUDITS_THEMSELVES,
            frozenset({Role.LEAD}),
            (2, 3),
            24,
            (
                "Who plans a case may vet it, if they do not follow it.",
                "One person may see routes and payees.",
                "No auditor is among you: somebody of another group reads the reports, or nobody.",
                "An informer among the leads sees nearly everything.",
                "Two friends can pay themselves a small sum: seen afterwards, not prevented.",
                "Who has the watch begins an emergency alone, and suspends two people a day.",
            ),
        ),
        Preset.DOZEN: PresetRules(
            (7, 18),
            {
                SumClass.SMALL: Quorum(1),
                SumClass.MIDDLE: Quorum(1, confirmed_apart=True),
                SumClass.LARGE: Quorum(2, confirmed_apart=True),
            },
            PlannerVets.UNLESS_PLANNING,
            _NOBODY_AUDITS_THEMSELVES + _ROUTES_OR_PAYEES,
            frozenset({Role.LEAD, Role.ADMINISTRATOR}),
            (2, 3),
            12,
            (
                "An informer among the coordinators sees the cases of a team.",
                "A coordinator may vet a case of their team that they have not planned.",
                "Three people together can pay themselves a small sum.",
                "Who has the watch begins an emergency alone, and suspends two people a day.",
            ),
        ),
        Preset.LARGE: PresetRules(
            (19, 40),
            {
                SumClass.SMALL: Quorum(1),
                SumClass.MIDDLE: Quorum(1, confirmed_apart=True),
                SumClass.LARGE: Quorum(2, confirmed_apart=True, lead_approves=True),
            },
            PlannerVets.NEVER,
            _NOBODY_AUDITS_THEMSELVES + _ROUTES_OR_PAYEES + _LARGE_APART,
            frozenset(Role),
            (3, 5),
            6,
            (
                "Speed: a large sum needs five people, one of them a lead.",
                "Leads do no casework, so that more people must be found and trusted.",
                "Who has the watch begins an emergency alone, and suspends two people a day.",
            ),
        ),
    }
)

_FILE: Final = "app/presets.py"
require_rows("PRESETS", PRESETS, Preset, file=_FILE)
for _preset, _rules in PRESETS.items():
    require_rows(f"money of {_preset.value}", _rules.money, SumClass, file=_FILE)


def class_of(total: int, small_sum: int) -> SumClass:
    """Return how much an amount is, by the small sum of its currency; both in minor units."""
    if total <= small_sum:
        return SumClass.SMALL
    return SumClass.MIDDLE if total <= MIDDLE_IN_SMALL * small_sum else SumClass.LARGE


def custody_split(preset: Preset, leads: int) -> tuple[int, int]:
    """Return how many shares of custody are needed, and how many are dealt.

    Each lead has one; the rest is on paper for people outside, and never enough by itself. One lead
    alone has the only one.
    """
    if leads <= 1:
        return 1, 1
    threshold, shares = PRESETS[preset].custody
    threshold = min(threshold, leads)
    on_paper = min(max(shares - leads, 0), threshold - 1)
    return threshold, leads + on_paper


def leads_certifying(preset: Preset, roles: frozenset[Role]) -> int:
    """Return how many leads must certify who has these roles."""
    return 2 if PRESETS[preset].two_certify & roles else 1


def find_separated_roles(preset: Preset, roles: frozenset[Role]) -> frozenset[Role] | None:
    """Return a pair of roles that one person may not have together, or None."""
    return next((pair for pair in PRESETS[preset].apart if pair <= roles), None)
