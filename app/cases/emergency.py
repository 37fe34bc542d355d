"""Letting work begin before vetting ends: a coordinator's and a lead's decision, for some hours.

The first to decide asks, the second confirms; until then nothing changes. Both reasons are
sealed under a scope of the ask's own, so that a lead reads the reason and the summary of the
case, and nothing else of it. An ask that nobody confirms lapses with the next day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased
from sqlalchemy.orm.attributes import flag_modified

from app.accounts.service import list_members
from app.audit.events import EventKind
from app.cases.errors import EmergencyDecided, EmergencyNotApplicable
from app.cases.models import Case, CaseStatus, EmergencyDecision, Summary, Words
from app.cases.service import get_case
from app.errors import Invalid
from app.permissions import Compartment, Role
from app.store.base import new_id
from app.vault.models import GrantReason
from app.vault.queries import granted_to
from app.vault.scopes import SUMMARY, Scope
from app.work import Work

LONGEST_HOURS: Final = 72
_BEFORE_VETTING_ENDS: Final = frozenset({CaseStatus.SUBMITTED, CaseStatus.VETTING})
_LAPSE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ask:
    """A decision that waits for the other side, as far as its reader opens it."""

    case: Case
    decision: EmergencyDecision
    summary: Summary
    reason: str


def decide_emergency(work: Work, case_id: UUID, reason: str, hours: int) -> Case:
    """Decide that work on a case must not wait for vetting, for 1 to 72 hours.

    Once a coordinator and a lead have decided so, ``emergency_until`` is set, by the shorter of
    the two. Raises ``CaseNotFound``, ``Invalid``, ``EmergencyNeedless``, ``EmergencyDecided``,
    and as ``Work.claim`` does.
    """
    case = get_case(work, case_id)
    work.claim(case)
    if not 1 <= hours <= LONGEST_HOURS:
        raise Invalid("hours")
    if case.status not in _BEFORE_VETTING_ENDS:
        raise EmergencyNotApplicable
    first = _find_ask(work, case)
    if first is None:
        _ask(work, case, reason, hours)
    elif (first.decided_as is Role.LEAD) is (work.principal.role is Role.LEAD):
        raise EmergencyDecided
    else:
        _confirm(work, case, first, reason, hours)
    return case


def list_asks(work: Work) -> list[Ask]:
    """Return the asks that wait for a second decision and that the principal was told of."""
    decisions = work.session.scalars(
        select(EmergencyDecision)
        .where(
            granted_to(
                work.principal.id,
                work.today(),
                case_id=EmergencyDecision.case_id,
                about=EmergencyDecision.ask_id,
            ),
            *_waiting(work),
        )
        .order_by(EmergencyDecision.decided_on, EmergencyDecision.id)
    ).all()
    cases = [get_case(work, decision.case_id) for decision in decisions]
    open_cell = work.vault.open
    return [
        Ask(case, decision, open_cell(case.summary), open_cell(decision.reason).text)
        for case, decision in zip(cases, decisions, strict=True)
    ]


def _waiting(work: Work) -> Sequence[ColumnElement[bool]]:
    """Conditions on a first decision that is fresh and has no second one."""
    second = aliased(EmergencyDecision)
    confirmed = select(second.id).where(
        second.ask_id == EmergencyDecision.ask_id, second.id != EmergencyDecision.id
    )
    return (
        EmergencyDecision.id == EmergencyDecision.ask_id,
        EmergencyDecision.decided_on >= work.today() - _LAPSE,
        ~confirmed.exists(),
    )


def _find_ask(work: Work, case: Case) -> EmergencyDecision | None:
    query = select(EmergencyDecision).where(EmergencyDecision.case_id == case.id, *_waiting(work))
    return work.session.scalars(query).first()


def _ask(work: Work, case: Case, reason: str, hours: int) -> None:
    decision_id = new_id()
    own = Scope(Compartment.ACCOUNT, decision_id)
    work.grants.mint(case.id, [own])
    decision = _decision(work, case, hours, decision_id, decision_id)
    work.vault.seal(decision.reason, Words(reason))
    work.session.add(decision)
    leads = {member.id for member in list_members(work, None, Role.LEAD)}
    team = {member.id for member in list_members(work, case.team_id, Role.COORDINATOR)}
    holders = set(work.grants.holders(case.id))
    for told, why in ((leads, GrantReason.LEAD), (team & holders, GrantReason.TRIAGE)):
        work.grants.grant_all(
            case.id,
            sorted(told),
            [SUMMARY, own],
            reason=why,
            about=decision.id,
            until=work.today() + _LAPSE if told is leads else None,
        )
    work.trail.record(EventKind.CASE_EMERGENCY_ASKED, case.id, ask=str(decision.id), hours=hours)
    # The case's version must rise, so that no two asks are based on the same reading of it.
    flag_modified(case, "emergency_until")


def _confirm(work: Work, case: Case, first: EmergencyDecision, reason: str, hours: int) -> None:
    second = _decision(work, case, hours, new_id(), first.ask_id)
    work.vault.seal(second.reason, Words(reason))
    work.session.add(second)
    granted = min(hours, first.hours)
    minute = work.now().replace(second=0, microsecond=0)
    case.emergency_until = minute + timedelta(hours=granted)
    for lead in list_members(work, None, Role.LEAD):
        work.grants.end(case.id, holder_id=lead.id, about=first.ask_id)
    work.trail.record(EventKind.CASE_EMERGENCY, case.id, ask=str(first.ask_id), hours=granted)


def _decision(
    work: Work, case: Case, hours: int, decision_id: UUID, ask_id: UUID
) -> EmergencyDecision:
    return EmergencyDecision(
        id=decision_id,
        case_id=case.id,
        ask_id=ask_id,
        decided_as=work.principal.role,
        decided_by=work.principal.id,
        decided_on=work.today(),
        hours=hours,
    )
