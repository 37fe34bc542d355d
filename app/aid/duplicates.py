"""Find possible duplicates: a second payment to the same case or payee within days.

- The days are those on which money really moves: the day of the payment, or for what is not paid
  yet its due day, and today where that is past.
- Payees are compared by every key they have: each number in whatever field, the account or
  wallet, the name in both encodings and by its sound. One key in common is enough.
- A key is kept as a truncated token, which finds candidates, and a tag bound to its row, which
  proves them: nobody needs to open a candidate.
- A request that was released is not checked again; the repeats of one stipend do not conflict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select

from app.aid.models import AidAct, AidDetail, AidRequest, Payee, PayeeToken
from app.aid.moves import CONFLICTING_STATUSES, WINDOW
from app.casework.involvement import merged_cases
from app.crypto.derive import equal
from app.store.base import new_id
from app.text.folding import ascii_digits, folds, letters_and_digits
from app.text.handles import handles_among
from app.text.identifiers import national_digits, phones
from app.text.names import HONORIFICS, name_keys
from app.work import Work

_FIELD: Final = "payee"
_SHORTEST: Final = 5
_ASIDE = re.compile(r"[(\[][^)\]]*[)\]]?")
_RELATION = re.compile(
    r"\b(?:his|her|my|the|wife|husband|mother|father|sister|brother|son|daughter|aunt|uncle|friend|"
    r"in hand|c/o)\b(?:['\u2019]s)?|(?<=\s)(?:ဇနီး|ခင်ပွန်း|မိခင်|ဖခင်)(?=[\s.,။]|$)",
    re.IGNORECASE,
)
"""Words beside a name, by which a payee is known to somebody, and to nobody else."""
_PARTS = re.compile(r"[,;:/|\u104a\u104b]|\s[-\u2010-\u2015]\s?|['\u2019]s\b")
_FEWEST_SYLLABLES: Final = 2


def is_possible_duplicate(work: Work, request: AidRequest, act: AidAct) -> bool:
    """Return whether another request near in time goes to the same case or the same payee.

    Raises ``KeyCopyMissing`` for who may not search, once the payee was indexed.
    """
    if request.released_on is not None:
        return False
    near = (
        AidRequest.id != request.id,
        AidRequest.series_id != request.series_id,
        AidRequest.status.in_(CONFLICTING_STATUSES[act]),
        near_in_time(work, request, paying=act is AidAct.PAY),
    )
    cases = merged_cases(work, request.case_id)
    same_case = select(AidRequest.id).where(AidRequest.case_id.in_(cases), *near)
    if work.session.scalars(same_case).first() is not None:
        return True
    return request.payee_version is not None and _same_payee(work, request, near)


def near_in_time(work: Work, request: AidRequest, *, paying: bool = False) -> ColumnElement[bool]:
    """Return the condition that money of another request moves within the window of this one's."""
    today = work.today()
    moves_on = today if paying else max(request.due_on, today)
    first, last = moves_on - WINDOW, moves_on + WINDOW
    unpaid = and_(AidRequest.paid_on.is_(None), AidRequest.due_on <= last)
    if today < first:
        unpaid = and_(unpaid, AidRequest.due_on >= first)
    return or_(AidRequest.paid_on.between(first, last), unpaid)


def index_payee(work: Work, request: AidRequest, detail: AidDetail) -> None:
    """Keep the keys of a request's payee; raises ``KeyCopyMissing`` for who may not search."""
    if request.payee_version is not None or detail.payee is None:
        return
    request.payee_version = work.index.fixed_version
    for key in sorted(payee_keys(detail.payee)):
        row_id = new_id()
        work.session.add(
            PayeeToken(
                id=row_id,
                request_id=request.id,
                version=request.payee_version,
                token=work.index.token(_FIELD, key, request.payee_version),
                proof=work.index.proof(_FIELD, row_id, key),
            )
        )


def payee_keys(payee: Payee) -> frozenset[str]:
    """Return everything that a payee is known by; nothing so short that half a township has it."""
    return frozenset(
        key for key in (*_number_keys(payee), *_name_keys(payee)) if len(key) > _SHORTEST
    )


def _number_keys(payee: Payee) -> Iterator[str]:
    for text in filter(None, (payee.name, payee.phone, payee.account)):
        for written in {text, _ASIDE.sub(" ", text)}:
            yield from (f"n:{number}" for number in phones(written))
            digits = national_digits(written)
            if digits is not None:
                yield f"n:{digits}"
    for text in filter(None, (payee.phone, payee.account)):
        yield from (f"h:{name}" for name in handles_among(text))
        written = letters_and_digits(_ASIDE.sub(" ", text))
        if any(map(str.isdecimal, written)):
            yield f"n:{written}"


def _name_keys(payee: Payee) -> Iterator[str]:
    bare = _RELATION.sub(" ", _ASIDE.sub(" ", payee.name))
    whole, *parts = dict.fromkeys((" ".join(bare.split()), *map(str.strip, _PARTS.split(bare))))
    yield from _keys_of_name(whole)
    for part in parts:
        if any(len(key) >= _FEWEST_SYLLABLES for key in name_keys(part)):
            yield from _keys_of_name(part)


def _keys_of_name(name: str) -> Iterator[str]:
    spelt = [_without_honorific(reading) for reading in folds(name)]
    long_enough = [folded for folded in spelt if len(folded) >= _SHORTEST]
    yield from (f"name:{folded}" for folded in long_enough)
    numbered = any(map(str.isdecimal, ascii_digits(name))) and not phones(name)
    if long_enough and not numbered:
        # Of "courier 1" and "courier 2" the number is what tells them apart, and has no sound.
        sounds = (key for key in name_keys(name) if len(key) >= _FEWEST_SYLLABLES)
        yield from ("sound:" + " ".join(key) for key in sounds)


def _without_honorific(folded: str) -> str:
    words = folded.split()
    if len(words) > 1 and words[0].rstrip(".") in HONORIFICS:
        words = words[1:]
    return "".join(words)


def _same_payee(work: Work, request: AidRequest, near: tuple[ColumnElement[bool], ...]) -> bool:
    detail = work.vault.find(request.detail)
    if detail is None or detail.payee is None:
        return False
    version = work.index.fixed_version
    keys: dict[int, list[str]] = {}
    for key in payee_keys(detail.payee):
        keys.setdefault(work.index.token(_FIELD, key, version), []).append(key)
    candidates = work.session.execute(
        select(PayeeToken.id, PayeeToken.token, PayeeToken.proof)
        .join(AidRequest, AidRequest.id == PayeeToken.request_id)
        .where(PayeeToken.version == version, PayeeToken.token.in_(sorted(keys)), *near)
    ).all()
    return any(
        equal(row.proof, work.index.proof(_FIELD, row.id, key))
        for row in candidates
        for key in keys[row.token]
    )
