"""The allowed moves of a case, and what a move brings with it.

- ``move_case`` is the only code that changes a case's status, but for ``mark_erased``.
- Triage is over once a case leaves ``submitted``; assignments end when a case is closed, declined
  or merged.
- A case is closed with nothing open on it, or with a reason for each thing that is.
- The table says who may make which move. The route checks that for moves by hand; other domains
  move cases as part of what their own routes allow.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlalchemy import select

from app.audit.events import EventKind
from app.cases.errors import CaseHasOpenWork, CaseMoveRefused
from app.cases.models import OPEN_STATUSES, Assignment, Case, CaseMove, CaseStatus, FreeText
from app.casework.lone_custody import require_room_to_activate
from app.casework.moves import Move, MoveTable, Trigger
from app.casework.open_work import list_open_work
from app.permissions import Compartment, Permission
from app.store.queries import next_number
from app.text.dates import fixed_on, half_year_of
from app.vault.models import GrantReason
from app.vault.scopes import Scope
from app.work import Work

_S = CaseStatus
_NOTHING_OPEN: Final[Mapping[UUID, str]] = MappingProxyType({})


def _manual(source: CaseStatus, target: CaseStatus) -> Move[CaseStatus]:
    return Move(source=source, target=target, needs=Permission.CASE_MOVE)


def _triage(source: CaseStatus, target: CaseStatus) -> Move[CaseStatus]:
    needs = Permission.CASE_TRIAGE
    return Move(source=source, target=target, needs=needs, trigger=Trigger.TRIAGE)


def _merger(source: CaseStatus, target: CaseStatus = _S.MERGED) -> Move[CaseStatus]:
    needs = Permission.CASE_TRIAGE
    return Move(source=source, target=target, needs=needs, trigger=Trigger.MERGER)


def _vetting(
    source: CaseStatus, target: CaseStatus, needs: Permission = Permission.VETTING_DECIDE
) -> Move[CaseStatus]:
    return Move(source=source, target=target, needs=needs, trigger=Trigger.VETTING)


def _silence(source: CaseStatus) -> Move[CaseStatus]:
    """After half a year without a word, and a notice: the contact is lost."""
    return Move(source=source, target=_S.CLOSED, needs=None, trigger=Trigger.RETENTION)


def _erasure(source: CaseStatus) -> Move[CaseStatus]:
    needs = Permission.CASE_ERASE
    return Move(source=source, target=_S.ERASED, needs=needs, trigger=Trigger.RETENTION)


MOVES: Final = MoveTable(
    CaseStatus,
    {
        _S.SUBMITTED: [
            _vetting(_S.SUBMITTED, _S.VETTING, Permission.VETTING_REQUEST),
            _triage(_S.SUBMITTED, _S.DECLINED),
            _merger(_S.SUBMITTED),
            _silence(_S.SUBMITTED),
            _erasure(_S.SUBMITTED),
        ],
        _S.VETTING: [
            _vetting(_S.VETTING, _S.ACTIVE),
            _vetting(_S.VETTING, _S.DECLINED),
            _manual(_S.VETTING, _S.SUBMITTED),
            _merger(_S.VETTING),
            _silence(_S.VETTING),
            _erasure(_S.VETTING),
        ],
        _S.ACTIVE: [
            _manual(_S.ACTIVE, _S.SETTLED),
            _manual(_S.ACTIVE, _S.CLOSED),
            _merger(_S.ACTIVE),
        ],
        _S.SETTLED: [
            _manual(_S.SETTLED, _S.ACTIVE),
            _manual(_S.SETTLED, _S.CLOSED),
            _merger(_S.SETTLED),
            _erasure(_S.SETTLED),
        ],
        _S.CLOSED: [_manual(_S.CLOSED, _S.ACTIVE), _erasure(_S.CLOSED)],
        _S.DECLINED: [
            _vetting(_S.DECLINED, _S.VETTING, Permission.VETTING_REQUEST),
            _merger(_S.DECLINED, _S.SUBMITTED),
            _erasure(_S.DECLINED),
        ],
        _S.MERGED: [_erasure(_S.MERGED)],
        _S.ERASED: [],
    },
)
"""An active case is never erased; a merged one can only be erased."""


_WORKED_WITH: Final = (Compartment.CONTACT, Compartment.ACCOUNT)
"""What may have been destroyed of a closed case, and is written again when it is reopened."""


def is_erasable(case: Case) -> bool:
    """Return whether a case with this status can be destroyed: one at work cannot."""
    return MOVES.find(case.status, _S.ERASED) is not None


def mark_erased(work: Work, case: Case) -> None:
    """Shut a case that is to be destroyed to everybody; raises ``CaseMoveRefused``."""
    if MOVES.find(case.status, _S.ERASED) is None:
        raise CaseMoveRefused(case.status, _S.ERASED)
    case.status = _S.ERASED
    case.moved_on = work.today()


def move_case(work: Work, case: Case, to: CaseStatus, reason: str | None = None) -> CaseMove:
    """Move a case and note why; the caller has claimed the version that the request was based on.

    Who moves a case out of ``submitted`` has asked ``readiness`` for ``Task.LEAVE_TRIAGE``. Raises
    ``CaseMoveRefused``, ``CustodyOfOne``, ``NoGrant`` for a reason by a member who does not hold
    the account.
    """
    was = case.status
    if MOVES.find(was, to) is None or (
        was is _S.CLOSED and to is _S.ACTIVE and not _readable(case)
    ):
        raise CaseMoveRefused(was, to)
    if to is _S.ACTIVE:
        require_room_to_activate(work)
    if was is _S.SUBMITTED:
        end_triage(work, case)
    move = write_move(work, case, to, reason)
    _note_acceptance(work, case, to)
    case.status = to
    case.moved_on = work.today()
    if to not in OPEN_STATUSES:
        _end_assignments(work, case)
    elif was is _S.CLOSED:
        for part in _WORKED_WITH:
            work.keyring.require_share(case.id, part)
    work.trail.record(EventKind.CASE_MOVED, case.id, was=was.value, became=to.value)
    return move


def write_move(work: Work, case: Case, to: CaseStatus, reason: str | None) -> CaseMove:
    """Write that a case moves, or that it was decided that it stays where it is, and why."""
    move = CaseMove(
        case_id=case.id,
        number=next_number(work.session, CaseMove.number, CaseMove.case_id == case.id),
        was=case.status,
        became=to,
        moved_on=work.today(),
        moved_by=work.principal.id,
    )
    if reason is not None:
        work.vault.seal(move.reason, FreeText(reason))
    work.session.add(move)
    return move


def move_manually(
    work: Work,
    case: Case,
    to: CaseStatus,
    reason: str | None = None,
    *,
    left_open: Mapping[UUID, str] = _NOTHING_OPEN,
) -> CaseMove:
    """Make a move that belongs to no other act, based on the newest version of the case.

    ``left_open``: why each thing that is open may stay so, by its id; kept with the reason. Raises
    ``CaseHasOpenWork`` where a case would close over one without,
    ``CaseMoveRefused`` also where the move belongs to triage, vetting or retention, and
    otherwise as ``move_case`` and ``Work.claim`` do.
    """
    work.claim(case)
    if MOVES.find_manual(case.status, to) is None:
        raise CaseMoveRefused(case.status, to)
    if to is _S.CLOSED:
        found = list_open_work(work, case)
        silent = [one for one in found if one.id not in left_open]
        if silent:
            raise CaseHasOpenWork(one.kind.value for one in silent)
        why = [f"{one.kind.value} {one.id}: {left_open[one.id]}" for one in found]
        reason = "\n".join(filter(None, [reason, *why])) or None
    return move_case(work, case, to, reason)


def list_moves(work: Work, case: Case) -> list[tuple[CaseMove, str | None, bool]]:
    """Return the moves of a case, oldest first: each with its reason, and whether that is shut.

    Reasons are for who holds the account.
    """
    made = work.session.scalars(
        select(CaseMove).where(CaseMove.case_id == case.id).order_by(CaseMove.number)
    ).all()
    mine = work.grants.is_named(case.id, Scope(Compartment.ACCOUNT))
    reasoned = [move for move in made if mine and move.reason.envelope is not None]
    opened = work.vault.open_listed([move.reason for move in reasoned])
    reasons = {move.id: words for move, words in zip(reasoned, opened, strict=True)}
    return [
        (move, words.text if words else None, move.id in reasons and words is None)
        for move in made
        for words in (reasons.get(move.id),)
    ]


def end_triage(work: Work, case: Case) -> None:
    """Note the day of the first triage decision, and end the grant of the member who logged it."""
    if case.triaged_on is not None:
        return
    case.triaged_on = work.today()
    # A coordinator who logs an intake holds it by triage, and keeps it.
    work.grants.end(case.id, holder_id=case.opened_by, about=case.id, reasons=[GrantReason.INTAKE])


def accept(work: Work, case: Case) -> None:
    """Note the day on which a case was first accepted: reports count it in that half-year."""
    if case.accepted_on is None:
        case.accepted_on = work.today()


def _note_acceptance(work: Work, case: Case, to: CaseStatus) -> None:
    """Accept what goes on; forget the acceptance of what does not, while no report is fixed."""
    if to in {_S.VETTING, _S.ACTIVE}:
        accept(work, case)
    elif to in {_S.DECLINED, _S.MERGED} and case.accepted_on is not None:
        weeks = work.deployment.organisation_settings.report_weeks
        if work.today() < fixed_on(half_year_of(case.accepted_on), weeks):
            case.accepted_on = None


def end_assignment(work: Work, assignment: Assignment) -> None:
    """End an assignment and the grants of its holder on the case, except those of an escort."""
    assignment.ended_on = work.today()
    work.grants.end(
        assignment.case_id,
        holder_id=assignment.member_id,
        reasons=(GrantReason.ASSIGNMENT, GrantReason.INTAKE, GrantReason.AID),
    )
    work.trail.record(
        EventKind.CASE_UNASSIGNED,
        assignment.case_id,
        assignment=str(assignment.id),
        member=str(assignment.member_id),
    )


def _end_assignments(work: Work, case: Case) -> None:
    live = select(Assignment).where(Assignment.case_id == case.id, Assignment.ended_on.is_(None))
    for assignment in work.session.scalars(live).all():
        end_assignment(work, assignment)


def _readable(case: Case) -> bool:
    """Whether it is still known who the person is; what else was destroyed can be asked again."""
    return case.identity.envelope is not None
