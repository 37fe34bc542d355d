"""Requests for aid: requesting, finding, handing over, and the moves that need only a reason.

- Every move of a request begins in ``begin_move``: the row is locked, the version claimed, the
  move and the person checked. Approvals and payments have modules of their own and use it.
- A request is handed over by granting its scope, and taken from members by ending that grant.
- Locks are taken in one order by everyone: the request, its grants, the fund.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from app.accounts.service import list_members
from app.aid.duplicates import is_possible_duplicate
from app.aid.errors import (
    AidMoveNotPermitted,
    AidMoveRefused,
    AidNotFound,
    AmountTooLarge,
    DayTooFar,
    MemberNotEligible,
    NobodyToDecide,
    PayeeMissing,
    ReasonMissing,
    SamePerson,
)
from app.aid.models import AidAct, AidDetail, AidNote, AidRequest, AidStatus, AidStep
from app.aid.moves import EVENTS, MOVES, NO_PAYMENT_PENDING, act_of, barred_by
from app.aid.quorums import quorum_of, sum_class_of
from app.aid.steps import add_step, has_taken, list_steps
from app.audit.events import EventKind
from app.cases.models import Case
from app.casework.moves import Move, Trigger
from app.casework.readiness import Task, require_ready
from app.ledger import service as ledger
from app.ledger.currencies import require_currency
from app.ledger.models import Fund
from app.permissions import ROLE_PERMISSIONS, Compartment, Permission, Role
from app.presets import SumClass
from app.store.base import new_id
from app.store.queries import in_order
from app.vault.errors import NoGrant
from app.vault.models import GrantReason
from app.vault.queries import granted_to
from app.vault.scopes import SUMMARY, Scope
from app.work import Work

_DECIDING_ROLES = (Role.COORDINATOR, Role.TREASURER)
_ACCOUNT = Scope(Compartment.ACCOUNT)

FURTHEST: Final = timedelta(days=366)
"""No request is put off for longer than this, counted from the day on which it is made."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """How a stipend recurs: ``times`` requests in all, ``every_days`` apart."""

    every_days: int
    times: int


@dataclass(frozen=True, slots=True)
class AidDraft:
    """A request that is to be made; amounts in minor units of ``currency``."""

    currency: str
    detail: AidDetail
    id: UUID | None = None
    not_before: date | None = None
    repeat: Repeat | None = None


def scope_of(request: AidRequest) -> Scope:
    """Return the scope that a request is sealed under."""
    return Scope(Compartment.AID, request.id)


# ---------------------------------------------------------------------------------------- requests


def request_aid(work: Work, case: Case, draft: AidDraft) -> list[AidRequest]:
    """Request aid on a case that the principal works on, once or repeatedly; returns all requests.

    Each gets a scope of its own, granted to the team's coordinators and treasurers. A possible
    duplicate is held from the beginning. Raises ``NoGrant`` for who is not on
    the case, ``PayeeMissing``, ``CaseNotReady``, ``NotCleared``, ``CurrencyUnknown``,
    ``DayTooFar``, ``IdTaken``, ``NobodyToDecide``.
    """
    if not work.grants.holds(case.id, _ACCOUNT):
        raise NoGrant
    require_ready(work, case, Task.REQUEST_AID)
    if draft.detail.payee is None:
        raise PayeeMissing
    require_currency(work.deployment.organisation_settings.small_sums, draft.currency)
    first_id = work.id_for(AidRequest, draft.id, case_id=case.id)
    first_due = max(draft.not_before or work.today(), work.today())
    if first_due > work.today() + FURTHEST:
        raise DayTooFar
    repeat = draft.repeat or Repeat(every_days=0, times=1)
    holders = _team(work, case.team_id, _DECIDING_ROLES) | {work.principal.id}
    total = sum(item.amount for item in draft.detail.items)
    amount = sum_class_of(work, draft.currency, total * repeat.times)
    return [
        _one_request(
            work, case, draft, holders, amount,
            request_id=new_id() if number else first_id,
            series_id=first_id,
            due_on=first_due + timedelta(days=number * repeat.every_days),
        )
        for number in range(repeat.times)
    ]  # fmt: skip


def _one_request(
    work: Work, case: Case, draft: AidDraft, holders: Iterable[UUID], amount: SumClass,
    *, request_id: UUID, series_id: UUID, due_on: date,
) -> AidRequest:  # fmt: skip
    request = AidRequest(
        id=request_id, case_id=case.id, team_id=case.team_id, series_id=series_id,
        status=AidStatus.REQUESTED, held=False, released_on=None,
        requested_on=work.today(), due_on=due_on, currency=draft.currency,
        total=sum(item.amount for item in draft.detail.items),
        fund_id=None, payee_version=None, paid_on=None, arrived=None, sum_class=amount,
    )  # fmt: skip
    scope = scope_of(request)
    work.grants.mint(case.id, [scope])
    work.vault.seal(request.detail, draft.detail)
    request.held = is_possible_duplicate(work, request, AidAct.REQUEST)
    work.session.add(request)
    work.session.flush()
    work.trail.record(
        EventKind.AID_REQUESTED, case.id, request=str(request.id), currency=request.currency,
        total=request.total, held=request.held,
    )  # fmt: skip
    add_step(work, request, AidAct.REQUEST, None)
    if set(_grant(work, request, holders)) <= {work.principal.id}:
        raise NobodyToDecide
    show_to_leads_if_needed(work, request)
    return request


def get_request(work: Work, request_id: UUID) -> AidRequest:
    """Return a request that the principal holds; raises ``AidNotFound``."""
    request = work.session.get(AidRequest, request_id)
    if request is None or not work.grants.holds(request.case_id, scope_of(request)):
        raise AidNotFound
    work.require_role_in(request.team_id)
    return request


def take_request(work: Work, request_id: UUID) -> AidRequest:
    """Return a request to act on, kept from others until this work ends; as ``get_request``.

    The row is locked before any grant on it is collected or ended: two who meet here then wait
    for one another in the same order.
    """
    work.session.get(AidRequest, request_id, with_for_update=True)
    return get_request(work, request_id)


def list_requests(
    work: Work,
    *,
    limit: int,
    status: AidStatus | None = None,
    after: tuple[date, UUID] | None = None,
) -> Sequence[AidRequest]:
    """Return up to ``limit`` requests that are granted to the principal, newest first.

    ``after`` is (requested_on, id) of the last one seen.
    """
    granted = granted_to(
        work.principal.id, work.today(), case_id=AidRequest.case_id, about=AidRequest.id
    )
    query = select(AidRequest).where(granted)
    if status is not None:
        query = query.where(AidRequest.status == status)
    page = in_order(query, AidRequest.requested_on, after=after, limit=limit, newest_first=True)
    return work.session.scalars(page).all()


def read_steps(work: Work, request: AidRequest) -> list[tuple[AidStep, AidNote | None]]:
    """Return what was done with a request, oldest first, with the notes that open here."""
    return [(step, work.vault.find(step.note)) for step in list_steps(work, request)]


def hand_over(work: Work, request: AidRequest, member_id: UUID) -> None:
    """Give a request to another member of the team, who can then bring the money or confirm it.

    Raises ``MemberNotEligible``, and what granting raises.
    """
    confirming = [role for role in Role if Permission.AID_CONFIRM in ROLE_PERMISSIONS[role]]
    if member_id not in _team(work, request.team_id, confirming):
        raise MemberNotEligible
    if member_id not in work.grants.holders(request.case_id, scope_of(request)):
        _grant(work, request, [member_id])
    work.trail.record(
        EventKind.AID_HANDED_OVER, request.case_id, request=str(request.id), to=str(member_id)
    )


# ------------------------------------------------------------------------------------------- moves


def move_request(
    work: Work, request: AidRequest, to: AidStatus, reason: str | None = None, *, lost: int = 0
) -> AidRequest:
    """Refuse, cancel, dispute or reverse a request.

    Cancelling gives the reservation back, reversing books the mirror of the payment, and what is
    ``lost`` of it for good. Raises what ``begin_move`` raises, ``ReasonMissing``,
    ``AmountTooLarge``.
    """
    move = begin_move(work, request, to)
    if to is AidStatus.REVERSED:
        _require_second_person(work, request)
    _add_reasoned_step(work, request, move, reason)
    was, request.status = request.status, to
    sync_treasurer_grants(work, request)
    if to is AidStatus.CANCELLED and was is AidStatus.APPROVED:
        ledger.release(work, lock_reserved_fund(work, request), request.total)
    elif to is AidStatus.REVERSED:
        _reverse_payment(work, request, lost)
    return record_event(work, request, EVENTS[act_of(move)])


def release_request(work: Work, request: AidRequest, reason: str) -> AidRequest:
    """Let a possible duplicate go on: somebody has looked at it, and says why it is none.

    Raises what ``begin_move`` raises.
    """
    move = begin_move(work, request, request.status, Trigger.RELEASE)
    _add_reasoned_step(work, request, move, reason)
    request.held = False
    request.released_on = work.today()
    return record_event(work, request, EventKind.AID_RELEASED)


def begin_move(
    work: Work, request: AidRequest, to: AidStatus, trigger: Trigger = Trigger.MANUAL
) -> Move[AidStatus]:
    """Lock a request and return the move to a status, if it is due and this person may make it.

    Raises ``Stale``, ``PreconditionMissing``, ``AidMoveRefused``, ``AidMoveNotPermitted``,
    ``SamePerson``; ``Tampered`` where the steps so far are not as they were signed.
    """
    work.session.refresh(request, with_for_update=True)
    work.claim(request)
    target = request.status if trigger is Trigger.RELEASE else to
    move = MOVES.find(request.status, target, trigger)
    if move is None:
        raise AidMoveRefused
    if move.needs is None or not work.may(move.needs, request.team_id):
        raise AidMoveNotPermitted
    if has_taken(work, request, barred_by(quorum_of(work, request), move)):
        raise SamePerson
    return move


def sync_treasurer_grants(work: Work, request: AidRequest) -> None:
    """End the treasurers' grants where nothing is to be paid; grant again after a dispute."""
    treasurers = _team(work, request.team_id, [Role.TREASURER])
    if request.status in NO_PAYMENT_PENDING:
        for member_id in treasurers:
            work.grants.end(request.case_id, holder_id=member_id, about=request.id)
    elif request.status is AidStatus.DISPUTED:
        holders = set(work.grants.holders(request.case_id, scope_of(request)))
        _grant(work, request, treasurers - holders)


