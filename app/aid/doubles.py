"""Is this a second payment: to the same case, or to a payee who was paid elsewhere these days.

Payees are compared by a blind token of their number, or of their name where they have none;
candidates are then opened and compared where the principal holds them. One that nobody here can
open counts as the same payee: holding a request for a look is cheaper than paying twice.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import phonenumbers
from sqlalchemy import ColumnElement, and_, select

from app.aid.limits import WINDOW
from app.aid.models import Act, AidDetail, AidRequest, Payee
from app.aid.moves import RIVALS
from app.work import Work

_FIELD = "payee"
_REGIONS = ("MM", "TH")
_SHORTEST_NAME = 5
_HONORIFICS = frozenset({"u", "daw", "ko", "ma", "mg", "dr"})
_NO_PART_OF_A_NUMBER = re.compile(r"[\W_]+")


def may_be_second(work: Work, request: AidRequest, act: Act) -> bool:
    """Return whether another payment is near this one in time and goes to the same case or payee.

    What was released once is not asked about again, and repeats of one stipend are no rivals.
    Opens candidates of other cases where the principal may.
    """
    if request.released_on is not None:
        return False
    near: ColumnElement[bool] = AidRequest.case_id == request.case_id
    if request.payee_token is not None:
        near = near | and_(
            AidRequest.payee_token == request.payee_token,
            AidRequest.payee_version == request.payee_version,
        )
    rivals = work.session.scalars(
        select(AidRequest).where(
            AidRequest.id != request.id,
            AidRequest.series_id != request.series_id,
            AidRequest.status.in_(RIVALS[act]),
            AidRequest.due_on.between(request.due_on - WINDOW, request.due_on + WINDOW),
            near,
        )
    ).all()
    if any(rival.case_id == request.case_id for rival in rivals):
        return True
    return bool(rivals) and _same_payee(work, request, rivals)


def index_payee(work: Work, request: AidRequest, detail: AidDetail) -> None:
    """Give a request its payee's token; raises ``KeyCopyMissing`` for who may not search."""
    if request.payee_token is not None or detail.payee is None:
        return
    known_by = payee_key(detail.payee)
    if known_by is not None:
        request.payee_token = work.index.token(_FIELD, known_by)
        request.payee_version = work.index.version


def payee_key(payee: Payee) -> str | None:
    """Return what a payee is compared by: the phone, else the account, else the folded name.

    None for a name so short that its token would be shared by half a township.
    """
    if payee.phone:
        return "number:" + _fold_number(payee.phone)
    if payee.account:
        return "number:" + _fold_number(payee.account)
    name = _fold_name(payee.name)
    return f"name:{name}" if len(name) >= _SHORTEST_NAME else None


def _same_payee(work: Work, request: AidRequest, rivals: Sequence[AidRequest]) -> bool:
    own = _key_of(work.vault.find(request.detail))
    for rival in rivals:
        detail = work.vault.find(rival.detail)
        if detail is None or _key_of(detail) == own:
            return True
    return False


def _key_of(detail: AidDetail | None) -> str | None:
    return payee_key(detail.payee) if detail is not None and detail.payee is not None else None


def _fold_number(written: str) -> str:
    """The national digits where it reads as a phone number, else letters and digits.

    The country is left away, because a number without ``+`` often reads as Myanmar's and as
    Thailand's, and the national digits are the same in both.
    """
    for region in _REGIONS:
        try:
            number = phonenumbers.parse(written, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return str(number.national_number)
    folded = unicodedata.normalize("NFKC", written).casefold()
    plain = "".join(str(unicodedata.digit(sign, sign)) for sign in folded)
    return _NO_PART_OF_A_NUMBER.sub("", plain)


def _fold_name(written: str) -> str:
    words = unicodedata.normalize("NFC", written).casefold().split()
    if len(words) > 1 and words[0].rstrip(".") in _HONORIFICS:
        words = words[1:]
    return "".join(words)
