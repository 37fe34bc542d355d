"""May work be done on this case now? Checked before every plan, code, approval, payment and grant.

- One table says for each task with which status of a case it may be done, and whether an emergency
  lets it begin before vetting has ended.
- An emergency replaces the vetting that is still going on, and nothing else: a case that was
  declined, merged, closed or erased is not ready, whatever its emergency says.
- An open plan goes on after its emergency has lapsed, but not after its case has ended. People who
  are on the road are helped whatever became of the case: their journey gets its next legs, other
  ways and escorts until it is over.
- A case leaves triage only when each likely duplicate was merged, or dismissed with a reason.
- The table is total: a task without a row is refused when the module is imported.
- A route that changes something under a case declares its task, and the route class checks that
  the task was checked (``app.http.operation``).

Knows rows of cases and of vetting, and the likely duplicates of a case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from app.cases.models import BEFORE_VETTING_ENDS, OPEN_STATUSES, Case, CaseStatus
from app.casework.clearance import clearance
from app.casework.duplicates import list_duplicates
from app.casework.errors import CaseNotReady, DuplicateOpen, NotCleared
from app.work import Work

_S = CaseStatus
_AT_WORK: Final = frozenset({_S.ACTIVE, _S.SETTLED})


class Task(StrEnum):
    """Work that is done on a case."""

    LEAVE_TRIAGE = "leave_triage"
    ASSIGN = "assign"
    PLAN = "plan"
    CONTINUE_PLAN = "continue_plan"
    REQUEST_CODE = "request_code"
    ISSUE_CODE = "issue_code"
    REQUEST_AID = "request_aid"
    APPROVE_AID = "approve_aid"
    PAY_AID = "pay_aid"


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a case must be for a task. ``refusal`` is the title of ``CaseNotReady``."""

    statuses: frozenset[CaseStatus]
    refusal: str
    in_emergency: bool = False
    needs_clearance: bool = False
    needs_settled_duplicates: bool = False
    goes_on_the_road: bool = False


_AID: Final = Requirement(
    _AT_WORK,
    "Aid starts when the case is active; ask a coordinator whether this is an emergency",
    in_emergency=True,
)
_CODE: Final = Requirement(
    _AT_WORK, "Codes are for active cases; look at the status of this one", needs_clearance=True
)

REQUIREMENTS: Final[Mapping[Task, Requirement]] = MappingProxyType(
    {
        Task.LEAVE_TRIAGE: Requirement(
            frozenset({_S.SUBMITTED}),
            "Triage of this case is done",
            needs_settled_duplicates=True,
        ),
        Task.ASSIGN: Requirement(OPEN_STATUSES, "This case has ended; reopen it first"),
        Task.PLAN: Requirement(
            frozenset({_S.ACTIVE}),
            "This case is not active yet; in an emergency, let that be decided first",
            in_emergency=True,
        ),
        Task.CONTINUE_PLAN: Requirement(
            OPEN_STATUSES,
            "This case has ended and nobody is on the road; reopen it before you plan on",
            goes_on_the_road=True,
        ),
        Task.REQUEST_CODE: _CODE,
        Task.ISSUE_CODE: _CODE,
        Task.REQUEST_AID: _AID,
        Task.APPROVE_AID: _AID,
        Task.PAY_AID: _AID,
    }
)

if set(REQUIREMENTS) != set(Task):
    raise TypeError(f"readiness: no requirement for {sorted(set(Task) - set(REQUIREMENTS))}")


def require_ready(work: Work, case: Case, task: Task, *, on_the_road: bool = False) -> None:
    """Raise unless a task may be done on a case now.

    ``CaseNotReady`` by its status, ``NotCleared``, ``DuplicateOpen``; ``KeyCopyMissing`` where
    duplicates must be settled and the principal holds no search key. Notes on ``work`` that the
    task was checked. ``on_the_road``: the task continues a journey that people are on, and a
    requirement that says ``goes_on_the_road`` then refuses nothing.
    """
    work.asked_ready.add(task.value)
    requirement = REQUIREMENTS[task]
    if on_the_road and requirement.goes_on_the_road:
        return
    if requirement.needs_clearance and clearance(work, case.id) is None:
        raise NotCleared
    if not _status_allows(work, case, requirement):
        raise CaseNotReady(requirement.refusal)
    if requirement.needs_settled_duplicates and any(
        proposal.open for proposal in list_duplicates(work, case)
    ):
        raise DuplicateOpen


def _status_allows(work: Work, case: Case, requirement: Requirement) -> bool:
    if case.status in requirement.statuses:
        return True
    return (
        requirement.in_emergency
        and case.status in BEFORE_VETTING_ENDS
        and case.emergency_until is not None
        and work.now() < case.emergency_until
    )
