"""Redeeming codes: valid or not, of which kind, until when, and nothing else.

- The member who redeems holds no key to the case and learns nothing of it.
- A code is valid from when it was handed over, and once: its row is locked while it is read
  and used.
- Wrong codes are counted for a day, for the member and for the one code, known or not, so that the
  count says nothing either. Counts start again at midnight, so that nobody blocks another's code
  for good by trying it wrongly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from app.audit.events import EventKind
from app.casework.clearance import is_refused
from app.crypto.derive import equal, mac
from app.crypto.framing import frame
from app.crypto.labels import Label
from app.registration.codes import Code, looks_made_here, read, read_recorded
from app.registration.errors import CodeMistyped, RedemptionBudgetSpent
from app.registration.models import CodeKind, Registration, RegistrationStatus
from app.store.authenticated import leave_out_altered
from app.store.counters import count_one, read_counts
from app.text.dates import minute_of
from app.work import Work

MEMBER_TRIES = 20
CODE_TRIES = 5


@dataclass(frozen=True, slots=True)
class Redemption:
    """The result of redeeming a code. Of a code that is not valid, nothing."""

    valid: bool
    kind: CodeKind | None = None
    expires_on: date | None = None


_NOT_VALID = Redemption(valid=False)


def redeem(work: Work, text: str) -> Redemption:
    """Use a code up and return its kind and last day. A person refused since has no valid code.

    Raises ``CodeMistyped`` at once, uncounted, where the check character does not fit, and
    ``RedemptionBudgetSpent`` when too many were tried in vain today.
    """
    readings = _readings(work, text)
    counters = _counters(work, readings[0])
    _refuse_spent(work, counters)
    code, found = _find(work, readings)
    if found is not None and _is_alive(work, found, code):
        _use_up(work, found)
        work.grants.end(found.case_id, about=found.id)
        work.trail.record(EventKind.CODE_REDEEMED, found.case_id, registration=str(found.id))
        return Redemption(True, found.kind, found.expires_on)
    for counter, _ in counters:
        _count_failure(work, counter)
    work.trail.record(EventKind.CODE_NOT_VALID, None if found is None else found.case_id)
    return _NOT_VALID


def locator_index(work: Work, code: Code) -> bytes:
    """Return the keyed hash by which a code's row is found."""
    return mac(work.deployment.code_locator_key, code.locator)


def proof_of(
    work: Work, code: Code, registration_id: UUID, kind: CodeKind, expires_on: date | None
) -> bytes:
    """Return the keyed hash that proves a code: of this row, of this kind, until this day.

    A writer of the database can so neither move it to another row, nor turn a pre code into a
    full one, nor make it last longer.
    """
    statement = frame(
        Label.CODE,
        work.deployment.organisation,
        registration_id,
        kind.value,
        expires_on,
        code.proof,
    )
    return mac(work.deployment.code_proof_key, statement)


def _readings(work: Work, text: str) -> list[Code]:
    """Return the codes that a text may be: one of ours, one of the authority's.

    A slip in one of ours is refused uncounted; the authority's have no check character.
    """
    own = []
    if work.deployment.organisation_settings.makes_codes:
        try:
            own = [read(text)]
        except CodeMistyped:
            if looks_made_here(text):
                raise
    return [*own, read_recorded(text)]


def _find(work: Work, readings: list[Code]) -> tuple[Code, Registration | None]:
    """Return the code's row, locked: of two concurrent requests the second finds it used."""
    by_locator = {locator_index(work, code): code for code in readings}
    rows = work.session.scalars(
        select(Registration).where(Registration.locator.in_(by_locator)).with_for_update()
    )
    found = next(iter(leave_out_altered(work.session, rows)), None)
    if found is None or found.locator is None:
        return readings[0], None
    return by_locator[found.locator], found


def _is_alive(work: Work, found: Registration, code: Code) -> bool:
    if found.proof is None:
        return False
    proof = proof_of(work, code, found.id, found.kind, found.expires_on)
    return (
        equal(proof, found.proof)
        and found.status is RegistrationStatus.DELIVERED
        and not found.suspended
        and (found.expires_on is None or found.expires_on >= work.today())
        and not is_refused(work, found.case_id)
    )


def _use_up(work: Work, found: Registration) -> None:
    found.status = RegistrationStatus.REDEEMED
    found.proof = None
    found.moved_on = work.today()
    found.redeemed_by = work.principal.id


def _counters(work: Work, code: Code) -> tuple[tuple[UUID, int], tuple[UUID, int]]:
    """Return the counters of the member and of the code, with how many tries each allows."""
    counter_id = work.deployment.counter_id
    return (
        (counter_id("code/member", work.principal.id), MEMBER_TRIES),
        (counter_id("code/locator", code.locator), CODE_TRIES),
    )


def _refuse_spent(work: Work, counters: tuple[tuple[UUID, int], ...]) -> None:
    midnight = work.midnight()
    counted = read_counts(work.session, [counter for counter, _ in counters], since=midnight)
    if any(counted.get(counter, 0) >= allowed for counter, allowed in counters):
        wait = work.midnight(1) - work.now()
        raise RedemptionBudgetSpent(retry_after=int(wait.total_seconds()) + 1)


def _count_failure(work: Work, counter: UUID) -> None:
    count_one(work.session, counter, at=minute_of(work.now()), since=work.midnight())
