"""Is a request a possible duplicate: a second payment to the same case or payee within days.

- Payees are compared by a blind token of their number, or of their name where they have none;
  candidates are then opened and compared where the principal may open them.
- A candidate that the principal cannot open counts as the same payee: holding a request until
  somebody has looked is cheaper than paying twice.
- A request that was released is not checked again; the repeats of one stipend do not conflict.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, select

from app.aid.models import AidAct, AidDetail, AidRequest, Payee
from app.aid.moves import CONFLICTING_STATUSES
from app.text.folding import fold, letters_and_digits
from app.text.identifiers import national_digits
from app.text.names import HONORIFICS
from app.work import Work

WINDOW: Final = timedelta(days=7)
"""Two payments to one case or payee within it are checked before the second is made."""

_FIELD = "payee"
_SHORTEST_NAME = 5


def is_possible_duplicate(work: Work, request: AidRequest, act: AidAct) -> bool:
    """Return whether another request near in time goes to the same case or the same payee.

    Opens candidates of other cases where the principal may.
    """
    if request.released_on is not None:
        return False
    same: ColumnElement[bool] = AidRequest.case_id == request.case_id
    if request.payee_token is not None:
        same = same | and_(
            AidRequest.payee_token == request.payee_token,
            AidRequest.payee_version == request.payee_version,
        )
    candidates = work.session.scalars(
        select(AidRequest).where(
            AidRequest.id != request.id,
            AidRequest.series_id != request.series_id,
            AidRequest.status.in_(CONFLICTING_STATUSES[act]),
            AidRequest.due_on.between(request.due_on - WINDOW, request.due_on + WINDOW),
            same,
        )
    ).all()
    if any(candidate.case_id == request.case_id for candidate in candidates):
        return True
    return bool(candidates) and _same_payee(work, request, candidates)


def index_payee(work: Work, request: AidRequest, detail: AidDetail) -> None:
    """Give a request its payee's token; raises ``KeyCopyMissing`` for who may not search."""
    if request.payee_token is not None or detail.payee is None:
        return
    compared_by = payee_key(detail.payee)
    if compared_by is not None:
        request.payee_token = work.index.token(_FIELD, compared_by)
        request.payee_version = work.index.version


def payee_key(payee: Payee) -> str | None:
    """Return what a payee is compared by: the phone, else the account, else the folded name.

    None for a name so short that half a township would share its token.
    """
    if payee.phone:
        return "number:" + _fold_number(payee.phone)
    if payee.account:
        return "number:" + _fold_number(payee.account)
    name = _fold_name(payee.name)
    return f"name:{name}" if len(name) >= _SHORTEST_NAME else None


def _same_payee(work: Work, request: AidRequest, candidates: Sequence[AidRequest]) -> bool:
    own = _key_of(work.vault.find(request.detail))
    for candidate in candidates:
        detail = work.vault.find(candidate.detail)
        if detail is None or _key_of(detail) == own:
            return True
    return False


def _key_of(detail: AidDetail | None) -> str | None:
    return payee_key(detail.payee) if detail is not None and detail.payee is not None else None


def _fold_number(written: str) -> str:
    """The national digits of a phone number, else letters and digits in one case and script."""
    digits = national_digits(written)
    if digits is not None:
        return digits
    return letters_and_digits(written)


def _fold_name(written: str) -> str:
    words = fold(written).split()
    if len(words) > 1 and words[0].rstrip(".") in HONORIFICS:
        words = words[1:]
    return "".join(words)
