"""Check that work may be done on a case now: before every plan, code, approval, payment and grant.

- One table says for each task with which status of a case it may be done, and whether an emergency
  lets it begin before vetting has ended.
- An emergency replaces the vetting that is still going on, and nothing else: a case that was
  declined, merged, closed or erased is not ready, whatever its emergency says.
- An open plan goes on after its emergency has lapsed, but not after its case has ended. People who
  are on the road are helped whatever became of the case: their journey gets its next legs, other
  ways and escorts until it is over.
- A case leaves triage only when each likely duplicate was merged, or dismissed with a reason; nor
  does its vetting end, is a code issued or money promised or paid before, whenever it was found.
- A refusal by vetters, or a clearance that has expired, stops money, codes, routes, escorts and
  assignments of an active or settled case at once. Who is on the road when a clearance expires is
  helped until the journey is over; after a refusal nobody is sent along.
- No journey, code or aid is begun for a person who ended their consent to casework. What was begun
  goes on to its end: nobody is left on the road, and nothing stays half paid.
- The table is total: a task without a row is refused when the module is imported.
- A route that changes something under a case declares its task, and the route class checks that
  the task was checked (``app.http.operation``).

Knows rows of cases, of vetting and of consent, and the likely duplicates of a case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from sqlalchemy import select

from app.cases.models import BEFORE_VETTING_ENDS, OPEN_STATUSES, Case, CaseStatus
from app.casework.clearance import Lapse, clearance, find_lapse
from app.casework.consents import has_withdrawn
from app.casework.errors import (
    CaseNotReady,
    ComparisonDue,
    DuplicateOpen,
    FullCodeElsewhere,
    NotCleared,
)
from app.casework.involvement import merged_cases
from app.casework.matches import compare_case, compare_if_due, list_open_matches, other_case_of
from app.consents.models import Purpose
from app.registration.models import CodeKind, Registration
from app.work import Work

_S = CaseStatus
_AT_WORK: Final = frozenset({_S.ACTIVE, _S.SETTLED})
_CODE_OVER: Final = frozenset({"revoked", "expired", "refused", "disputed", "replaced"})
"""A code with one of these statuses is not valid, and will not be."""


class Task(StrEnum):
    """Work that is done on a case."""

    LEAVE_TRIAGE = "leave_triage"
    END_VETTING = "end_vetting"
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
    stops_when_lapsed: bool = True
    begins_work: bool = False


_CONSENT_ENDED: Final = (
    "This person ended their consent to casework; take a new one down if they agree, or close this"
)

_AID: Final = Requirement(
    _AT_WORK,
    "Aid starts when the case is active; ask a coordinator whether this is an emergency",
    in_emergency=True,
    needs_settled_duplicates=True,
)
_CODE: Final = Requirement(
    _AT_WORK,
    "Codes are for active cases; look at the status of this one",
    needs_clearance=True,
    needs_settled_duplicates=True,
)

REQUIREMENTS: Final[Mapping[Task, Requirement]] = MappingProxyType(
    {
        Task.LEAVE_TRIAGE: Requirement(
            frozenset({_S.SUBMITTED}),
            "Triage of this case is done",
            needs_settled_duplicates=True,
        ),
        Task.END_VETTING: Requirement(
            frozenset({_S.VETTING, _S.ACTIVE}),
            "This case has moved on and is not being vetted any more",
            needs_settled_duplicates=True,
            stops_when_lapsed=False,
        ),
        Task.ASSIGN: Requirement(OPEN_STATUSES, "This case has ended; reopen it first"),
        Task.PLAN: Requirement(
            frozenset({_S.ACTIVE}),
            "This case is not active yet; in an emergency, let that be decided first",
            in_emergency=True,
            begins_work=True,
        ),
        Task.CONTINUE_PLAN: Requirement(
            OPEN_STATUSES,
            "This case has ended and nobody is on the road; reopen it before you plan on",
            goes_on_the_road=True,
        ),
        Task.REQUEST_CODE: replace(_CODE, begins_work=True),
        Task.ISSUE_CODE: _CODE,
        Task.REQUEST_AID: replace(_AID, needs_settled_duplicates=False, begins_work=True),
        Task.APPROVE_AID: _AID,
        Task.PAY_AID: _AID,
    }
)

if set(REQUIREMENTS) != set(Task):
    raise TypeError(f"readiness: no requirement for {sorted(set(Task) - set(REQUIREMENTS))}")


def require_ready(work: Work, case: Case, task: Task, *, on_the_road: bool = False) -> None:
    """Raise unless a task may be done on a case now.

    ``CaseNotReady`` by its status, ``NotCleared``, ``DuplicateOpen``; ``ComparisonDue`` where its
    name or numbers changed and the principal cannot compare them. Notes on ``work`` that the
    task was checked. ``on_the_road``: the task continues a journey that people are on, and a
    requirement that says ``goes_on_the_road`` then refuses nothing.
    """
    work.asked_ready.add(task.value)
    requirement = REQUIREMENTS[task]
    lapse = _find_lapse(work, case, requirement)
    if on_the_road and requirement.goes_on_the_road and lapse is not Lapse.REFUSED:
        return
    if lapse is not None:
        raise NotCleared
    if requirement.needs_clearance and clearance(work, case.id) is None:
        raise NotCleared
    if not _status_allows(work, case, requirement):
        raise CaseNotReady(requirement.refusal)
    if requirement.begins_work and has_withdrawn(work, case.id, Purpose.CASEWORK):
        raise CaseNotReady(_CONSENT_ENDED)
    if requirement.needs_settled_duplicates:
        _require_settled(work, case, in_triage=task is Task.LEAVE_TRIAGE)


def require_only_full_code(work: Work, case: Case) -> None:
    """Raise ``FullCodeElsewhere`` unless a full code here would be the person's only one.

    Looks at the cases that were merged into this one, and at those that are likely the same person
    and not dismissed, with what was merged into them. Called before a full code is requested and
    before it is issued or recorded.
    """
    likely = {other_case_of(match, case.id) for match in list_open_matches(work, case)}
    cases = frozenset().union(*(merged_cases(work, one) for one in {case.id, *likely})) - {case.id}
    codes = work.session.execute(
        select(Registration.status, Registration.expires_on).where(
            Registration.case_id.in_(cases), Registration.kind == CodeKind.FULL
        )
    ).all()
    for code in codes:
        over = code.expires_on is not None and code.expires_on < work.today()
        if code.status.value not in _CODE_OVER and not over:
            raise FullCodeElsewhere


def _find_lapse(work: Work, case: Case, requirement: Requirement) -> Lapse | None:
    if not requirement.stops_when_lapsed or case.status not in _AT_WORK:
        return None
    return find_lapse(work, case.id)


def _require_settled(work: Work, case: Case, *, in_triage: bool) -> None:
    """Raise ``DuplicateOpen`` for a likely duplicate; ``ComparisonDue`` where none was looked for.

    Triage asks about the cases that the principal holds, everything later about every team's.
    """
    if in_triage:
        compare_case(work, case)
    compare_if_due(work, case)
    if not case.compared:
        raise ComparisonDue
    if list_open_matches(work, case, held_only=in_triage):
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
