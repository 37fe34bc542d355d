"""Aid from request to receipt. Four people's parts, one table of moves, one ledger.

Every act on a request begins in ``_begin``: the row is locked, the version claimed, the move and
the person checked. A request is handed over by granting its scope and taken back by ending that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select, tuple_

from app.accounts.service import list_members
from app.aid.doubles import index_payee, may_be_second
from app.aid.errors import (
    AidNotFound,
    DayTooFar,
    IdTaken,
    MemberUnsuited,
    MoveNotAllowed,
    MoveOutOfTurn,
    NobodyToDecide,
    NotYetDue,
    OtherFund,
    ReasonMissing,
    RequestHeld,
    SamePerson,
)
from app.aid.limits import FURTHEST, approvers_needed, rule_for
from app.aid.models import Act, AidDetail, AidNote, AidRequest, AidStatus, AidStep
from app.aid.moves import MOVES, NO_PAYMENT_PENDING, Move, PlainMove
from app.audit.events import EventKind
from app.cases.models import Case
from app.cases.service import get_case
from app.casework.readiness import Task, require_ready
from app.ledger import service as ledger
from app.ledger.errors import OtherCurrency
from app.ledger.models import Fund
from app.permissions import ROLE_PERMISSIONS, Compartment, Permission, Role
from app.store.base import new_id
from app.vault.errors import NoGrant
from app.vault.models import Grant, GrantReason
from app.vault.queries import live_grants
from app.vault.scopes import SUMMARY, Scope
from app.work import Work

_DECIDING_ROLES = (Role.COORDINATOR, Role.TREASURER)
_ACCOUNT = Scope(Compartment.ACCOUNT)


@dataclass(frozen=True, slots=True)
class Repeat:
    """How a stipend recurs: ``times`` requests in all, ``every_days`` apart."""

    every_days: int
    times: int


@dataclass(frozen=True, slots=True)
class AidDraft:
    """What is asked for; amounts in minor units of ``currency``."""

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
    """Ask for aid on a case that one works on, once or repeatedly; returns all the requests.

    Each gets a scope of its own, granted to the team's coordinators and treasurers. What may be a
    second payment within the window comes into being held. Raises ``NoGrant`` for who is not on
    the case, ``CaseNotReady``, ``CurrencyUnknown``, ``DayTooFar``, ``IdTaken``,
    ``NobodyToDecide``.
    """
    if not work.grants.holds(case.id, _ACCOUNT):
        raise NoGrant
    require_ready(work, case, Task.REQUEST_AID)
    rule_for(draft.currency)
    if draft.id is not None and work.session.get(AidRequest, draft.id) is not None:
        raise IdTaken
    first_id = draft.id or new_id()
    first_due = max(draft.not_before or work.today(), work.today())
    if first_due > work.today() + FURTHEST:
        raise DayTooFar
    repeat = draft.repeat or Repeat(every_days=0, times=1)
    holders = _team(work, case.team_id, _DECIDING_ROLES) | {work.principal.id}
    return [
        _one_request(
            work, case, draft, holders,
            request_id=new_id() if number else first_id,
            series_id=first_id,
            due_on=first_due + timedelta(days=number * repeat.every_days),
        )
        for number in range(repeat.times)
    ]  # fmt: skip


def _one_request(
    work: Work, case: Case, draft: AidDraft, holders: Iterable[UUID],
    *, request_id: UUID, series_id: UUID, due_on: date,
) -> AidRequest:  # fmt: skip
    request = AidRequest(
        id=request_id, case_id=case.id, team_id=case.team_id, series_id=series_id,
        status=AidStatus.REQUESTED, held=False, released_on=None,
        requested_on=work.today(), due_on=due_on, currency=draft.currency,
        total=sum(item.amount for item in draft.detail.items),
        fund_id=None, payee_token=None, payee_version=None,
    )  # fmt: skip
    scope = scope_of(request)
    work.grants.mint(case.id, [scope])
    work.vault.seal(request.detail, draft.detail)
    request.held = may_be_second(work, request, Act.REQUEST)
    work.session.add(request)
    work.session.flush()
    work.trail.record(
        EventKind.AID_REQUESTED, case.id, request=str(request.id), currency=request.currency,
        total=request.total, held=request.held,
    )  # fmt: skip
    _add_step(work, request, Act.REQUEST, None)
    if set(_grant(work, request, holders)) <= {work.principal.id}:
        raise NobodyToDecide
    return request


def get_request(work: Work, request_id: UUID) -> AidRequest:
    """Return a request that the principal holds; raises ``AidNotFound``."""
    request = work.session.get(AidRequest, request_id)
    if request is None or not work.grants.holds(request.case_id, scope_of(request)):
        raise AidNotFound
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
    after: tuple[Any, ...] | None = None,
) -> Sequence[AidRequest]:
    """Return up to ``limit`` requests that were handed to the principal, newest first.

    ``after`` is (requested_on, id) of the last one seen.
    """
    handed = exists().where(
        Grant.about == AidRequest.id,
        Grant.case_id == AidRequest.case_id,
        Grant.holder_id == work.principal.id,
        live_grants(work.today()),
    )
    query = (
        select(AidRequest)
        .where(handed)
        .order_by(AidRequest.requested_on.desc(), AidRequest.id.desc())
        .limit(limit)
    )
    if status is not None:
        query = query.where(AidRequest.status == status)
    if after is not None:
        query = query.where(tuple_(AidRequest.requested_on, AidRequest.id) < after)
    return work.session.scalars(query).all()


def list_steps(work: Work, request: AidRequest) -> Sequence[AidStep]:
    """Return what was done with a request, by day; acts of one day in no particular order."""
    return work.session.scalars(
        select(AidStep)
        .where(AidStep.request_id == request.id)
        .order_by(AidStep.taken_on, AidStep.id)
    ).all()


def hand_over(work: Work, request: AidRequest, member_id: UUID) -> None:
    """Give a request to another member of the team, who can then bring the money or confirm it.

    Raises ``MemberUnsuited``, and what granting raises.
    """
    confirming = [role for role in Role if Permission.AID_CONFIRM in ROLE_PERMISSIONS[role]]
    if member_id not in _team(work, request.team_id, confirming):
        raise MemberUnsuited
    if member_id not in work.grants.holders(request.case_id, scope_of(request)):
        _grant(work, request, [member_id])
    work.trail.record(
        EventKind.AID_HANDED_OVER, request.case_id, request=str(request.id), to=str(member_id)
    )


# ------------------------------------------------------------------------------------------- moves


def approve(work: Work, request: AidRequest, fund_id: UUID) -> AidRequest:
    """Approve a request out of a fund; the last approver needed reserves the money.

    Where the payee may have been paid already, nothing is approved and the request comes back
    held. Raises what ``_begin`` raises, ``RequestHeld``, ``CaseNotReady``, ``FundNotFound``,
    ``OtherCurrency``, ``OtherFund``, ``FundOverdrawn``, ``KeyCopyMissing``.
    """
    move = _begin(work, request, Act.APPROVE)
    require_ready(work, get_case(work, request.case_id), Task.APPROVE_AID)
    if request.held:
        raise RequestHeld
    fund = ledger.lock_fund(work, fund_id, request.team_id)
    if fund.currency != request.currency:
        raise OtherCurrency
    if request.fund_id not in {None, fund_id}:
        raise OtherFund
    index_payee(work, request, work.vault.open(request.detail))
    if may_be_second(work, request, Act.APPROVE):
        request.held = True
        return _noted(work, request, EventKind.AID_HELD)
    request.fund_id = fund_id
    approvals = 1 + _count_approvals(work, request)
    _add_step(work, request, Act.APPROVE, None)
    if approvals < approvers_needed(request.currency, request.total):
        return _noted(work, request, EventKind.AID_APPROVED_IN_PART)
    ledger.reserve(work, fund, request.total)
    request.status = AidStatus.APPROVED
    return _noted(work, request, move.event)


def pay(work: Work, request: AidRequest, payment: AidNote) -> AidRequest:
    """Book the payment of an approved request, once, with its sealed reference and means.

    Raises what ``_begin`` raises, ``RequestHeld``, ``NotYetDue``, ``CaseNotReady``.
    """
    move = _begin(work, request, Act.PAY)
    require_ready(work, get_case(work, request.case_id), Task.PAY_AID)
    if request.due_on > work.today():
        raise NotYetDue
    fund = _reserved_fund(work, request)
    # Only now: whoever pays out of this fund at the same moment is done, and is seen.
    if request.held or may_be_second(work, request, Act.PAY):
        raise RequestHeld
    ledger.release(work, fund, request.total)
    ledger.pay_out(work, fund, request.total, request.id)
    _add_step(work, request, Act.PAY, payment)
    request.status = AidStatus.PAID
    return _noted(work, request, move.event)


def confirm(work: Work, request: AidRequest, receipt: AidNote) -> AidRequest:
    """Put on record that the money arrived, with a receipt that names nobody.

    Raises what ``_begin`` raises.
    """
    move = _begin(work, request, Act.CONFIRM)
    _add_step(work, request, Act.CONFIRM, receipt)
    request.status = AidStatus.CONFIRMED
    _hand_round(work, request)
    return _noted(work, request, move.event)


def make_move(
    work: Work, request: AidRequest, plain_move: PlainMove, reason: str | None = None
) -> AidRequest:
    """Refuse, cancel, dispute, reverse or release a request.

    Cancelling gives the reservation back, reversing books the mirror of the payment. Raises what
    ``_begin`` raises, ``ReasonMissing``.
    """
    act = Act(plain_move)
    move = _begin(work, request, act)
    if move.needs_reason and reason is None:
        raise ReasonMissing
    _add_step(work, request, act, AidNote(reason) if reason is not None else None)
    was, request.status = request.status, move.to or request.status
    # Grants before the fund, as everyone takes them: see ``take_request``.
    _hand_round(work, request)
    if act is Act.RELEASE:
        request.held = False
        request.released_on = work.today()
    elif act is Act.CANCEL and was is AidStatus.APPROVED:
        ledger.release(work, _reserved_fund(work, request), request.total)
    elif act is Act.REVERSE:
        _reverse_payment(work, request)
    return _noted(work, request, move.event)


def _begin(work: Work, request: AidRequest, act: Act) -> Move:
    """Lock a request and check that this act is due, and this person's to do.

    Raises ``Stale``, ``PreconditionMissing``, ``MoveNotAllowed``, ``MoveOutOfTurn``,
    ``SamePerson``.
    """
    work.session.refresh(request, with_for_update=True)
    work.claim(request)
    move = MOVES[act]
    if not work.principal.may(move.needs):
        raise MoveNotAllowed
    if request.status not in move.sources:
        raise MoveOutOfTurn
    own_part = select(AidStep.id).where(
        AidStep.request_id == request.id,
        AidStep.member_id == work.principal.id,
        AidStep.act.in_(move.barred),
    )
    if work.session.scalars(own_part).first() is not None:
        raise SamePerson
    return move


def _hand_round(work: Work, request: AidRequest) -> None:
    """Take a request from treasurers who have nothing to pay, or give it back when disputed."""
    treasurers = [Role.TREASURER]
    if request.status in NO_PAYMENT_PENDING:
        for member_id in _team(work, request.team_id, treasurers):
            work.grants.end(request.case_id, holder_id=member_id, about=request.id)
    elif request.status is AidStatus.DISPUTED:
        holders = set(work.grants.holders(request.case_id, scope_of(request)))
        _grant(work, request, _team(work, request.team_id, treasurers) - holders)


def _noted(work: Work, request: AidRequest, event: EventKind) -> AidRequest:
    """Record what became of a request, and give it its new version."""
    work.trail.record(event, request.case_id, request=str(request.id), status=request.status.value)
    work.session.flush()
    return request


def _add_step(work: Work, request: AidRequest, act: Act, note: AidNote | None) -> None:
    step = AidStep(
        case_id=request.case_id,
        request_id=request.id,
        act=act,
        member_id=work.principal.id,
        taken_on=work.today(),
    )
    if note is not None:
        work.vault.seal(step.note, note)
    work.session.add(step)


# ------------------------------------------------------------------------------------------- parts


def _team(work: Work, team_id: UUID, roles: Iterable[Role]) -> set[UUID]:
    """Return the active members of a team in some roles."""
    return {member.id for role in roles for member in list_members(work, team_id, role)}


def _grant(work: Work, request: AidRequest, member_ids: Iterable[UUID]) -> list[UUID]:
    return work.grants.grant_all(
        request.case_id, sorted(member_ids), [SUMMARY, scope_of(request)],
        reason=GrantReason.AID, about=request.id,
    )  # fmt: skip


def _count_approvals(work: Work, request: AidRequest) -> int:
    return work.session.scalars(
        select(func.count())
        .select_from(AidStep)
        .where(AidStep.request_id == request.id, AidStep.act == Act.APPROVE)
    ).one()


def _reserved_fund(work: Work, request: AidRequest) -> Fund:
    if request.fund_id is None:
        raise MoveOutOfTurn
    return ledger.lock_fund(work, request.fund_id, request.team_id)


def _reverse_payment(work: Work, request: AidRequest) -> None:
    fund = _reserved_fund(work, request)
    payment = ledger.find_payment(work, request.id)
    if payment is None:
        raise MoveOutOfTurn
    ledger.reverse(work, fund, payment)