def lock_reserved_fund(work: Work, request: AidRequest) -> Fund:
    """Return the fund that a request was approved from, locked; raises ``AidMoveRefused``."""
    if request.fund_id is None:
        raise AidMoveRefused
    return ledger.lock_fund(work, request.fund_id, {request.team_id})


def record_event(work: Work, request: AidRequest, event: EventKind) -> AidRequest:
    """Record an event of a request and flush, so that the request has its new version."""
    work.trail.record(event, request.case_id, request=str(request.id), status=request.status.value)
    work.session.flush()
    return request


def _add_reasoned_step(
    work: Work, request: AidRequest, move: Move[AidStatus], reason: str | None
) -> None:
    if move.needs_reason and reason is None:
        raise ReasonMissing
    add_step(work, request, act_of(move), AidNote(reason) if reason is not None else None)


def _require_second_person(work: Work, request: AidRequest) -> None:
    """Raise ``SamePerson`` where who paid is the only one who says that it must be undone."""
    steps = list_steps(work, request)
    paid = any(s.act is AidAct.PAY and s.member_id == work.principal.id for s in steps)
    disputed = any(s.act is AidAct.DISPUTE and s.member_id != work.principal.id for s in steps)
    if paid and not disputed:
        raise SamePerson


def _reverse_payment(work: Work, request: AidRequest, lost: int) -> None:
    fund = lock_reserved_fund(work, request)
    payment = ledger.find_payment(work, request.id)
    if payment is None:
        raise AidMoveRefused
    if lost > request.total:
        raise AmountTooLarge("lost")
    ledger.reverse(work, fund, payment)
    ledger.undo_shortfall(work, fund, request.id)
    if lost:
        ledger.book_loss(work, fund, lost, request.id)
    request.arrived = 0


# ------------------------------------------------------------------------------------------ grants


def _team(work: Work, team_id: UUID, roles: Iterable[Role]) -> set[UUID]:
    """Return the active members of a team in some roles."""
    return {member.id for role in roles for member in list_members(work, team_id, role)}


def show_to_leads_if_needed(work: Work, request: AidRequest) -> None:
    """Give a request to the leads where one of them must approve it."""
    if not quorum_of(work, request).lead_approves:
        return
    leads = {lead.id for lead in list_members(work, None, Role.LEAD)}
    known = set(work.grants.holders(request.case_id, scope_of(request)))
    work.grants.grant_all(
        request.case_id, sorted(leads - known), [SUMMARY, scope_of(request)],
        reason=GrantReason.LEAD, about=request.id,
    )  # fmt: skip


def _grant(work: Work, request: AidRequest, member_ids: Iterable[UUID]) -> list[UUID]:
    return work.grants.grant_all(
        request.case_id, sorted(member_ids), [SUMMARY, scope_of(request)],
        reason=GrantReason.AID, about=request.id,
    )  # fmt: skip
