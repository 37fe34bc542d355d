"""Rate limit of passphrase attempts: a delay per account and lane, and a budget for strangers.

- The more attempts failed lately, the longer the next one waits. A right passphrase still works
  after the wait, so that one person cannot lock another out.
- Failures count for their lane alone: what strangers try does not make a member wait on a device
  of their own, nor one who is signed in.
- Strangers have a budget a minute together, a device ten attempts an hour by its permit.
- Only what was stretched and refused is a failure: one that found the queue full is none.
- Wrong codes of a second factor count as failures. After ``WRONG_CODES`` of them within an hour of
  one another, recovery codes alone count in that lane, and leads are told: who sent them has
  the passphrase.
- Unknown names are counted like known ones, under a keyed hash.
- Refusals go on record as one event a minute with their count, whatever a stranger sends.
- Knows no address of a client.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from app.audit.events import EventKind
from app.crypto.stretching import Lane
from app.deployment import Deployment
from app.principal import NOBODY
from app.sessions.errors import SignInBudgetSpent
from app.sessions.permits import Permit
from app.store.counters import count_one, read_counts, reset_count, take_counts
from app.text.dates import minute_of
from app.work import Work, begin_work, unit_of_work

BUDGET_A_MINUTE = 120
A_PERMIT_AN_HOUR = 10
FREE_FAILURES = 3
LONGEST_DELAY = 30.0
WRONG_CODES = 10
FORGOTTEN_AFTER = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_EVERYONE = "sign-in/everyone"
_ACCOUNT = "sign-in/account"
_DEVICE = "sign-in/device"
_REFUSED = "sign-in/refused"
_CODES = "sign-in/codes"
_RECORDED_WITHIN = timedelta(days=1)
"""A counter that is older was deleted."""


def find_lane(work: Work, permit: Permit | None) -> Lane:
    """Count an attempt with a device's permit, or without; return among whom it waits."""
    if permit is None:
        return Lane.STRANGER
    minute = minute_of(work.now())
    counter = work.deployment.counter_id(_DEVICE, permit.id)
    attempts = count_one(work.session, counter, at=minute, since=minute - FORGOTTEN_AFTER)
    return Lane.DEVICE if attempts <= A_PERMIT_AN_HOUR else Lane.STRANGER


def find_delay(work: Work, account: bytes, lane: Lane) -> float:
    """Return how many seconds an attempt on an account must wait, by its failures in this lane.

    ``account`` is a keyed hash, of a name that need not exist. Raises ``SignInBudgetSpent`` where
    strangers have had what all of them may try in a minute.
    """
    now, session = work.now(), work.session
    minute = minute_of(now)
    everyone = work.deployment.counter_id(_EVERYONE)
    if lane is Lane.STRANGER and (
        count_one(session, everyone, at=minute, since=minute) > BUDGET_A_MINUTE
    ):
        raise SignInBudgetSpent(retry_after=60 - now.second)
    counter = _account(work, account, lane)
    failures = read_counts(session, [counter], since=minute - FORGOTTEN_AFTER).get(counter, 0)
    waiting = failures - FREE_FAILURES
    return 0.0 if waiting < 0 else min(2.0 ** min(waiting, 10), LONGEST_DELAY)


def note_failure(deployment: Deployment, account: bytes, lane: Lane, *, sign_in: bool) -> None:
    """Count a refused passphrase, in a unit of work of its own: the refusal undoes the present one.

    A refused ``sign_in`` is also counted among those of its minute.
    """
    with deployment.sessions() as session:
        work = begin_work(session, deployment, NOBODY)
        with unit_of_work(work):
            minute = minute_of(work.now())
            counter = _account(work, account, lane)
            count_one(session, counter, at=minute, since=minute - FORGOTTEN_AFTER)
            if sign_in:
                count_one(session, _refused(work, minute), at=minute, since=minute)


def are_codes_resting(work: Work, account: bytes, lane: Lane) -> bool:
    """Return whether too many codes of an account were wrong in this lane."""
    counter, since = _codes(work, account, lane), minute_of(work.now()) - FORGOTTEN_AFTER
    return read_counts(work.session, [counter], since=since).get(counter, 0) >= WRONG_CODES


def count_wrong_code(work: Work, account: bytes, lane: Lane) -> bool:
    """Count a wrong code as a failure; return whether it is the one after which codes rest."""
    minute = minute_of(work.now())
    since = minute - FORGOTTEN_AFTER
    count_one(work.session, _account(work, account, lane), at=minute, since=since)
    wrong = count_one(work.session, _codes(work, account, lane), at=minute, since=since)
    return wrong == WRONG_CODES


def reset_failures(work: Work, account: bytes, lane: Lane) -> None:
    """Set an account's failures in a lane to zero, after its right passphrase and code."""
    reset_count(work.session, _account(work, account, lane))
    reset_count(work.session, _codes(work, account, lane))


def record_refusals(work: Work) -> int:
    """Put on record how many sign-ins were refused: one event for each minute that is over.

    Returns how many were refused.
    """
    minute = minute_of(work.now())
    over = range(1, int(_RECORDED_WITHIN / _MINUTE))
    counters = {_refused(work, minute - _MINUTE * number) for number in over}
    counts = take_counts(work.session, counters)
    for count in counts:
        work.trail.record(EventKind.SIGN_INS_REFUSED, count=count)
    return sum(counts)


def _refused(work: Work, minute: datetime) -> UUID:
    return work.deployment.counter_id(_REFUSED, int(minute.timestamp()))


def _codes(work: Work, account: bytes, lane: Lane) -> UUID:
    return work.deployment.counter_id(_CODES, account, lane.name)


def _account(work: Work, account: bytes, lane: Lane) -> UUID:
    return work.deployment.counter_id(_ACCOUNT, account, lane.name)
