"""The moves of a request for aid, as data: from where, to where, who may, and who must not.

Served by the API as it is applied by the service. Knows no rows and no keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.aid.models import PARTS, Act, AidStatus
from app.audit.events import EventKind
from app.permissions import Permission

_S = AidStatus
_E = EventKind
_P = Permission


@dataclass(frozen=True, slots=True)
class Move:
    """One row: ``to`` None leaves the status; ``barred`` are acts whose doers must not do this."""

    act: Act
    sources: frozenset[AidStatus]
    to: AidStatus | None
    needs: Permission
    event: EventKind
    barred: frozenset[Act] = frozenset()
    needs_reason: bool = False


MOVES: Final[dict[Act, Move]] = {
    move.act: move
    for move in (
        Move(
            Act.APPROVE, frozenset({_S.REQUESTED}), _S.APPROVED, _P.AID_APPROVE, _E.AID_APPROVED,
            barred=PARTS,
        ),
        Move(
            Act.PAY, frozenset({_S.APPROVED}), _S.PAID, _P.AID_PAY, _E.AID_PAID, barred=PARTS,
        ),
        Move(
            Act.CONFIRM, frozenset({_S.PAID, _S.DISPUTED}), _S.CONFIRMED, _P.AID_CONFIRM,
            _E.AID_CONFIRMED, barred=PARTS,
        ),
        Move(
            Act.REFUSE, frozenset({_S.REQUESTED}), _S.REFUSED, _P.AID_APPROVE, _E.AID_REFUSED,
            barred=frozenset({Act.REQUEST}), needs_reason=True,
        ),
        Move(
            Act.CANCEL, frozenset({_S.REQUESTED, _S.APPROVED}), _S.CANCELLED, _P.AID_REQUEST,
            _E.AID_CANCELLED,
        ),
        Move(
            Act.DISPUTE, frozenset({_S.PAID, _S.CONFIRMED}), _S.DISPUTED, _P.AID_CONFIRM,
            _E.AID_DISPUTED, needs_reason=True,
        ),
        Move(
            Act.REVERSE, frozenset({_S.PAID, _S.DISPUTED}), _S.REVERSED, _P.AID_PAY,
            _E.AID_REVERSED, needs_reason=True,
        ),
        Move(
            Act.RELEASE, frozenset({_S.REQUESTED, _S.APPROVED}), None, _P.AID_APPROVE,
            _E.AID_RELEASED, barred=frozenset({Act.REQUEST}), needs_reason=True,
        ),
    )
}  # fmt: skip


class PlainMove(StrEnum):
    """What is asked for with nothing but a reason; the other acts have doors of their own."""

    REFUSE = Act.REFUSE.value
    CANCEL = Act.CANCEL.value
    DISPUTE = Act.DISPUTE.value
    REVERSE = Act.REVERSE.value
    RELEASE = Act.RELEASE.value


NO_PAYMENT_PENDING: Final = frozenset({_S.CONFIRMED, _S.REFUSED, _S.CANCELLED, _S.REVERSED})
"""Here treasurers have nothing to pay: the request is taken back from them."""

RIVALS: Final[dict[Act, frozenset[AidStatus]]] = {
    Act.REQUEST: frozenset({_S.REQUESTED, _S.APPROVED, _S.PAID, _S.CONFIRMED, _S.DISPUTED}),
    Act.APPROVE: frozenset({_S.APPROVED, _S.PAID, _S.CONFIRMED, _S.DISPUTED}),
    Act.PAY: frozenset({_S.PAID, _S.CONFIRMED, _S.DISPUTED}),
}
"""Beside which other requests this one may be a second payment, at each act that asks."""
