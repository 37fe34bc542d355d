"""The moves of a request for aid: from which status, to which, who may, and who must not.

- Who asks neither approves nor pays, and who pays does not confirm: in every group, for every sum.
- Whether an approver may pay, or who asked or approved may confirm, follows from the sum and from
  the group's preset (``app.presets``), and so does how many approve.
- Who released a hold does not approve, and who approved does not release: it takes two to find
  that a possible duplicate is none.
- Who paid does not reverse alone: another member reverses, or has disputed before.
- An approved request may be approved again where somebody who approved it stands no more.
- What counts is the sum of a series, and of what the case gets within a week.
- A release changes no status: it lets a possible duplicate go on, and is a move from a status to
  itself.

Served by the API as it is applied by the service. Knows no rows and no keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from app.aid.models import AidAct, AidStatus
from app.audit.events import EventKind
from app.casework.moves import Move, MoveTable, Trigger
from app.permissions import Permission
from app.presets import Quorum
from app.totality import require_rows

_S = AidStatus
_P = Permission
_REQUESTER: Final = frozenset({AidAct.REQUEST})
_APPROVER: Final = frozenset({AidAct.APPROVE})
_PAYER: Final = frozenset({AidAct.PAY})
_CONFIRMER: Final = frozenset({AidAct.CONFIRM})
_RELEASER: Final = frozenset({AidAct.RELEASE})


WINDOW: Final = timedelta(days=7)
"""Two payments to one case or payee within it are checked before the second is made, and the sum
of what a case gets within it counts against the tiers."""


_ASKED_OR_APPROVED: Final = _REQUESTER | _APPROVER


def barred_by(quorum: Quorum, move: Move[AidStatus]) -> frozenset[str]:
    """Return the acts after which a member does not make this move, by the quorum of its sum."""
    act = act_of(move)
    if act is AidAct.PAY and not quorum.paid_by_approver:
        return move.barred | _APPROVER
    if act is AidAct.CONFIRM and quorum.confirmed_apart:
        return move.barred | _ASKED_OR_APPROVED
    return move.barred


ManualTarget: TypeAlias = Literal[
    AidStatus.REFUSED, AidStatus.CANCELLED, AidStatus.DISPUTED, AidStatus.REVERSED
]
"""The statuses that a member may move a request to by itself, with nothing but a reason."""


def _approval(source: AidStatus) -> Move[AidStatus]:
    return Move(
        source=source, target=_S.APPROVED, needs=_P.AID_APPROVE, trigger=Trigger.APPROVAL,
        barred=_REQUESTER | _APPROVER | _PAYER | _CONFIRMER | _RELEASER,
    )  # fmt: skip


def _payment(source: AidStatus) -> Move[AidStatus]:
    return Move(
        source=source, target=_S.PAID, needs=_P.AID_PAY, trigger=Trigger.PAYMENT,
        barred=_REQUESTER | _PAYER | _CONFIRMER,
    )  # fmt: skip


def _confirmation(source: AidStatus) -> Move[AidStatus]:
    return Move(
        source=source, target=_S.CONFIRMED, needs=_P.AID_CONFIRM, trigger=Trigger.CONFIRMATION,
        barred=_PAYER | _CONFIRMER,
    )  # fmt: skip


def _release(source: AidStatus) -> Move[AidStatus]:
    return Move(
        source=source, target=source, needs=_P.AID_APPROVE, trigger=Trigger.RELEASE,
        barred=_REQUESTER | _APPROVER, needs_reason=True,
    )  # fmt: skip


def _refusal(source: AidStatus) -> Move[AidStatus]:
    return Move(
        source=source, target=_S.REFUSED, needs=_P.AID_APPROVE, barred=_REQUESTER,
        needs_reason=True,
    )  # fmt: skip


def _cancellation(source: AidStatus) -> Move[AidStatus]:
    return Move(source=source, target=_S.CANCELLED, needs=_P.AID_REQUEST)


def _dispute(source: AidStatus) -> Move[AidStatus]:
    return Move(source=source, target=_S.DISPUTED, needs=_P.AID_CONFIRM, needs_reason=True)


def _reversal(source: AidStatus) -> Move[AidStatus]:
    barred = frozenset() if source is _S.DISPUTED else _PAYER
    return Move(
        source=source, target=_S.REVERSED, needs=_P.AID_PAY, barred=barred, needs_reason=True
    )


_MOVES: Final = {
    _S.REQUESTED: (_approval, _refusal, _cancellation, _release),
    _S.APPROVED: (_payment, _cancellation, _release, _approval),
    _S.PAID: (_confirmation, _dispute, _reversal),
    _S.CONFIRMED: (_dispute,),
    _S.DISPUTED: (_confirmation, _reversal),
    _S.REFUSED: (),
    _S.CANCELLED: (),
    _S.REVERSED: (),
}

MOVES: Final = MoveTable(
    AidStatus, {source: [make(source) for make in row] for source, row in _MOVES.items()}
)

ACTS: Final[Mapping[AidStatus, AidAct]] = MappingProxyType(
    {
        _S.REQUESTED: AidAct.REQUEST,
        _S.APPROVED: AidAct.APPROVE,
        _S.PAID: AidAct.PAY,
        _S.CONFIRMED: AidAct.CONFIRM,
        _S.REFUSED: AidAct.REFUSE,
        _S.CANCELLED: AidAct.CANCEL,
        _S.DISPUTED: AidAct.DISPUTE,
        _S.REVERSED: AidAct.REVERSE,
    }
)
"""The act by which a request comes to each status."""

EVENTS: Final[Mapping[AidAct, EventKind]] = MappingProxyType(
    {
        AidAct.REQUEST: EventKind.AID_REQUESTED,
        AidAct.APPROVE: EventKind.AID_APPROVED,
        AidAct.PAY: EventKind.AID_PAID,
        AidAct.CONFIRM: EventKind.AID_CONFIRMED,
        AidAct.REFUSE: EventKind.AID_REFUSED,
        AidAct.CANCEL: EventKind.AID_CANCELLED,
        AidAct.DISPUTE: EventKind.AID_DISPUTED,
        AidAct.REVERSE: EventKind.AID_REVERSED,
        AidAct.RELEASE: EventKind.AID_RELEASED,
    }
)
"""The event that the log holds for each act."""

NO_PAYMENT_PENDING: Final = frozenset({_S.CONFIRMED, _S.REFUSED, _S.CANCELLED, _S.REVERSED})
"""Here treasurers have nothing to pay: their grants on the request end."""

CONFLICTING_STATUSES: Final[Mapping[AidAct, frozenset[AidStatus]]] = MappingProxyType(
    {
        AidAct.REQUEST: frozenset({_S.REQUESTED, _S.APPROVED, _S.PAID, _S.CONFIRMED, _S.DISPUTED}),
        AidAct.APPROVE: frozenset({_S.APPROVED, _S.PAID, _S.CONFIRMED, _S.DISPUTED}),
        AidAct.PAY: frozenset({_S.PAID, _S.CONFIRMED, _S.DISPUTED}),
    }
)
"""At each act that is checked for duplicates: the statuses of other requests that count."""


def act_of(move: Move[AidStatus]) -> AidAct:
    """Return the act that makes a move."""
    return AidAct.RELEASE if move.trigger is Trigger.RELEASE else ACTS[move.target]


require_rows("ACTS", ACTS, AidStatus, file="app/aid/moves.py")
require_rows("EVENTS", EVENTS, AidAct, file="app/aid/moves.py")
