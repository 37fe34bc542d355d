"""Rounds of vetting: requesting one, checking, deciding, and ending it. Knows no HTTP.

- A round has a scope of its own, granted to its two vetters; that grant makes them its vetters and
  ends with the round. Afterwards only custody opens it.
- Two equal decisions end a round. Otherwise both are shown to both, and a new attempt begins.
- Who has had to do with a case does not vet it. A decision counts while its vetter stands: where
  one was removed, the case is sent to two vetters again, who decide again.
- Likely duplicates are settled before a vetter says *verified*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from app.accounts import service as accounts
from app.audit.events import EventKind
from app.cases import moves
from app.cases import service as cases
from app.cases.models import Case, CaseStatus
from app.casework.clearance import Lapse
from app.casework.involvement import active_members, involved_members
from app.casework.matches import can_compare, compare_case
from app.casework.readiness import Task, require_ready
from app.permissions import Compartment, Role
from app.store.queries import in_order, next_number
from app.vault.models import GrantReason
from app.vault.queries import granted_to
from app.vault.scopes import Scope
from app.vetting import decisions
from app.vetting.errors import (
    CannotBeVetted,
    CaseMovedOn,
    LinkUnknown,
    RoundEnded,
    RoundNotFound,
    TooFewSources,
    VetterInvolved,
    VettersInvalid,
    VettingInProgress,
    VoucherMissing,
)
from app.vetting.lapses import alert_lapse
from app.vetting.models import (
    CheckDetail,
    DecisionDetail,
    Verdict,
    VettingCheck,
    VettingFinding,
    VettingOutcome,
    VettingRequest,
    VettingRound,
    VettingSource,
)
from app.vetting.sources import ENOUGH, independent_days
from app.work import Work

VETTERS = 2
USUAL_DAYS = 180
LONGEST_DAYS = 365
_READ = tuple(
    Scope(compartment)
    for compartment in (
        Compartment.SUMMARY,
        Compartment.IDENTITY,
        Compartment.PAPERS,
        Compartment.HOUSEHOLD,
        Compartment.ACCOUNT,
    )
)
_BEFORE = frozenset({CaseStatus.SUBMITTED, CaseStatus.DECLINED})
_DURING = frozenset({CaseStatus.VETTING, CaseStatus.ACTIVE})


@dataclass(frozen=True, slots=True)
class OpenedRound:
    """What a vetter sees of a round: everything but what the other decides in this attempt."""

    round: VettingRound
    reason: str | None
    checks: dict[UUID, CheckDetail]
    independent_sources: int
    decisions: list[DecisionDetail]


def request_vetting(
    work: Work,
    case: Case,
    vetter_ids: Sequence[UUID],
    reason: str | None = None,
    *,
    proposed: UUID | None = None,
) -> VettingRound:
    """Open a round on a case for two vetters; the case moves to vetting unless it is active.

    The principal needs a grant on the case and keeps none on the round. A round that was left
    open when the case was moved back by hand, or whose vetter was removed, is withdrawn first.
    Raises ``VettersInvalid``, ``VetterInvolved``, ``VettingInProgress``, ``CannotBeVetted``,
    ``DuplicateOpen``, ``NoGrant``, ``KeyNotCertified``, ``IdTaken``.
    """
    number = next_number(work.session, VettingRound.number, VettingRound.case_id == case.id)
    _check_vetters(work, case, vetter_ids)
    if case.status not in _BEFORE | _DURING:
        raise CannotBeVetted(case.status.value)
    if case.status is CaseStatus.SUBMITTED:
        require_ready(work, case, Task.LEAVE_TRIAGE)
    elif can_compare(work, case):
        compare_case(work, case)
    _withdraw_unfinished(work, case)
    round_ = VettingRound(
        id=work.id_for(VettingRound, proposed, case_id=case.id),
        case_id=case.id,
        number=number,
        opened_on=work.today(),
        attempt=1,
        decided=0,
    )
    own = Scope(Compartment.VETTING, round_.id)
    work.grants.mint(case.id, [own])
    work.vault.seal(round_.request, VettingRequest(reason))
    work.session.add(round_)
    for vetter_id in vetter_ids:
        work.grants.grant(
            case.id, vetter_id, [*_READ, own], reason=GrantReason.VETTING, about=round_.id
        )
    work.trail.record(
        EventKind.VETTING_REQUESTED, case.id, round=str(round_.id), number=round_.number
    )
    if case.status in _BEFORE:
        moves.move_case(work, case, CaseStatus.VETTING)
    return round_


def _withdraw_unfinished(work: Work, case: Case) -> None:
    """End a round that no two vetters can finish; raises ``VettingInProgress`` for one they can."""
    newest = _find_newest_round(work, case)
    if newest is None or newest.ended_on is not None:
        return
    if case.status in _DURING and _has_both_vetters(work, newest):
        raise VettingInProgress
    _end(work, newest, VettingOutcome.WITHDRAWN)


def withdraw_vetting(work: Work, case: Case) -> VettingRound:
    """End the case's round without an outcome: a vetter is gone, or the request was a mistake.

    A case that waits for it goes back to submitted. Raises ``RoundNotFound``, ``RoundEnded``,
    ``Stale``.
    """
    round_ = get_newest_round(work, case)
    work.claim(round_)
    if round_.ended_on is not None:
        raise RoundEnded
    _end(work, round_, VettingOutcome.WITHDRAWN)
    if case.status is CaseStatus.VETTING:
        moves.move_case(work, case, CaseStatus.SUBMITTED)
    return round_


def get_round(work: Work, round_id: UUID) -> VettingRound:
    """Return a round that the principal holds the key of; raises ``RoundNotFound``."""
    round_ = work.session.get(VettingRound, round_id)
    if round_ is None:
        raise RoundNotFound
    if not work.grants.holds(round_.case_id, Scope(Compartment.VETTING, round_id)):
        raise RoundNotFound
    return round_


def get_newest_round(work: Work, case: Case) -> VettingRound:
    """Return the newest round of a case, ended or not; raises ``RoundNotFound``."""
    newest = _find_newest_round(work, case)
    if newest is None:
        raise RoundNotFound
    return newest


def _find_newest_round(work: Work, case: Case) -> VettingRound | None:
    return work.session.scalars(
        select(VettingRound)
        .where(VettingRound.case_id == case.id)
        .order_by(VettingRound.number.desc())
        .limit(1)
    ).first()


def list_rounds(
    work: Work, *, limit: int, after: tuple[date, UUID] | None = None
) -> Sequence[VettingRound]:
    """Return the principal's open rounds, oldest first.

    ``after`` is (opened_on, id) of the last one seen.
    """
    granted = granted_to(
        work.principal.id, work.today(), case_id=VettingRound.case_id, about=VettingRound.id
    )
    query = select(VettingRound).where(VettingRound.ended_on.is_(None), granted)
    page = in_order(query, VettingRound.opened_on, after=after, limit=limit)
    return work.session.scalars(page).all()


def read_round(work: Work, round_: VettingRound) -> OpenedRound:
    """Open what the principal may see of a round. Raises ``NoGrant``, ``Tampered``."""
    checks = _open_checks(work, round_)
    return OpenedRound(
        round_,
        work.vault.open(round_.request).reason,
        checks,
        len(independent_days(checks, work.deployment.day_of)),
        decisions.list_seen(work, round_),
    )


def add_check(
    work: Work,
    round_id: UUID,
    *,
    source: VettingSource,
    finding: VettingFinding,
    source_note: str | None = None,
    voucher: str | None = None,
    linked_to: Sequence[UUID] = (),
    proposed: UUID | None = None,
) -> VettingCheck:
    """Add what one source said. Checks are never changed, only added to.

    Raises ``RoundNotFound``, ``RoundEnded``, ``VoucherMissing`` for a voucher without a name,
    ``LinkUnknown`` where a link leads to anything but a voucher of this round, ``IdTaken``.
    """
    round_ = get_round(work, round_id)
    if round_.ended_on is not None:
        raise RoundEnded
    if source is VettingSource.VOUCHER and not voucher:
        raise VoucherMissing("voucher")
    if linked_to:
        _check_links(work, round_, source, linked_to)
    row = VettingCheck(
        id=work.id_for(VettingCheck, proposed, case_id=round_.case_id),
        case_id=round_.case_id,
        round_id=round_.id,
        added_by=work.principal.id,
    )
    work.vault.seal(
        row.check, CheckDetail(source, finding, work.now(), source_note, voucher, tuple(linked_to))
    )
    work.session.add(row)
    work.trail.record(EventKind.VETTING_CHECKED, round_.case_id, round=str(round_.id))
    return row


def decide(
    work: Work,
    round_id: UUID,
    verdict: Verdict,
    grounds: str,
    valid_for_days: int = USUAL_DAYS,
) -> VettingRound:
    """Decide for oneself, without seeing the other's decision; the second one ends the attempt.

    Two equal decisions end the round: a clearance, or a refusal. Otherwise both vetters can read
    both, and a new attempt begins. Whether the second may be *verified* depends on the sources
    alone, so that a refusal gives away nothing of the first decision.

    Raises ``RoundNotFound``, ``RoundEnded``, ``CaseMovedOn``, ``VetterInvolved``,
    ``AlreadyDecided``, ``DuplicateOpen``, ``ComparisonDue``, ``TooFewSources``, ``Stale``.
    """
    round_ = get_round(work, round_id)
    work.claim(round_)
    if round_.ended_on is not None:
        raise RoundEnded
    case = cases.get_case(work, round_.case_id)
    if case.status not in _DURING:
        raise CaseMovedOn
    if work.principal.id in involved_members(work, case):
        raise VetterInvolved
    if verdict is Verdict.VERIFIED:
        require_ready(work, case, Task.END_VETTING)
    first = decisions.find_first(work, round_)
    if first is not None and verdict is Verdict.VERIFIED:
        _days_of_support(work, round_, valid_for_days)
    second = decisions.add_decision(work, round_, verdict, grounds, valid_for_days)
    work.trail.record(
        EventKind.VETTING_DECIDED, case.id, round=str(round_.id), attempt=round_.attempt
    )
    if first is not None:
        _settle(work, case, round_, (decisions.open_first(work, first, second), second))
    return round_


def _settle(
    work: Work, case: Case, round_: VettingRound, pair: tuple[DecisionDetail, DecisionDetail]
) -> None:
    one, other = pair
    if one.verdict is not other.verdict:
        round_.outcome = VettingOutcome.DISAGREE
        round_.attempt += 1
        round_.decided = 0
        work.trail.record(EventKind.VETTING_DISAGREED, case.id, round=str(round_.id))
        return
    verified = one.verdict is Verdict.VERIFIED
    if verified:
        days = min(one.valid_for_days, other.valid_for_days)
        support = _days_of_support(work, round_, other.valid_for_days)
        round_.valid_until = max(work.today(), support + timedelta(days=days))
    _end(work, round_, VettingOutcome.VERIFIED if verified else VettingOutcome.REFUSED)
    if not verified and case.status is not CaseStatus.VETTING:
        alert_lapse(work, case, Lapse.REFUSED)
    if case.status is CaseStatus.VETTING:
        moves.move_case(work, case, CaseStatus.ACTIVE if verified else CaseStatus.DECLINED)


def _days_of_support(work: Work, round_: VettingRound, valid_for_days: int) -> date:
    """Return the day from which a clearance of this round counts; raises ``TooFewSources``.

    A clearance is as old as what it rests on: the older of its two freshest independent sources.
    """
    oldest = work.today() - timedelta(days=valid_for_days)
    days = independent_days(_open_checks(work, round_), work.deployment.day_of)
    fresh = [day for day in days if day >= oldest]
    if len(fresh) < ENOUGH:
        raise TooFewSources
    return fresh[ENOUGH - 1]


def _end(work: Work, round_: VettingRound, outcome: VettingOutcome) -> None:
    round_.outcome = outcome
    round_.ended_on = work.today()
    work.grants.end(round_.case_id, about=round_.id)
    work.trail.record(
        EventKind.VETTING_ENDED, round_.case_id, round=str(round_.id), outcome=outcome.value
    )


def _open_checks(work: Work, round_: VettingRound) -> dict[UUID, CheckDetail]:
    """Return the checks of a round, oldest first."""
    rows = work.session.scalars(
        select(VettingCheck)
        .where(VettingCheck.round_id == round_.id)
        .order_by(VettingCheck.sequence, VettingCheck.id)
    ).all()
    return {row.id: work.vault.open(row.check) for row in rows}


def _check_links(
    work: Work, round_: VettingRound, source: VettingSource, linked_to: Sequence[UUID]
) -> None:
    checks = _open_checks(work, round_)
    vouchers = {key for key, check in checks.items() if check.source is VettingSource.VOUCHER}
    if source is not VettingSource.VOUCHER or not set(linked_to) <= vouchers:
        raise LinkUnknown("linked_to")


def _has_both_vetters(work: Work, round_: VettingRound) -> bool:
    """Return whether the two members who hold a round's key are active."""
    own = Scope(Compartment.VETTING, round_.id)
    return len(active_members(work, work.grants.holders(round_.case_id, own))) >= VETTERS


def _check_vetters(work: Work, case: Case, vetter_ids: Sequence[UUID]) -> None:
    vetters = {member.id for member in accounts.list_members(work, None, Role.VETTER)}
    if len(vetter_ids) != VETTERS or len(vetters & set(vetter_ids)) != VETTERS:
        raise VettersInvalid("vetter_ids")
    if involved_members(work, case) & set(vetter_ids):
        raise VetterInvolved
