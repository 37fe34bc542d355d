"""Recording the codes that the authority made: one, or a file of them row by row.

- A code is kept as keyed hashes, as one made here is; it is not shown again.
- Each row of a file is judged by itself: a row that is refused says why, the others are recorded.
- A dry run says the same and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from app.errors import DomainError, Invalid
from app.registration.codes import Code, read_recorded
from app.registration.errors import CodeTaken, RowRepeated
from app.registration.models import Registration
from app.registration.service import get_registration, require_fresh, require_issuable, set_code
from app.work import Work

MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One code of the authority, for one request. Without a last day it does not expire."""

    registration_id: UUID
    code: str = field(repr=False)
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row; ``refusal`` is why it was left out."""

    registration_id: UUID
    refusal: DomainError | None


def record_code(work: Work, row: CodeRow) -> Registration:
    """Record the authority's code on a request that was submitted, as a registrar.

    Raises ``RegistrationNotFound``, ``RegistrationMoveRefused``, ``NotCleared``, ``PreFits``,
    ``FullFits``, ``NoCodeFits``, ``CodeMistyped``, ``CodeTaken``, ``Stale``, and ``Invalid`` for a
    last day that is past.
    """
    registration = get_registration(work, row.registration_id)
    work.claim(registration)
    require_issuable(work, registration)
    set_code(work, registration, _read(work, row), row.expires_on)
    return registration


def record_codes(work: Work, rows: Sequence[CodeRow], *, dry_run: bool) -> list[RowResult]:
    """Record the codes of a file; returns for each row, in order, why it was left out."""
    codes: set[bytes] = set()
    requests: set[UUID] = set()
    results = []
    for row in rows:
        try:
            registration, code = _judge(work, row, requests, codes)
        except DomainError as refusal:
            results.append(RowResult(row.registration_id, refusal))
            continue
        requests.add(registration.id)
        codes.add(code.locator)
        if not dry_run:
            set_code(work, registration, code, row.expires_on)
            work.session.flush()
        results.append(RowResult(row.registration_id, None))
    return results


def _judge(
    work: Work, row: CodeRow, requests: set[UUID], codes: set[bytes]
) -> tuple[Registration, Code]:
    registration = get_registration(work, row.registration_id)
    if registration.id in requests:
        raise RowRepeated
    code = _read(work, row)
    if code.locator in codes:
        raise CodeTaken
    require_issuable(work, registration)
    require_fresh(work, code)
    return registration, code


def _read(work: Work, row: CodeRow) -> Code:
    if row.expires_on is not None and row.expires_on < work.today():
        raise Invalid("expires_on")
    return read_recorded(row.code)
