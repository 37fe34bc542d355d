"""The moves of a registration: from which status, to which, who may, and by which act.

- A refusal answers a request; a revocation ends a request or a code for good.
- A code redeems once it was handed over, not before. A use that a coordinator and a registrar
  dispute is marked, and makes room for another code.
- Who holds the case may also revoke, with ``code:request``.
- A code that has passed its last day only expires, whether or not the worker has noted it yet.

Served by the API as it is applied by the service. Knows no rows and no keys.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from app.casework.moves import Move, MoveTable, Trigger
from app.permissions import Permission
from app.registration.models import RegistrationStatus

_S = RegistrationStatus
_P = Permission

ManualTarget: TypeAlias = Literal[RegistrationStatus.SUBMITTED, RegistrationStatus.REFUSED]
"""The statuses that a registrar may move a registration to by itself."""


def _manual(source: RegistrationStatus, target: RegistrationStatus) -> Move[RegistrationStatus]:
    return Move(source=source, target=target, needs=_P.CODE_ISSUE)


def _issue(source: RegistrationStatus) -> Move[RegistrationStatus]:
    return Move(source=source, target=_S.ISSUED, needs=_P.CODE_ISSUE, trigger=Trigger.ISSUE)


def _delivery(source: RegistrationStatus) -> Move[RegistrationStatus]:
    needs = _P.CODE_DELIVER
    return Move(source=source, target=_S.DELIVERED, needs=needs, trigger=Trigger.DELIVERY)


def _redemption(source: RegistrationStatus) -> Move[RegistrationStatus]:
    needs = _P.CODE_REDEEM
    return Move(source=source, target=_S.REDEEMED, needs=needs, trigger=Trigger.REDEMPTION)


def _revocation(source: RegistrationStatus) -> Move[RegistrationStatus]:
    needs = _P.CODE_ISSUE
    return Move(source=source, target=_S.REVOKED, needs=needs, trigger=Trigger.REVOCATION)


def _dispute(source: RegistrationStatus) -> Move[RegistrationStatus]:
    needs = _P.CODE_ISSUE
    return Move(source=source, target=_S.DISPUTED, needs=needs, trigger=Trigger.DISPUTE)


def _replacement(source: RegistrationStatus) -> Move[RegistrationStatus]:
    needs = _P.CODE_ISSUE
    return Move(source=source, target=_S.REPLACED, needs=needs, trigger=Trigger.ISSUE)


def _expiry(source: RegistrationStatus) -> Move[RegistrationStatus]:
    return Move(source=source, target=_S.EXPIRED, needs=None, trigger=Trigger.EXPIRY)


MOVES: Final = MoveTable(
    RegistrationStatus,
    {
        _S.REQUESTED: [
            _manual(_S.REQUESTED, _S.SUBMITTED),
            _manual(_S.REQUESTED, _S.REFUSED),
            _revocation(_S.REQUESTED),
        ],
        _S.SUBMITTED: [
            _issue(_S.SUBMITTED),
            _manual(_S.SUBMITTED, _S.REFUSED),
            _revocation(_S.SUBMITTED),
        ],
        _S.ISSUED: [
            _delivery(_S.ISSUED),
            _revocation(_S.ISSUED),
            _expiry(_S.ISSUED),
        ],
        _S.DELIVERED: [
            _redemption(_S.DELIVERED),
            _revocation(_S.DELIVERED),
            _expiry(_S.DELIVERED),
        ],
        _S.REDEEMED: [_dispute(_S.REDEEMED)],
        _S.DISPUTED: [_replacement(_S.DISPUTED)],
        _S.REPLACED: [],
        _S.REVOKED: [],
        _S.EXPIRED: [],
        _S.REFUSED: [],
    },
)

CODE_ALIVE: Final = frozenset({_S.ISSUED, _S.DELIVERED})
"""Where a code was issued and not used; it redeems where it was delivered as well."""

OVER: Final = frozenset({_S.REVOKED, _S.EXPIRED, _S.REFUSED, _S.DISPUTED, _S.REPLACED})
"""Where another code may be requested."""

WORKED_ON: Final = frozenset({_S.REQUESTED, _S.SUBMITTED, _S.ISSUED})
"""Where registrars still have something to do, and so hold a grant."""
