"""Letting work begin before vetting ends: a coordinator's and a lead's decision, for some hours.

- The first decision is a request, the second confirms it; until then nothing changes.
- But the coordinator who has the watch begins it alone, for as many hours as the preset says, once
  a case until a lead confirms one. Leads get an alert; without their part it ends by itself.
- Both reasons are sealed under a scope of the request's own, so that a lead reads the reason and
  the summary of the case, and nothing else of it.
- A request that nobody confirms lapses with the next day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm.attributes import flag_modified

from app.accounts.service import list_members
from app.alerts.models import AlertKind
from app.alerts.service import raise_alert
from app.audit.events import EventKind
from app.cases.models import BEFORE_VETTING_ENDS, Case, FreeText, Summary
from app.cases.service import get_case
from app.duty.holding import is_on_duty
from app.emergency.errors import EmergencyDecided, EmergencyNotApplicable
from app.emergency.models import EmergencyDecision
from app.errors import Invalid
from app.permissions import Compartment, Role
from app.presets import PRESETS
from app.store.authenticated import leave_out_altered
from app.store.base import new_id
from app.store.queries import in_order
from app.text.dates import minute_of
from app.vault.models import GrantReason
from app.vault.queries import granted_to
from app.vault.scopes import SUMMARY, Scope
from app.work import Work

LONGEST_HOURS: Final = 72
_LAPSE: Final = timedelta(days=1)
_OTHER: Final = {Role.LEAD: Role.COORDINATOR, Role.COORDINATOR: Role.LEAD}
"""Whose decision is missing, by whose there is."""


@dataclass(frozen=True, slots=True)
class EmergencyRequest:
    """A first decision that waits for the second, opened as far as it opens."""

    case: Case
    decision: EmergencyDecision
    summary: Summary | None
    reason: str | None


def decide_emergency(work: Work, case_id: UUID, reason: str, hours: int) -> Case:
    """Decide that work on a case must not wait for vetting, for 1 to 72 hours.

    Once a coordinator and a lead have decided so, ``emergency_until`` is set, by the shorter of
    the two; by who has the watch at once, for the hours of the preset at most.
    Raises ``CaseNotFound``, ``Invalid``, ``EmergencyNotApplicable``, ``EmergencyDecided``, and as
    ``Work.claim`` does.
    """
    case = get_case(work, case_id)
    work.claim(case)
    if not 1 <= hours <= LONGEST_HOURS:
        raise Invalid("hours")
    if case.status not in BEFORE_VETTING_ENDS:
        raise EmergencyNotApplicable
    first = _find_request(work, case)
    if first is None:
        _request(work, case, reason, hours)
    elif first.decided_by == work.principal.id or not work.acts_as(_OTHER[first.decided_as]):
        raise EmergencyDecided
    else:
        _confirm(work, case, first, reason, hours)
    return case


def list_requests(work: Work) -> list[EmergencyRequest]:
    """Return the requests that wait for a second decision and are granted to the principal."""
    granted = granted_to(
        work.principal.id,
        work.today(),
        case_id=EmergencyDecision.case_id,
        about=EmergencyDecision.request_id,
    )
    decisions = _waiting(work, granted)
    cases = [work.session.get_one(Case, decision.case_id) for decision in decisions]
    summaries = work.vault.open_listed([case.summary for case in cases])
    reasons = work.vault.open_listed([decision.reason for decision in decisions])
    return [
        EmergencyRequest(case, decision, summary, None if words is None else words.text)
        for case, decision, summary, words in zip(cases, decisions, summaries, reasons, strict=True)
    ]


def _waiting(work: Work, *conditions: ColumnElement[bool]) -> list[EmergencyDecision]:
    """Return the first decisions that are fresh and have no second one, oldest first."""
    fresh = EmergencyDecision.decided_on >= work.today() - _LAPSE
    query = select(EmergencyDecision).where(fresh, *conditions)
    found = work.session.scalars(in_order(query, EmergencyDecision.decided_on)).all()
    decided = leave_out_altered(work.session, found)
    confirmed = {one.request_id for one in decided if one.id != one.request_id}
    return [one for one in decided if one.id == one.request_id and one.id not in confirmed]


def _find_request(work: Work, case: Case) -> EmergencyDecision | None:
    return next(iter(_waiting(work, EmergencyDecision.case_id == case.id)), None)


def _request(work: Work, case: Case, reason: str, hours: int) -> None:
    decision_id = new_id()
    own = Scope(Compartment.ACCOUNT, decision_id)
    work.grants.mint(case.id, [own])
    decision = _decision(work, case, hours, decision_id, decision_id)
    work.vault.seal(decision.reason, FreeText(reason))
    work.session.add(decision)
    if _may_begin_alone(work, case):
        decision.began_alone = True
        alone = PRESETS[work.deployment.organisation_settings.preset].emergency_alone
        case.emergency_until = minute_of(work.now()) + timedelta(hours=min(hours, alone))
        raise_alert(work, AlertKind.EMERGENCY_BEGUN, team_id=case.team_id, case_id=case.id)
    leads = {member.id for member in list_members(work, None, Role.LEAD)}
    team = {member.id for member in list_members(work, case.team_id, Role.COORDINATOR)}
    holders = set(work.grants.holders(case.id))
    for members, why in ((leads, GrantReason.LEAD), (team & holders, GrantReason.TRIAGE)):
        work.grants.grant_all(
            case.id,
            sorted(members),
            [SUMMARY, own],
            reason=why,
            about=decision.id,
            until=work.today() + _LAPSE if members is leads else None,
        )
    work.trail.record(
        EventKind.CASE_EMERGENCY_ASKED,
        case.id,
        request=str(decision.id),
        hours=hours,
        began_alone=decision.began_alone,
    )
    # The case's version must rise, so that no two requests are based on the same reading of it.
    flag_modified(case, "emergency_until")


def _may_begin_alone(work: Work, case: Case) -> bool:
    """Return whether the principal has the watch, and nobody began one that was not confirmed."""
    found = work.session.scalars(
        select(EmergencyDecision).where(EmergencyDecision.case_id == case.id)
    )
    decided = leave_out_altered(work.session, found)
    confirmed = {one.request_id for one in decided if one.id != one.request_id}
    began = {one.request_id for one in decided if one.began_alone}
    return began <= confirmed and is_on_duty(work, case.team_id)


def _confirm(work: Work, case: Case, first: EmergencyDecision, reason: str, hours: int) -> None:
    second = _decision(work, case, hours, new_id(), first.request_id)
    work.vault.seal(second.reason, FreeText(reason))
    work.session.add(second)
    granted = min(hours, first.hours)
    case.emergency_until = minute_of(work.now()) + timedelta(hours=granted)
    for lead in list_members(work, None, Role.LEAD):
        work.grants.end(case.id, holder_id=lead.id, about=first.request_id)
    work.trail.record(
        EventKind.CASE_EMERGENCY, case.id, request=str(first.request_id), hours=granted
    )


def _decision(
    work: Work, case: Case, hours: int, decision_id: UUID, request_id: UUID
) -> EmergencyDecision:
    return EmergencyDecision(
        id=decision_id,
        case_id=case.id,
        request_id=request_id,
        decided_as=work.trail.role or Role.COORDINATOR,
        decided_by=work.principal.id,
        decided_on=work.today(),
        hours=hours,
        began_alone=False,
    )
